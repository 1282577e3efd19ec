"""An HTTP server of the stack, on loopback, a thread for each connection."""

import sys
from http.server import ThreadingHTTPServer
from typing import Any, Final

HOST: Final = "127.0.0.1"


class LoopbackServer(ThreadingHTTPServer):
    """Ends with the program, whatever its connections wait for."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves before its answer, as browsers do on a new page, is not news; all else is told."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

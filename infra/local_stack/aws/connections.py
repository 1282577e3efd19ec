"""How the endpoint speaks HTTP/1.1: connections stay open between requests, as AWS's do.

werkzeug's own handler closes each connection after one answer, so every call would pay for a new connection and a new
thread, on both sides. It does so because an application may leave part of a request unread, which would then be taken
for the next request; here the whole request is read before it is handed on.
"""

import io
import socket
from collections.abc import Iterable
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.exceptions import InternalServerError

Headers = list[tuple[str, str]]
_WITHOUT_BODY = frozenset({"204", "304"})


def handler_that_registers(connections: set[socket.socket]) -> type[MotoRequestHandler]:
    """Request handlers do not outlive their connection, so the open ones are known to whoever closes the server."""

    class Handler(PersistentHandler):
        def setup(self) -> None:
            connections.add(self.request)
            super().setup()

        def finish(self) -> None:
            connections.discard(self.request)
            super().finish()

    return Handler


class PersistentHandler(MotoRequestHandler):
    protocol_version = "HTTP/1.1"
    #: Nagle would make each answer wait for the client's delayed acknowledgement, 40 ms and more.
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        environ = self.make_environ()
        environ["wsgi.input"] = io.BytesIO(self._whole_body(environ))
        self.environ = environ
        try:
            status, headers, body = _answer(self.server.app, environ)
        except Exception as error:  # noqa: BLE001 - whatever the emulator breaks down of, its client is answered
            self.log_error("Error on request: %r", error)
            status, headers, body = _answer(InternalServerError(), environ)
        self._send(status, headers, body)

    def _whole_body(self, environ: dict[str, Any]) -> bytes:
        stream = environ["wsgi.input"]
        body: bytes
        if environ.get("wsgi.input_terminated"):  # chunked: the stream knows where it ends
            body = stream.read()
        else:
            body = stream.read(int(environ.get("CONTENT_LENGTH") or 0))
        return body

    def _send(self, status: str, headers: Headers, body: bytes) -> None:
        """In one write: head and body in two would be two packets, and two wake-ups of the client."""
        given = {name.lower() for name, _ in headers}
        if self.command == "HEAD" or status[:3] in _WITHOUT_BODY:
            body = b""  # a length that the emulator states is that of the object, so it stays
        elif "content-length" not in given:
            headers = [*headers, ("Content-Length", str(len(body)))]
        if self.command == "HEAD" and "content-length" not in given:
            headers = [*headers, ("Content-Length", "0")]
        if self.close_connection:
            headers = [*headers, ("Connection", "close")]
        if "date" not in given:
            headers = [*headers, ("Date", self.date_time_string())]
        head = [f"{self.protocol_version} {status}", *(f"{name}: {value}" for name, value in headers), "", ""]
        self.wfile.write("\r\n".join(head).encode("latin-1") + body)


def _answer(application: Any, environ: dict[str, Any]) -> tuple[str, Headers, bytes]:
    started: list[tuple[str, Headers]] = []

    def start_response(status: str, headers: Headers, _: object = None) -> None:
        started.append((status, headers))

    parts: Iterable[bytes] = application(environ, start_response)
    try:
        body = b"".join(parts)
    finally:
        if hasattr(parts, "close"):
            parts.close()
    status, headers = started[-1]
    return status, headers, body

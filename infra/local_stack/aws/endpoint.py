"""The embedded AWS endpoint: moto behind one lock on a loopback port, with Lambda Invoke routed to real sandboxes.

Every request is counted by (caller, operation) at this one place, so a number in a summary is what really went over the
wire.
"""

import base64
import json
import logging
import re
import socket
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from local_stack.aws import moto_repairs
from local_stack.aws.call import caller_of, invoked_function, operation_of
from local_stack.aws.connections import handler_that_registers
from local_stack.errors import PortTakenError

HOST = "127.0.0.1"
_LOG_TAIL_BYTES = 4096
_MAPPING = re.compile(r"/2015-03-31/event-source-mappings/([^/]+)")

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


@dataclass(frozen=True)
class InvokeReply:
    """What Lambda's Invoke answers: the payload, and whether it is the function's error."""

    status: int
    payload: bytes = b""
    function_error: str | None = None
    error_type: str | None = None
    """Name of a Lambda API error (not a function error), with its message in the payload."""
    log_tail: str = ""
    request_id: str | None = None
    """The `aws_request_id` that the handler sees; None when no handler will see the request."""


class Invoker(Protocol):
    """Answers Lambda's Invoke for the functions of the stack."""

    def reply(self, function: str, payload: bytes, invocation_type: str) -> InvokeReply: ...


class AwsEndpoint:
    """Serves one process's moto state. `close` ends its threads and cuts off clients that are still connected."""

    def __init__(self, on_request: Callable[[str], None], on_fault: Callable[[str, Exception], None]) -> None:
        """`on_request` hears of each operation after it has been answered, `on_fault` of those that the emulator could
        not answer but with a 500."""
        moto_repairs.install()
        logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
        self.calls: Counter[tuple[str, str]] = Counter()
        self._invoker: Invoker | None = None
        self._mappings: Mapping[str, Mapping[str, str]] = {}
        self._on_request, self._on_fault = on_request, on_fault
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._connections: set[socket.socket] = set()
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None

    def start(self, port: int) -> str:
        """Listen, and return the endpoint's URL. Raises PortTakenError instead of ending the process, which is what
        werkzeug would do."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen(128)
        except OSError as exc:
            listener.close()
            raise PortTakenError(port, exc.strerror or str(exc)) from exc
        with listener:
            self._server = make_server(
                HOST,
                port,
                self._serve,
                threaded=True,
                request_handler=handler_that_registers(self._connections),
                fd=listener.fileno(),
            )
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="aws-endpoint", daemon=True
        )
        self._thread.start()
        return f"http://{HOST}:{self._server.port}"

    def route_invocations_to(self, invoker: Invoker) -> None:
        self._invoker = invoker

    def know_mappings(self, mappings: Mapping[str, Mapping[str, str]]) -> None:
        """What GetEventSourceMapping answers: they run here, and moto knows neither them nor their functions."""
        self._mappings = mappings

    def close(self) -> None:
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join(5)
        moto_repairs.end_long_polls()
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # its thread has just closed it
        self._server = None

    def _serve(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        operation = operation_of(environ)
        self.calls[caller_of(environ), operation] += 1
        function = invoked_function(environ)
        if function is not None:
            return self._invoke(function, environ, start_response)
        if environ["REQUEST_METHOD"] == "GET" and (asked := _MAPPING.fullmatch(environ["PATH_INFO"])):
            return self._tell_mapping(asked[1], start_response)
        try:
            with moto_repairs.STATE:
                body: Iterable[bytes] = self._moto(environ, start_response)
        except Exception as exc:  # a fault of the emulator: the client gets a 500, which its SDK repeats without a word
            self._on_fault(operation, exc)
            raise
        self._on_request(operation)
        return body

    def _tell_mapping(self, identifier: str, start_response: StartResponse) -> Iterable[bytes]:
        known = self._mappings.get(identifier)
        headers = [("Content-Type", "application/json")]
        if known is None:
            headers.append(("x-amzn-ErrorType", "ResourceNotFoundException"))
        start_response("404 Lambda" if known is None else "200 Lambda", headers)
        return [json.dumps(known or {"Type": "User", "Message": "The resource you requested does not exist."}).encode()]

    def _invoke(self, function: str, environ: Mapping[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        payload = environ["wsgi.input"].read()
        if self._invoker is None:
            reply = api_error(404, "ResourceNotFoundException", f"Function not found: {function}")
        else:
            reply = self._invoker.reply(function, payload, environ.get("HTTP_X_AMZ_INVOCATION_TYPE", "RequestResponse"))
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(reply.payload))),
            ("x-amzn-RequestId", reply.request_id or str(uuid.uuid4())),
        ]
        if reply.error_type:
            headers.append(("x-amzn-ErrorType", reply.error_type))
        else:
            headers.append(("X-Amz-Executed-Version", "$LATEST"))
        if reply.function_error:
            headers.append(("X-Amz-Function-Error", reply.function_error))
        if environ.get("HTTP_X_AMZ_LOG_TYPE") == "Tail":
            headers.append(("X-Amz-Log-Result", base64.b64encode(reply.log_tail.encode()[-_LOG_TAIL_BYTES:]).decode()))
        start_response(f"{reply.status} Lambda", headers)
        return [reply.payload]


def api_error(status: int, error_type: str, message: str) -> InvokeReply:
    """A Lambda API error: the caller's SDK raises it by its type."""
    return InvokeReply(status, json.dumps({"Type": "User", "Message": message}).encode(), error_type=error_type)

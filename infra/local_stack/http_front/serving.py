"""Listens on loopback as the gateway does on the internet: throttle, routes, signatures, tokens, and functions."""

import json
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any, Final

from local_stack.aws import Invoker
from local_stack.errors import LocalStackError, PortTakenError
from local_stack.http_front.declared import DeclaredApi, Route
from local_stack.http_front.gateway_event import Answer, answer_of, by_signature, by_token, event_of
from local_stack.http_front.signatures import Sent, signer_of
from local_stack.http_front.tokens import TokenJudge, TokenRefused
from local_stack.loopback_server import HOST, LoopbackServer

MAX_BODY_BYTES: Final = 10 * 1024 * 1024
"""Of an HTTP API (API Gateway Developer Guide, Quotas)."""


class HttpFront:
    """`listen` where the template declares an API, `serve` once its functions can run, `close` in any case."""

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self._server: LoopbackServer | None = None
        self._thread: threading.Thread | None = None
        self._api = DeclaredApi()
        self._invoker: Invoker | None = None
        self._region = ""
        self._budget = _Budget(None)
        self._tokens = TokenJudge()

    def listen(self) -> str:
        """The API's address, from now on; until it is served, it answers 503."""
        if self._server is not None:
            message = "the local front has one HTTP API, and the template declares another"
            raise LocalStackError(message)
        try:
            self._server = LoopbackServer((HOST, self._port), self._handler())
        except OSError as error:
            raise PortTakenError(self._port, error.strerror or str(error)) from error
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="http-front", daemon=True
        )
        self._thread.start()
        return f"http://{HOST}:{self._server.server_address[1]}"

    def serve(self, api: DeclaredApi, invoker: Invoker, region: str) -> None:
        self._api, self._region, self._budget = api, region, _Budget(api.rate)
        self._invoker = invoker

    def close(self) -> None:
        """Safe to call twice."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()
        self._thread = None

    def answer(self, sent: Sent) -> Answer:
        """In the gateway's order: its throttle, the route, who asks, the function."""
        if self._invoker is None:
            return Answer.of_gateway(503, "Service Unavailable")
        if not self._budget.takes():
            return Answer.of_gateway(429, "Too Many Requests")
        found = self._api.route_of(sent.method, sent.raw_path)
        if found is None:
            return Answer.of_gateway(404, "Not Found")
        route, parameters = found
        authorizer = self._authorized(sent, route)
        if isinstance(authorizer, Answer):
            return authorizer
        event = event_of(sent, route, parameters, authorizer)
        return _of_function(self._invoker, route.function, json.dumps(event).encode())

    def _authorized(self, sent: Sent, route: Route) -> Mapping[str, Any] | Answer:
        """What the route's authorizer writes of him; nothing where it has none."""
        if route.signed:
            signer = signer_of(sent, self._region)
            return by_signature(signer) if signer else Answer.of_gateway(403, "Forbidden")
        if route.token is None:
            return {}
        try:
            return by_token(self._tokens.claims(sent.headers.get("authorization"), route.token))
        except TokenRefused as refused:
            return Answer.of_gateway(refused.status, refused.message, {"www-authenticate": refused.told})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        front = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                length = self.headers.get("Content-Length") or "0"
                if not length.isdigit() or int(length) > MAX_BODY_BYTES:
                    self.close_connection = True  # what is not read would be taken for the next request
                    self._send(Answer.of_gateway(413, "Request Entity Too Large"))
                    return
                # As it was sent: http.server's own `path` has lost a second slash at its beginning.
                raw_path, _, raw_query = self.requestline.split(" ")[1].partition("?")
                headers: dict[str, str] = {}
                for name, value in self.headers.items():
                    key = name.lower()
                    headers[key] = f"{headers[key]},{value}" if key in headers else value
                body = self.rfile.read(int(length))
                self._send(front.answer(Sent(self.command, raw_path, raw_query, headers, body)))

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = handle_any  # noqa: N815 - http.server's names

            def _send(self, answer: Answer) -> None:
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.status != 304:
                    self.send_header("content-length", str(len(answer.body)))
                self.end_headers()
                if self.command != "HEAD" and answer.status != 304:
                    self.wfile.write(answer.body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's own name
                """A stack says what happens in its own words."""

        return Handler


def _of_function(invoker: Invoker, function: str, event: bytes) -> Answer:
    reply = invoker.reply(function, event, "RequestResponse")
    if reply.status in {429, 503}:
        return Answer.of_gateway(503, "Service Unavailable")
    if reply.status != 200 or reply.function_error:
        return Answer.of_gateway(500, "Internal Server Error")
    return answer_of(reply.payload)


class _Budget:
    """A token bucket that holds a second's worth, as the template's stage has it."""

    def __init__(self, rate: float | None) -> None:
        self._rate = rate
        self._lock = threading.Lock()
        self._left, self._at = rate or 0.0, time.monotonic()

    def takes(self) -> bool:
        if self._rate is None:
            return True
        with self._lock:
            now = time.monotonic()
            self._left = min(self._rate, self._left + (now - self._at) * self._rate)
            self._at = now
            if self._left < 1:
                return False
            self._left -= 1
            return True

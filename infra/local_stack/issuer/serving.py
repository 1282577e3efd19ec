"""Listens on loopback as an issuer does on the internet."""

import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any, Final
from urllib.parse import parse_qsl

from local_stack.errors import PortTakenError
from local_stack.issuer.answers import Answer
from local_stack.issuer.clients import CONSOLE, TERMINAL, Clients
from local_stack.issuer.code_flow import CodeFlow
from local_stack.issuer.people import SCOPE, SETTINGS
from local_stack.issuer.signing import ALGORITHM, Signing
from local_stack.loopback_server import HOST, LoopbackServer

_MAX_BODY_BYTES: Final = 16 * 1024


class Issuer:
    """`url` is its name in every token. `close` in any case; it may be called twice."""

    def __init__(self, port: int = 0) -> None:
        try:
            self._server = LoopbackServer((HOST, port), self._handler())
        except OSError as error:
            raise PortTakenError(port, error.strerror or str(error)) from error
        self.url = f"http://{HOST}:{self._server.server_address[1]}"
        self.signing, self.clients = Signing(), Clients()
        self._flow = CodeFlow(self.url, self.clients, self.signing)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="issuer", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()

    def template_values(self) -> Mapping[str, str]:
        """Of a stack that believes this issuer, and whose console signs in here."""
        own = {
            "JwtIssuer": self.url,
            "JwtAudience": f"{CONSOLE},{TERMINAL}",
            "ConsoleAuthorizeUrl": f"{self.url}/authorize",
            "ConsoleTokenUrl": f"{self.url}/token",
            "ConsoleClientId": CONSOLE,
        }
        return {**SETTINGS, **own}

    def answer(self, method: str, path: str, fields: Mapping[str, str] | None, origin: str | None) -> Answer:
        """`fields` is None where one of them comes twice, which two readers would read differently."""
        answers: dict[tuple[str, str], Callable[[], Answer]] = {
            ("GET", "/.well-known/openid-configuration"): lambda: Answer.of_json(200, self._discovery()),
            ("GET", "/.well-known/jwks.json"): lambda: Answer.of_json(200, self.signing.public_keys()),
            ("GET", "/authorize"): lambda: self._flow.authorize(fields),
            ("POST", "/sign-in"): lambda: self._flow.sign_in(fields),
            ("POST", "/token"): lambda: self._flow.token(fields, origin),
            ("OPTIONS", "/token"): lambda: self._flow.preflight(origin),
        }
        found = answers.get((method, path))
        return found() if found else Answer.of_json(404, {"error": "not_found"})

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/.well-known/jwks.json",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "scopes_supported": ["openid", SCOPE],
            "token_endpoint_auth_methods_supported": ["none"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                length = self.headers.get("Content-Length") or "0"
                if not length.isdigit() or int(length) > _MAX_BODY_BYTES:
                    self.close_connection = True  # what is not read would be taken for the next request
                    self._send(Answer.of_json(413, {"error": "too_large"}))
                    return
                path, _, query = self.path.partition("?")
                body = self.rfile.read(int(length))
                text = body.decode("latin-1") if self.command == "POST" else query
                self._send(issuer.answer(self.command, path, _fields(text), self.headers.get("Origin")))

            do_GET = do_POST = do_OPTIONS = handle_any  # noqa: N815 - http.server's names

            def _send(self, answer: Answer) -> None:
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.status != 204:
                    self.send_header("content-length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's own name
                """A stack says what happens in its own words."""

        return Handler


def _fields(text: str) -> dict[str, str] | None:
    pairs = parse_qsl(text, keep_blank_values=True)
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else None

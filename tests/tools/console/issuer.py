"""Signs people in without asking them: OpenID Connect's code with PKCE, as far as a browser sees it."""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from saga_testing.http_door import claims_of, unsigned_token

CLIENT: Final = "console-1"


class Issuer:
    """`person` is who sits at the browser: claims, or an error's code. `taken` keeps what each sign-in asked for."""

    def __init__(self) -> None:
        self.person: Mapping[str, Any] | str = claims_of("on-call")
        self.origin = ""
        self.taken: list[dict[str, str]] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.revoked: set[str] = set()
        self.given: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def authorized(self, asked: dict[str, str]) -> str:
        self.taken.append(asked)
        if isinstance(self.person, str):
            told = {"error": self.person, "state": asked["state"]}
        else:
            code = secrets.token_urlsafe(9)
            self.codes[code] = asked
            told = {"code": code, "state": asked["state"]}
        return f"{asked['redirect_uri']}?{urlencode(told)}"

    def token(self, sent: dict[str, str]) -> str | None:
        """For a code that was not used yet, and whoever knows what its challenge was made of."""
        asked = self.codes.pop(sent.get("code", ""), None)
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        proven = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if asked is None or (asked["code_challenge"], asked["code_challenge_method"]) != (proven, "S256"):
            return None
        if (sent["redirect_uri"], sent["client_id"]) != (asked["redirect_uri"], CLIENT):
            return None
        assert isinstance(self.person, Mapping)
        token = unsigned_token({**self.person, "jti": secrets.token_hex(4)})
        self.given.append(token)
        return token

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
                self.send_response(302)
                self.send_header("location", issuer.authorized(asked))
                self.end_headers()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                token = issuer.token({name: values[0] for name, values in parse_qs(body).items()})
                told = {"access_token": token, "token_type": "Bearer"} if token else {"error": "invalid_grant"}
                self.send_response(200 if token else 400)
                self.send_header("access-control-allow-origin", issuer.origin)
                self.send_header("content-type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(told).encode())

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's own name
                """Nothing."""

        return Handler

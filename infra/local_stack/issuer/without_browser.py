"""A sign-in by a program that presses the button itself: the whole code flow, over the wire."""

import base64
import json
import re
import secrets
from hashlib import sha256
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

from local_stack.issuer.clients import TERMINAL, TERMINAL_REDIRECT
from local_stack.issuer.people import SCOPE

_FORM: Final = {"content-type": "application/x-www-form-urlencoded"}
_REQUEST: Final = re.compile(r'name="request" value="([A-Za-z0-9_-]+)"')


class SignInFailed(Exception):
    """The issuer does not answer, or does not know him."""


def access_token(issuer: str, person: str) -> str:
    """
    Raises:
        SignInFailed: with one line that says why.
    """
    verifier, state = secrets.token_urlsafe(32), secrets.token_urlsafe(16)
    challenge = base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
    client = {"client_id": TERMINAL, "redirect_uri": TERMINAL_REDIRECT}
    asked = {
        **client,
        "response_type": "code",
        "scope": f"openid {SCOPE}",
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    try:
        _, page = _sent(issuer, "GET", f"/authorize?{urlencode(asked)}")
        request = _REQUEST.search(page)
        chosen = {"request": request[1] if request else "", "person": person}
        reply, _ = _sent(issuer, "POST", "/sign-in", chosen)
        code = _code(reply.getheader("location") or "", state, person)
        grant = {**client, "grant_type": "authorization_code", "code": code, "code_verifier": verifier}
        _, told = _sent(issuer, "POST", "/token", grant)
        return str(json.loads(told)["access_token"])
    except (OSError, HTTPException, ValueError, KeyError) as error:
        raise SignInFailed(f"{issuer} is no issuer of a local stack that is up: {error!r}") from error


def _sent(issuer: str, method: str, path: str, form: dict[str, str] | None = None) -> tuple[HTTPResponse, str]:
    connection = HTTPConnection(urlsplit(issuer).netloc, timeout=20)
    try:
        connection.request(method, path, urlencode(form) if form else None, _FORM if form else {})
        reply = connection.getresponse()
        return reply, reply.read().decode()
    finally:
        connection.close()


def _code(location: str, state: str, person: str) -> str:
    parts = parse_qs(urlsplit(location).query)
    if parts.get("state") != [state] or "code" not in parts:
        raise SignInFailed(f"nobody is called {person} there")
    return parts["code"][0]

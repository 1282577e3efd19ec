"""Authorization code flow with PKCE (RFC 6749, RFC 7636, RFC 9700): S256 alone, redirect addresses exactly."""

import base64
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from local_stack.issuer.answers import Answer, refusal_page, sign_in_page
from local_stack.issuer.clients import Clients
from local_stack.issuer.codes import SingleUse
from local_stack.issuer.people import PEOPLE, SCOPE, Person
from local_stack.issuer.signing import LIFETIME_SECONDS, Signing

CODE_SECONDS: Final = 60
SIGN_IN_SECONDS: Final = 600
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)

Fields = Mapping[str, str]


@dataclass(frozen=True)
class Asked:
    """A sign-in that a client has asked for, as it was checked."""

    client: str
    redirect_uri: str
    state: str
    challenge: str
    scope: str
    nonce: str | None


class CodeFlow:
    def __init__(self, issuer: str, clients: Clients, signing: Signing) -> None:
        self._issuer, self._clients, self._signing = issuer, clients, signing
        self._asked: SingleUse[Asked] = SingleUse(SIGN_IN_SECONDS)
        self._codes: SingleUse[tuple[Asked, Person]] = SingleUse(CODE_SECONDS)

    def authorize(self, asked: Fields | None) -> Answer:
        """The page on which somebody says who he is. Whoever cannot be sent back safely is told here."""
        if asked is None or not self._clients.knows(asked):
            return refusal_page("client_id is not known here, or redirect_uri is not one of its addresses.")
        problem = _problem(asked)
        if problem is not None:
            state = {"state": asked["state"]} if asked.get("state") else {}
            told = {"error": problem[0], "error_description": problem[1], "iss": self._issuer}
            return Answer.of_redirect(asked["redirect_uri"], **told, **state)
        scopes = [each for each in asked["scope"].split(" ") if each in {"openid", SCOPE}]
        request = Asked(
            client=asked["client_id"],
            redirect_uri=asked["redirect_uri"],
            state=asked["state"],
            challenge=asked["code_challenge"],
            scope=" ".join(scopes),
            nonce=asked.get("nonce"),
        )
        return sign_in_page(self._asked.give(request), PEOPLE.values())

    def sign_in(self, chosen: Fields | None) -> Answer:
        """Sends him back with a code."""
        person = PEOPLE.get((chosen or {}).get("person", ""))
        asked = self._asked.take((chosen or {}).get("request", "")) if person else None
        if asked is None or person is None:
            return refusal_page("This page was used, or is too old: begin again where you came from.")
        code = self._codes.give((asked, person))
        return Answer.of_redirect(asked.redirect_uri, code=code, state=asked.state, iss=self._issuer)

    def token(self, sent: Fields | None, origin: str | None) -> Answer:
        allowed = {"access-control-allow-origin": origin, "vary": "origin"} if origin in self._clients.origins else {}
        headers = {name: value for name, value in allowed.items() if value is not None}
        if sent is None or sent.get("grant_type") != "authorization_code":
            return Answer.of_json(400, {"error": "unsupported_grant_type"}, **headers)
        found = self._codes.take(sent.get("code", ""))
        if found is None or not _belongs(sent, found[0]):
            # Whoever tries a code wrongly has used it: the next try must not be a better guess.
            return Answer.of_json(400, {"error": "invalid_grant"}, **headers)
        asked, person = found
        content = {
            "access_token": self._signing.access_token(self._issuer, person, asked.client, asked.scope),
            "token_type": "Bearer",
            "expires_in": LIFETIME_SECONDS,
            "scope": asked.scope,
        }
        if "openid" in asked.scope.split(" "):
            content["id_token"] = self._signing.id_token(self._issuer, person, asked.client, asked.nonce)
        return Answer.of_json(200, content, **headers)

    def preflight(self, origin: str | None) -> Answer:
        if origin is None or origin not in self._clients.origins:
            return Answer(403)
        allowed = {"methods": "POST", "headers": "content-type", "origin": origin, "max-age": "600"}
        headers = {
            f"access-control-{'' if name == 'max-age' else 'allow-'}{name}": told for name, told in allowed.items()
        }
        return Answer(204, headers={**headers, "vary": "origin"})


def _problem(asked: Fields) -> tuple[str, str] | None:
    """Of a client that is known: what it is told at its own address."""
    if asked.get("response_type") != "code":
        return "unsupported_response_type", "response_type is code"
    if asked.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(asked.get("code_challenge", "")):
        return "invalid_request", "PKCE is needed: code_challenge, and code_challenge_method S256"
    if not asked.get("state"):
        return "invalid_request", "state is needed"
    if not {"openid", SCOPE} & set(asked.get("scope", "").split(" ")):
        return "invalid_scope", f"scope has openid, {SCOPE}, or both"
    return None


def _belongs(sent: Fields, asked: Asked) -> bool:
    """The same client, at the same address, and he who began."""
    verifier = sent.get("code_verifier", "")
    if not _VERIFIER.fullmatch(verifier):
        return False
    challenge = base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
    return secrets.compare_digest(challenge, asked.challenge) and (
        (sent.get("client_id"), sent.get("redirect_uri")) == (asked.client, asked.redirect_uri)
    )

"""JSON Web Tokens as the gateway checks them (API Gateway Developer Guide, Control access to HTTP APIs with JWT
authorizers), step by step. Where it says nothing, whatever is odd is refused.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Final
from urllib.request import urlopen

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from local_stack.http_front.declared import TokenRule

ALGORITHMS: Final = ["RS256"]
"""The gateway knows RSA alone; of it this front knows what issuers use."""
_KEEPS_KEYS_SECONDS: Final = 7200
"""The gateway keeps them for two hours."""
_WAITS_SECONDS: Final = 5


class TokenRefused(Exception):
    """`told` is the header www-authenticate, which says why."""

    def __init__(self, why: str, *, scopes: tuple[str, ...] = ()) -> None:
        super().__init__(why)
        self.status, self.message = (403, "Forbidden") if scopes else (401, "Unauthorized")
        error = "insufficient_scope" if scopes else "invalid_token"
        self.told = f'Bearer scope="{" ".join(scopes)}" error="{error}" error_description="{why}"'


@dataclass(frozen=True)
class _Kept:
    keys: KeySet
    ids: frozenset[str]
    until: float


class TokenJudge:
    """Fetches each issuer's keys when they are first needed, and keeps them as long as the gateway does."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._kept: dict[str, _Kept] = {}
        self._lock = threading.Lock()

    def claims(self, header: str | None, rule: TokenRule) -> Mapping[str, Any]:
        """
        Raises:
            TokenRefused: it is none that the rule lets in.
        """
        claims = self._verified(_token(header), rule.issuer)
        if claims.get("iss") != rule.issuer:
            raise TokenRefused("the token does not have a valid issuer")
        # client_id counts only where there is no aud.
        named = claims["aud"] if "aud" in claims else claims.get("client_id")
        if not set(_texts(named)) & set(rule.audiences):
            raise TokenRefused("the token does not have a valid audience")
        self._check_times(claims)
        if rule.scopes and not _scopes(claims) & set(rule.scopes):
            raise TokenRefused("the token does not have the needed scope", scopes=rule.scopes)
        return claims

    def _verified(self, token: str, issuer: str) -> Mapping[str, Any]:
        kept = self._keys_of(issuer)
        try:
            found = jwt.decode(token, kept.keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError) as error:
            raise TokenRefused("the token cannot be verified") from error
        if found.header.get("kid") not in kept.ids:
            raise TokenRefused("the token does not have the id of a key")
        return found.claims

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        now = self._clock()
        ends: Any = claims.get("exp")
        begins: list[Any] = [claims.get(name) for name in ("nbf", "iat")]
        if not _is_number(ends) or ends <= now:
            raise TokenRefused("the token has expired")
        if any(each is not None and (not _is_number(each) or each > now) for each in begins):
            raise TokenRefused("the token is not valid yet")

    def _keys_of(self, issuer: str) -> _Kept:
        with self._lock:
            kept = self._kept.get(issuer)
            if kept is None or kept.until <= self._clock():
                kept = self._kept[issuer] = self._fetched(issuer)
            return kept

    def _fetched(self, issuer: str) -> _Kept:
        try:
            place = str(_read(f"{issuer}/.well-known/openid-configuration")["jwks_uri"])
            found = _read(place)
            ids = frozenset(str(each["kid"]) for each in found["keys"])
            return _Kept(KeySet.import_key_set(found), ids, self._clock() + _KEEPS_KEYS_SECONDS)  # type: ignore[arg-type]  # JSON of an issuer; what it is, joserfc checks
        except (OSError, HTTPException, ValueError, KeyError, TypeError, JoseError) as error:
            raise TokenRefused("the issuer's keys cannot be read") from error


def _token(header: str | None) -> str:
    """With and without the word before it."""
    kind, _, token = (header or "").rpartition(" ")
    if kind.lower() not in {"", "bearer"} or not token:
        raise TokenRefused("there is no token")
    return token


def _read(place: str) -> dict[str, Any]:
    if not place.startswith(("https://", "http://127.0.0.1:")):
        raise ValueError(place)
    with urlopen(place, timeout=_WAITS_SECONDS) as reply:  # noqa: S310 - https, or this machine's own
        found = json.load(reply)
    if not isinstance(found, dict):
        raise TypeError
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _texts(value: Any) -> list[str]:
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]


def _scopes(claims: Mapping[str, Any]) -> set[str]:
    """A text with spaces, or an array."""
    found: set[str] = set()
    for name in ("scope", "scp"):
        value = claims.get(name)
        found |= set(value.split(" ")) if isinstance(value, str) else set(_texts(value))
    return found

"""Who came with a token: what he is by its claims, which the gateway has verified.

The gateway makes a text of every claim: of the array `["x admin"]` the same one as of `["x", "admin"]`, and of the text
`[admin]` the same as of the array. So a claim counts where both say it: the gateway, which knows that it is true, and
the token that the gateway verified, which knows what it is. The token by itself is hearsay, as every header is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from saga_orchestrator.adapters.api_settings import ApiSettings
from saga_orchestrator.domain.errors import RejectedEvent
from saga_orchestrator.domain.operating.acts import Door, Role

from .callers import Caller, fitting, names_an_owner, no_role, part, unauthenticated
from .objects_as_text import decoded
from .problems import Problem

_RISING: Final = (Role.READER, Role.OPERATOR, Role.ADMIN)
"""Of several roles the most powerful one is his."""
_LONGEST_TOKEN: Final = 16 * 1024
"""More than the gateway takes in all headers together."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Of one token: `told` by the gateway, `written` in the token itself."""

    told: Mapping[str, Any]
    written: Mapping[str, Any]

    def text(self, name: str) -> str | None:
        """A claim that is a text, exactly."""
        value = self.written.get(name)
        return value if isinstance(value, str) and value and self.told.get(name) == value else None

    def words(self, name: str) -> frozenset[str]:
        """The elements of an array of texts, or the one text; whole, and no part of one."""
        told = self.told.get(name)
        if not isinstance(told, str):
            return frozenset()
        flat = {told, *told.removeprefix("[").removesuffix("]").split(" ")}
        return frozenset(_texts(self.written.get(name))) & flat

    def scopes(self) -> frozenset[str]:
        """By either of the names that the gateway looks for them under. An ID token has none."""
        found: set[str] = set()
        for name in ("scope", "scp"):
            value = self.written.get(name)
            parts = value.split(" ") if isinstance(value, str) else _texts(value)
            told = self.told.get(name)
            found |= set(parts) & set(told.strip("[]").split(" ") if isinstance(told, str) else ())
        return frozenset(found)

    def is_true(self, name: str) -> bool:
        """Some issuers write it as a text."""
        value = self.written.get(name)
        return (value is True or value == "true") and self.told.get(name) == "true"


def person(authorizer: Any, event: Mapping[str, Any], settings: ApiSettings) -> Caller:
    """
    Raises:
        Problem: no token was verified, it is none for this API, or its claims are nobody's.
    """
    claims = _claims(part(authorizer, "jwt"), event)
    subject = claims.text("sub") if claims else None
    if claims is None or subject is None:
        raise unauthenticated("Send an access token: Authorization: Bearer, and the token.")
    if settings.api_scope not in claims.scopes() or claims.told.get("token_use", "access") != "access":
        raise no_role("send an access token that has the scope of this API; an ID token has none.")
    actor, role = fitting("person", subject), _role(claims, settings)
    if role is not None:
        return Caller(actor, Door.JWT, role)
    owner = _owner(claims, settings)
    if owner is None:
        raise _nobody()
    return Caller(actor, Door.JWT, Role.OWNER, owner)


def _role(claims: Claims, settings: ApiSettings) -> Role | None:
    has = {settings.role_map[word] for word in claims.words(settings.role_claim) if word in settings.role_map}
    return max(has, key=_RISING.index, default=None)


def _owner(claims: Claims, settings: ApiSettings) -> str | None:
    """An address that nobody has verified is what its bearer likes it to be; what no event can name owns nothing."""
    if not settings.owner_claim or (settings.owner_claim == "email" and not claims.is_true("email_verified")):
        return None
    named = claims.text(settings.owner_claim)
    return named if named is not None and names_an_owner(named) else None


def _claims(verified: Any, event: Mapping[str, Any]) -> Claims | None:
    told = part(verified, "claims")
    if not isinstance(told, Mapping):
        return None
    headers = part(event, "headers")
    sent = [value for name, value in headers.items() if name.lower() == "authorization"] if headers else []
    written = _payload(sent[0]) if len(sent) == 1 and isinstance(sent[0], str) else None
    return Claims(told, written) if written is not None else None


def _payload(header: str) -> Mapping[str, Any] | None:
    """Of the token in the header, which the gateway takes with and without the word before it."""
    kind, space, token = header.rpartition(" ")
    parts = token.split(".")
    if (space and kind.lower() != "bearer") or len(parts) != 3 or len(token) > _LONGEST_TOKEN:
        return None
    try:
        return decoded(parts[1], _LONGEST_TOKEN)
    except (ValueError, RejectedEvent):
        return None


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _nobody() -> Problem:
    return no_role("RoleMap says which words of your token's claim give one.")

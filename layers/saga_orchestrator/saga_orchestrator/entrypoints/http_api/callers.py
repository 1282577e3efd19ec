"""Who asks, once a door has judged him."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final

from saga_orchestrator.domain.operating.acts import Door, Role, names_an_actor

from .problems import Problem

LONGEST_OWNER: Final = 128
"""Characters; no event can name a longer one."""
_LONGEST: Final = 128
"""Of an actor, as acts keep it."""


@dataclass(frozen=True, slots=True)
class Caller:
    actor: str
    """`role/on-call/olga`, `user/olga` or `person/8c1f`: no user id of an event reads the same."""
    door: Door
    role: Role
    owner: str | None = None
    """Of somebody whose role is to own sagas: whose they are. He is told of no others."""


def part(value: Any, name: str) -> Any:
    """Of a mapping that may be none."""
    return value.get(name) if isinstance(value, Mapping) else None


def text(value: Any, name: str) -> str | None:
    found = part(value, name)
    return found if isinstance(found, str) else None


def names_an_owner(name: str) -> bool:
    """An event can have named him: half of a surrogate pair is in no text that was ever stored."""
    return 0 < len(name) <= LONGEST_OWNER and not any("\ud800" <= letter <= "\udfff" for letter in name)


def fitting(kind: str, name: str) -> str:
    """As acts keep an actor. What is too long, or has a letter that no actor has or nobody sees, becomes a hash, so
    that no two are one, and none looks like another one.
    """
    actor = f"{kind}/{name}"
    if _is_plain(actor):
        return actor
    tail = sha256(actor.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    beginning = f"{actor[: _LONGEST - 17]}~{tail}"
    return beginning if _is_plain(beginning) else f"{kind}/~{tail}"


def _is_plain(actor: str) -> bool:
    return names_an_actor(actor) and actor.isprintable()


def unauthenticated(detail: str) -> Problem:
    return Problem(HTTPStatus.UNAUTHORIZED, "unauthenticated", detail)


def no_role(detail: str) -> Problem:
    """Also of this account's administrators: who may do what is said by name."""
    return Problem(HTTPStatus.FORBIDDEN, "no_role", f"You have no role here: {detail}")

"""What people do to sagas, as it is recorded: who, by which door, what, to what, why, and what became of it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final
from unicodedata import category

MAX_REASON_BYTES: Final = 200
KEPT_SECONDS: Final = 400 * 86_400

_SAGA_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_EXECUTION_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_KEY: Final = re.compile(r"[A-Za-z0-9_.:-]{1,128}", re.ASCII)
_ACTOR: Final = re.compile(r"[^\s\x00-\x1f\x7f#]{1,128}")


class Door(StrEnum):
    """The way in by which somebody came."""

    DIRECT = "direct"
    """Straight to the tables. Who it was is what the caller's own machine says: unverified."""
    IAM = "iam"
    JWT = "jwt"


class Role(StrEnum):
    """What somebody may do. Nobody has one by himself."""

    READER = "reader"
    OWNER = "owner"
    OPERATOR = "operator"
    ADMIN = "admin"
    BREAK_GLASS = "break_glass"
    """Whoever holds the policy of that name, past every other door."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActKey:
    """One act alone: the same key of the same actor to the same target is the same act again.

    `target` is such as `saga:order_saga:o-1`. Neither `actor` nor `key` has the `#` that joins them where they are
    stored.
    """

    target: str
    actor: str
    key: str

    @property
    def event_id(self) -> str:
        """By which the saga's timeline knows it."""
        return f"act:{sha256(json.dumps([self.target, self.actor, self.key]).encode()).hexdigest()[:32]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """`at` is epoch milliseconds; the versions are the saga's, where there is one."""

    id: ActKey
    verb: str
    arguments: str
    """A digest: the same key with other arguments is a mistake, which only a comparison shows."""
    door: str
    role: str
    at: int
    reason: str = ""
    result: str = ""
    version_before: int | None = None
    version_after: int | None = None
    operation: str = ""
    """Of which operation it was a part, where somebody did it to many at once."""

    @property
    def is_verified(self) -> bool:
        """Somebody other than the actor says who it was."""
        return self.door != Door.DIRECT

    def is_same_as(self, other: "Act") -> bool:
        """What was asked under this key, whatever became of it."""
        return (self.id, self.verb, self.arguments) == (other.id, other.verb, other.arguments)


def saga_target(saga_name: str, execution_id: str) -> str:
    return f"saga:{saga_name}:{execution_id}"


def names_a_saga(saga_name: str, execution_id: str) -> bool:
    """Both parts can be those of a saga; what is kept beside sagas has other keys."""
    return bool(_SAGA_NAME.fullmatch(saga_name) and _EXECUTION_ID.fullmatch(execution_id))


def names_an_actor(text: str) -> bool:
    return bool(_ACTOR.fullmatch(text))


def digest(arguments: Mapping[str, Any]) -> str:
    return sha256(json.dumps(dict(arguments), sort_keys=True).encode()).hexdigest()[:16]


def problem_of(act_id: ActKey, reason: str) -> str | None:
    """What is wrong with how an act is asked for; never what was given."""
    if not _KEY.fullmatch(act_id.key):
        return "an idempotency key has 1 to 128 letters, digits, '_', '.', ':' and '-'"
    if not names_an_actor(act_id.actor):
        return "an actor has 1 to 128 characters, none of them a space or '#'"
    return problem_of_reason(reason)


def problem_of_reason(reason: str) -> str | None:
    """A reason is shown on terminals and pages: no letter of it may move a cursor."""
    if any(category(letter) in {"Cc", "Cs", "Zl", "Zp"} for letter in reason):
        return "a reason is one line of text"
    if len(reason.encode()) > MAX_REASON_BYTES:
        return f"a reason has at most {MAX_REASON_BYTES} bytes"
    return None

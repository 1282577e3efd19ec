"""The words that a definition of a waiting saga is written in. Data, not control flow."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

MAX_DATA_BYTES: Final = 4096
"""What all steps of a saga may keep together."""

_JSON: Final = json.JSONEncoder(ensure_ascii=False)

Number = int | str
"""A number, or the name of one of the definition's `settings`."""


class Answer(StrEnum):
    """What an answer means: *failed* is the outcome of one attempt, the others are outcomes of the step."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class Who(StrEnum):
    """Who may send an event about a saga."""

    OWNER = "owner"
    NOT_OWNER = "anyone but the owner"
    ANYONE = "anyone"
    ADMIN = "admin"
    OPERATOR = "operator"


class OnExhausted(StrEnum):
    """What follows when every attempt of a step failed or fell silent."""

    COMPENSATE = "compensate"
    PARK = "park"


@dataclass(frozen=True, slots=True)
class Retry:
    """How often an attempt is made, and how long after a *failed* one the next is asked for.

    The pause doubles from `backoff_seconds` to at most `cap_seconds`, less a part of it that is a function of saga,
    step and attempt: many sagas that failed together do not come back together, and the same saga always does alike.
    """

    attempts: Number = 1
    backoff_seconds: int = 2
    cap_seconds: int = 300


@dataclass(frozen=True, slots=True)
class Outcome:
    """An event that stands for a step's outcome, and who may send it.

    `implies`: it also finishes the steps before it that are still asked. Without it an approval implies nothing.
    """

    event_type: str
    means: Answer
    by: frozenset[Who] = frozenset({Who.ANYONE})
    implies: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A field of a reply's `data` that is kept, of one plain type; `most` bounds a text's length. `shown`: whoever
    operates reads it, beside where the saga stands.
    """

    type: type
    most: int = 64
    shown: bool = False

    def takes(self, value: object) -> bool:
        """Of its type, as JSON has types: every number may stand for a float, and a flag is no number."""
        if isinstance(value, bool) or self.type is bool:
            return isinstance(value, bool) and self.type is bool
        if self.type is float:
            return isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
        if not isinstance(value, str):
            return type(value) is self.type
        return self.type is str and len(value) <= self.most and _is_unicode(value)


def kept_bytes(data: Mapping[str, Mapping[str, Any]]) -> int:
    """How much room a saga's kept data takes in its item."""
    return len(_JSON.encode({step: dict(kept) for step, kept in data.items()}).encode())


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        # A lone surrogate: JSON can hold it, the table and the targets cannot.
        return False
    return True


@dataclass(frozen=True, slots=True)
class Start:
    """The event that starts a saga: its type, the field that names the saga, and the model of its other fields. `shown`
    names those that whoever operates reads; all others are shown to nobody.
    """

    event_type: str
    key: str
    input: type[Any]
    shown: tuple[str, ...] = ()


NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class View:
    """What a saga's own functions may look at: only what never changes once it is there.

    A message sees what was known when it was emitted, whenever it is rendered.
    """

    key: str
    owner: str | None
    input: Mapping[str, Any]
    settings: Mapping[str, int]
    data: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: NOTHING)
    completed_steps: tuple[str, ...] = ()
    outcome: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """A message to a participant. Identity, `operation_id`, `attempt` and `expires_at` are added around its body."""

    type: str
    body: Callable[[View], Mapping[str, Any]] = field(default=lambda _view: {})


@dataclass(frozen=True, slots=True)
class Announcement:
    """A message of the saga's own to whoever listens."""

    type: str
    body: Callable[[View], Mapping[str, Any]] = field(default=lambda _view: {})

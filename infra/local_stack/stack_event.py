"""What happens on the local stack, as it happens: the lines a person watches while the stack runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


class EventKind(StrEnum):
    """Kinds of happenings; the value is what a display shows."""

    STACK = "stack"
    """The stack itself: starting, ready, stopping."""
    INVOKED = "invoked"
    """A function returned normally."""
    FUNCTION_ERROR = "function-error"
    """A function raised, timed out, crashed or could not be initialised."""
    RETRY = "retry"
    """A source will deliver the same payload again after a delay."""
    REJECTED = "given-up"
    """A source gave up and wrote the payload to its on-failure destination or dead-letter queue."""
    DROPPED = "dropped"
    """A source gave up and had nowhere to write the payload."""
    UNTAKEN = "no-rule"
    """A bus accepted an event that no rule matched."""
    LOGGED = "logged"
    """A function wrote a line of JSON with a message: that is `detail`, the whole line `fields`."""
    SCHEDULE_TICK = "schedule-tick"
    RECORDS_LOST = "records-lost"
    """The broker deleted records before they were read: nothing here can bring them back."""
    EXPIRED = "expired"
    """Items whose time to live had passed were deleted."""
    EMULATOR_FAULT = "emulator-fault"
    """The emulated AWS broke; what follows may differ from AWS."""


@dataclass(frozen=True)
class StackEvent:
    """One happening. `fields` is for programs, `detail` says the same to a person; neither holds a payload."""

    at: datetime
    kind: EventKind
    function: str | None
    detail: str
    fields: Mapping[str, Any] = field(default_factory=dict)


EventSink = Callable[[StackEvent], None]


def ignore(_: StackEvent) -> None:
    """The sink of a stack nobody watches."""


def happening(kind: EventKind, function: str | None, detail: str, **fields: Any) -> StackEvent:
    return StackEvent(datetime.now(UTC), kind, function, detail, fields)

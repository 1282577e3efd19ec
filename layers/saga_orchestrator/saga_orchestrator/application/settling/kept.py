"""One event that had no effect and waits for an operator, wherever it is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from saga_orchestrator.domain.instants import of_stored

NAMES = ("execution_id", "event_id", "event_type", "service")
"""Whom it is about, as far as that could be read."""

_UNSHOWN = frozenset({"headers", "written_as"})
"""Kept for the redrive: a header is what somebody wrote."""


class Kind(StrEnum):
    """Who kept it."""

    REJECTED = "rejected"
    """A function found that it will never work."""
    UNDELIVERED = "undelivered"
    """Lambda gave up delivering it to a function."""
    DEAD_LETTER = "dead_letter"
    """EventBridge, or the schedule, could not hand it to Lambda at all."""


@dataclass(frozen=True)
class Kept:
    """What a list shows of it; never its content."""

    id: str
    kind: Kind
    reason: str
    detail: str
    source: str
    position: Mapping[str, Any]
    function: str
    at: str
    copies: int
    names: Mapping[str, str]
    key: str = ""
    """Of its bytes in the payload bucket, where they are an object."""
    state: str = "open"
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def version(self) -> int:
        """Another one whenever it comes again, and when it is settled."""
        return 2 * self.copies + (self.state != "open")

    @property
    def first_at(self) -> int:
        """Epoch milliseconds; 0 where its item does not say."""
        return of_stored(self.at) or 0

    def facts(self) -> dict[str, Any]:
        """For programs; each name is there, readable or not."""
        return {
            "id": self.id,
            "kind": self.kind.value,
            "reason": self.reason,
            "detail": self.detail,
            **{name: self.names.get(name) for name in NAMES},
            "source": self.source,
            "position": {name: value for name, value in self.position.items() if name not in _UNSHOWN},
            "function": self.function,
            "at": self.at,
            "copies": self.copies,
            "state": self.state,
            "key": self.key or None,
            **self.more,
        }


class NotRedrivableError(Exception):
    """It cannot be turned back into a delivery; `code` is for programs."""

    def __init__(self, message: str, code: str = "not_redrivable") -> None:
        super().__init__(message)
        self.code = code

"""What the application needs from outside. The seam for tests is lower, at the SDK client: these are only types."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from saga_orchestrator.domain.counters import Head
from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.flow.dues import Wake
from saga_orchestrator.domain.render import Message
from saga_orchestrator.domain.saga import Claim, Saga
from saga_orchestrator.domain.secret import Secret


@dataclass(frozen=True, slots=True)
class Stored:
    """The write is durable."""


@dataclass(frozen=True, slots=True)
class LostRace:
    """Somebody else wrote first; `current` is what they left, None when the item is gone. Decide again on it."""

    current: Saga | None


@dataclass(frozen=True, slots=True)
class NoRoom:
    """Every counter shard of the resource is full: nothing was written. `closed`: its limit is none at all."""

    closed: bool = False


Outcome = Stored | LostRace | NoRoom


class SagaStore(Protocol):
    def create(self, saga: Saga, claims: str | None) -> Outcome:
        """Put a saga that must not exist yet, taking one unit of `claims` in the same transaction."""

    def replace(self, old: Saga, new: Saga, claims: str | None, releases: Claim | None) -> Outcome:
        """Write what differs if `old` is still the stored version; take and give back units in the same write."""

    def get(self, execution_id: str, saga_name: str) -> Saga | None:
        """The saga, strongly consistent."""

    def due(self, shard: int, now: int) -> Iterator[tuple[str, str, int]]:
        """(execution id, saga name, deadline) of sagas whose deadline the index shows as passed, oldest first."""


class Counters(Protocol):
    """The counters of limited resources, and the limits that they hold."""

    def heads(self) -> Mapping[str, Head | RetryableError]:
        """Of every resource that was ever limited; the error where a head cannot be read."""

    def change(self, resource: str, read: Head, wanted: Head) -> bool:
        """Put another limit in force, unless somebody else has changed the counter since `read`."""

    def settle(self, resource: str) -> None:
        """Bring the caps to the limit, as far as what runs allows.

        Raises:
            RetryableError: others were at it all the time; whatever was done holds, and the next one goes on.
        """


class ScriptStore(Protocol):
    def put(self, execution_id: str, sha256: bytes, content: Secret) -> None:
        """Store a script durably, before the saga that names it."""


class ScriptSource(Protocol):
    def read_script(self, bucket: str, key: str) -> Secret:
        """A stored script, for a command that carries it. Raises `RejectedEvent` when it has expired."""


class RejectedStore(Protocol):
    def keep(
        self, original: Secret, *, source: str, position: dict[str, Any], reason: str, detail: str, rejected_at: str
    ) -> str:
        """Keep a rejected event's bytes and reason durably; returns where. Raises `RetryableError` if it cannot."""


class Fate(StrEnum):
    """What became of a message at a target."""

    PUBLISHED = "published"
    MAY_PASS = "may_pass"  # noqa: S105 - a fate, not a password
    PERMANENT = "permanent"


class Publisher(Protocol):
    def publish(self, messages: Sequence[tuple[Message, str]]) -> list[Fate]:
        """The fate of each message, by position. Bodies come encoded."""


class WakeQueue(Protocol):
    def send(self, wakes: Sequence[tuple[Wake, int]]) -> int:
        """Hand over wakes, each with the seconds to hold it back; how many of them were taken.

        Raises:
            RetryableError: none was, or nobody can tell.
        """


class Counting(Protocol):
    def count(self, name: str, value: int = 1) -> None:
        """Add to a metric."""

    def measure(self, name: str, value: int, **dimensions: str) -> None:
        """One value: how often something was done, or how long in milliseconds it took.

        `dimensions` are the definition's and the deployment's names, such as saga and step. Where there are more than
        two, each later one stands beside the first alone.
        """


class Reporting(Counting, Protocol):
    """Log lines and metrics. Fields are ids and codes, never users' data."""

    def gauge(self, name: str, value: int) -> None:
        """Report a value as it is, zero included."""

    def info(self, message: str, **fields: Any) -> None: ...

    def warn(self, message: str, **fields: Any) -> None: ...

    def together(self) -> AbstractContextManager[None]:
        """Log lines of work inside are written when it ends, or once they are many: threads that write each by itself
        wait for one another."""

    def flush(self) -> None:
        """Write what was counted, before the handler returns."""


Clock = Callable[[], int]
"""Epoch milliseconds."""

Pause = Callable[[float], None]
"""Sleep for so many seconds."""

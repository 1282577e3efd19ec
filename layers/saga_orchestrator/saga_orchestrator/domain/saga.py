"""The saga: one frozen value per execution and definition, exactly what one table item holds."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final
from zlib import crc32

from .events import EventType, ExecutionRequest
from .states import SagaState

MAX_EARLY_CANCELS: Final = 8


class Cause(StrEnum):
    """What moved the saga; one letter in the stored timeline."""

    REQUESTED = "R"
    STARTED = "S"
    COMPLETED = "C"
    FAILED = "F"
    TIMEOUT = "T"
    CANCELLED = "X"
    DEADLINE = "D"


CAUSE_OF: dict[EventType, Cause] = {event_type: Cause[event_type.name] for event_type in EventType}


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """The permanent ledger: when (epoch ms), what caused it, and the keys of the messages emitted in that write."""

    at: int
    cause: Cause
    event_id: str
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EarlyEvent:
    """An event that came before its request. `trusted` is decided on arrival: an operator's or an admin's cancel."""

    at: int
    cause: Cause
    event_id: str
    actor: str | None = None
    trusted: bool = False
    exit_code: int | None = None
    error_type: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """One unit of a counter shard, to be given back exactly there whatever the settings say by then."""

    resource: str
    shard: int


@dataclass(frozen=True, slots=True)
class Saga:
    """Times are epoch milliseconds by the handler's clock; `expires` is epoch seconds, as DynamoDB's TTL wants it."""

    execution_id: str
    saga_name: str
    definition_version: int
    state: SagaState
    version: int
    created_at: int
    correlation_id: str
    owner: str | None = None
    request: ExecutionRequest | None = None
    request_hash: bytes = b""
    script_bucket: str = ""
    inline_script: bool = False
    create_before: int | None = None
    completed_steps: tuple[str, ...] = ()
    compensated_steps: tuple[str, ...] = ()
    claim: Claim | None = None
    deadline: int | None = None
    deadline_shard: int | None = None
    reason: str | None = None
    exit_code: int | None = None
    error_type: str | None = None
    ended_by: str | None = None
    ended_at: int | None = None
    expires: int | None = None
    timeline: tuple[TimelineEntry, ...] = ()
    early: tuple[EarlyEvent, ...] = ()
    outbox: tuple[str, ...] = field(default=())

    @property
    def saga_id(self) -> str:
        return saga_id(self.saga_name, self.execution_id)

    @property
    def is_stub(self) -> bool:
        return self.state is SagaState.CREATED

    @property
    def has_started(self) -> bool:
        """The pod was seen running."""
        return any(entry.cause is Cause.STARTED for entry in self.timeline)

    def has_seen(self, cause: Cause, event_id: str) -> bool:
        """Was this very event applied or remembered? Then it is a redelivery, or our own write whose reply was lost."""
        ledger: tuple[TimelineEntry | EarlyEvent, ...] = (*self.timeline, *self.early)
        return any(entry.event_id == event_id and entry.cause is cause for entry in ledger)

    def has_emitted(self, kind: str) -> bool:
        return self.occurrences(kind) > 0

    def occurrences(self, kind: str) -> int:
        return sum(key.partition("#")[0] == kind for entry in self.timeline for key in entry.messages)


def saga_id(saga_name: str, execution_id: str) -> str:
    """A function of the item's key alone; neither part may contain the colon that joins them."""
    return f"{saga_name}:{execution_id}"


def deadline_shard(execution_id: str, shards: int) -> int:
    """The partition of the deadline index: stable for an execution, and kept in the item, so that the number of shards
    may grow under running sagas."""
    return crc32(execution_id.encode("ascii")) % shards


def emit(saga: Saga, entry: TimelineEntry, kinds: tuple[str, ...], **changes: Any) -> Saga:
    """`saga` with `changes`, `entry` in its timeline and exactly the messages of this write in its outbox: one copy.

    A message's key is its kind and its occurrence, so that a repeated message is a new message.
    """
    keys = tuple(f"{kind}#{saga.occurrences(kind) + 1}" for kind in kinds)
    told = TimelineEntry(entry.at, entry.cause, entry.event_id, keys)
    return replace(saga, **changes, timeline=(*saga.timeline, told), outbox=keys)

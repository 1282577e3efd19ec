"""The saga: one frozen value per execution and definition, exactly what one table item holds."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final
from zlib import crc32

from saga_orchestrator.domain.flow.ledger import Ledger, StepError

from .events import EventType, ExecutionRequest
from .states import SagaState

MAX_EARLY_CANCELS: Final = 8
PARKED: Final = "parked"
ENDED: Final = "ended"
ENDED_BADLY: Final = frozenset({SagaState.FAILED, SagaState.TIMEOUT, SagaState.CANCELLED})
_TELLING: Final = "saga_"
"""How the keys of messages begin that everybody may read, and that ask nobody for anything."""
MARK_SHARDS: Final = 8
"""Partitions of the index of marks: a thousand sagas that park at once heat no single one. May only grow."""


class Cause(StrEnum):
    """What moved the saga; one letter in the stored timeline."""

    REQUESTED = "R"
    STARTED = "S"
    COMPLETED = "C"
    FAILED = "F"
    TIMEOUT = "T"
    CANCELLED = "X"
    DEADLINE = "D"
    REPORTED = "E"
    """An event of the saga's own, about one of its steps."""
    ANSWERED = "A"
    """A participant's reply to a command."""
    OPERATED = "O"
    """An operator's verb."""


CAUSE_OF: dict[EventType, Cause] = {event_type: Cause[event_type.name] for event_type in EventType}


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """The permanent record: when (epoch ms), what caused it, and the keys of the messages emitted in that write."""

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
    event_type: str | None = None
    pod_name: str | None = None
    node_name: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """One unit of a counter shard, to be given back exactly there whatever the settings say by then."""

    resource: str
    shard: int


@dataclass(frozen=True)
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
    faults: tuple[str, ...] = ()
    """What was wrong with a request that could not be run: fields and codes, never values."""
    shadow: bool = False
    """Requested while commands were switched off: no pod is this saga's, so it never deletes one."""
    pod_name: str | None = None
    node_name: str | None = None
    traceparent: bytes = b""
    """Of the event that began it, as 25 bytes, write-once; empty where it had none."""
    outbox: tuple[str, ...] = field(default=())
    wake: int | None = None
    """When somebody should look, where this write set a deadline that is near: for the relay, and for no one later."""
    input: str | None = None
    """What started a saga that is no execution's: canonical JSON, write-once."""
    settings: tuple[int, ...] = ()
    """The definition's settings as they were when it began, in their declared order, write-once."""
    ledger: Ledger = field(default_factory=Ledger)
    # A mapping has no hash, and searches through all states keep sagas in sets: equality still looks at it.
    data: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    """By step, what its *done* told and the definition keeps. Written once."""
    outcome: SagaState | None = None
    """How it will end, from the write in which compensation begins."""
    failed_step: str | None = None
    errors: tuple[StepError, ...] = ()
    """Why attempts did not do what they were asked: the first one, and the last five."""
    saga_due: int | None = None
    definition_hash: str | None = None
    """Of the definition that it began under: an edit that raised no version shows."""

    @classmethod
    def made(cls, **given: Any) -> "Saga":
        """As the class itself makes it of its fields, at a quarter of the cost: see `having`.

        Raises:
            TypeError: a field that has no default is missing, or there is no such field.
        """
        held = _DEFAULTS | given
        if not given.keys() >= _REQUIRED or len(held) > len(_DEFAULTS) + len(_REQUIRED):
            msg = f"missing, or no field of a saga: {', '.join(sorted(held.keys() ^ {*_DEFAULTS, *_REQUIRED}))}"
            raise TypeError(msg)
        made = object.__new__(cls)
        object.__setattr__(made, "__dict__", held)  # as a frozen class sets its own
        return made

    def having(self, **changes: Any) -> "Saga":
        """A copy that differs in `changes`.

        Each step of a decision makes one. `dataclasses.replace` sets the fields one by one, which costs twenty times
        this; for this the class has no slots.
        """
        fields = self.__dict__ | changes
        if len(fields) > len(self.__dict__):
            msg = f"a saga has no {', '.join(sorted(fields.keys() - self.__dict__.keys()))}"
            raise TypeError(msg)
        copy = object.__new__(Saga)
        object.__setattr__(copy, "__dict__", fields)  # as a frozen class sets its own
        return copy

    @property
    def saga_id(self) -> str:
        return saga_id(self.saga_name, self.execution_id)

    @property
    def mark(self) -> str | None:
        """Under which key an operator finds it: a step or an undo of it is parked, or it ended badly. A function of the
        rest. What was refused before it asked for anything has none: a flood of that must not heat an index.
        """
        if self.ledger.parked:
            kind = PARKED
        elif self.state in ENDED_BADLY and self.has_asked:
            kind = ENDED
        else:
            return None
        return f"{kind}#{crc32(self.execution_id.encode('ascii', 'replace')) % MARK_SHARDS}"

    @property
    def mark_at(self) -> int | None:
        """Since when."""
        if self.mark is None:
            return None
        return self.ledger.parked_since if self.ledger.parked else self.ended_at

    @property
    def has_asked(self) -> bool:
        """Somebody was told to do something, and not only told about it."""
        return any(not key.startswith(_TELLING) for entry in self.timeline for key in entry.messages)

    @property
    def is_stub(self) -> bool:
        return self.state is SagaState.CREATED

    @property
    def has_started(self) -> bool:
        """The pod was seen running."""
        return any(entry.cause is Cause.STARTED for entry in self.timeline)

    def has_seen(self, cause: Cause, event_id: str) -> bool:
        """Was this very event applied or remembered? Then it is a redelivery, or our own write whose reply was lost."""
        known: tuple[TimelineEntry | EarlyEvent, ...] = (*self.timeline, *self.early)
        return any(entry.event_id == event_id and entry.cause is cause for entry in known)

    def knows_of(self, cause: Cause) -> bool:
        """Some event of this kind is in the timeline: it ended the saga, or came after its end."""
        return any(entry.cause is cause for entry in self.timeline)

    def has_emitted(self, kind: str) -> bool:
        return self.occurrences(kind) > 0

    def occurrences(self, kind: str) -> int:
        return sum(key.partition("#")[0] == kind for entry in self.timeline for key in entry.messages)


_REQUIRED: Final = frozenset(
    each.name for each in fields(Saga) if each.default is MISSING and each.default_factory is MISSING
)
_DEFAULTS: Final[dict[str, Any]] = {each.name: each.default for each in fields(Saga) if each.default is not MISSING} | {
    each.name: each.default_factory() for each in fields(Saga) if each.default_factory is not MISSING
}
"""Values that nobody can change, so that all sagas may share them."""


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
    return saga.having(**changes, timeline=(*saga.timeline, told), outbox=keys)

"""The inbound `EXECUTION_*` events, once they are known to be well formed."""

from dataclasses import dataclass, field
from enum import StrEnum

from .secret import Secret


class EventType(StrEnum):
    REQUESTED = "EXECUTION_REQUESTED"
    STARTED = "EXECUTION_STARTED"
    COMPLETED = "EXECUTION_COMPLETED"
    FAILED = "EXECUTION_FAILED"
    TIMEOUT = "EXECUTION_TIMEOUT"
    CANCELLED = "EXECUTION_CANCELLED"


@dataclass(frozen=True, slots=True)
class Script:
    """Where a script is and what it must hash to; never the script itself.

    `bucket` and `key` are both None when the orchestrator stores the script itself, at a place made of its hash.
    """

    size: int
    sha256: bytes
    bucket: str | None = None
    key: str | None = None


def script_key(execution_id: str, sha256: bytes) -> str:
    """Content in the name: storing a script twice is storing it once."""
    return f"scripts/{execution_id}/{sha256.hex()}"


@dataclass(frozen=True, slots=True)
class ExecutionRequest:
    """Everything a worker needs to know to run the script, under the names of the inbound event."""

    language: str
    language_version: str
    runtime_image: str
    runtime_command: tuple[str, ...]
    runtime_filename: str
    timeout_seconds: int
    cpu_limit: str
    memory_limit: str
    cpu_request: str
    memory_request: str
    priority: str
    script: Script


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What all events share. `event_id` deduplicates within one type of one execution."""

    event_id: str
    execution_id: str
    correlation_id: str
    unusable: tuple[str, ...] = field(default=(), compare=False)
    """Names of fields that decide nothing and broke their rule: the event counts without them."""

    @property
    def type(self) -> EventType:
        return TYPE_OF[self.__class__]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionRequested(Event):
    """`requested_at` is the producer's clock (epoch milliseconds) and decides only whether the request is too old."""

    requested_at: int
    owner: str | None
    request: ExecutionRequest
    request_hash: bytes
    traceparent: bytes = b""
    script_content: Secret | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidRequest(Event):
    """A request whose sender can be answered and which cannot be run: `faults` are `field` or `field:code`."""

    owner: str | None
    faults: tuple[str, ...]
    request_hash: bytes
    traceparent: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionStarted(Event):
    """The pod runs; its names are cut to what an item has room for."""

    pod_name: str | None = None
    node_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionCompleted(Event):
    """`exit_code` is None where the sender gave none that can be used."""

    exit_code: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionFailed(Event):
    exit_code: int | None
    error_type: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionTimedOut(Event):
    """The worker stopped the script at its time limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionCancelled(Event):
    """`by_operator`: it came from the source that IAM lets only operators use."""

    actor: str | None
    by_operator: bool


@dataclass(frozen=True, slots=True)
class DeadlinePassed:
    """The timeout checker found the saga's deadline in the past."""


@dataclass(frozen=True, slots=True)
class ClaimRefused:
    """Every counter shard of the resource that `event` needs is full; `closed`: it takes no work at all."""

    event: ExecutionRequested
    closed: bool = False


Signal = Event | DeadlinePassed | ClaimRefused

TYPE_OF: dict[type[Event], EventType] = {
    ExecutionRequested: EventType.REQUESTED,
    InvalidRequest: EventType.REQUESTED,
    ExecutionStarted: EventType.STARTED,
    ExecutionCompleted: EventType.COMPLETED,
    ExecutionFailed: EventType.FAILED,
    ExecutionTimedOut: EventType.TIMEOUT,
    ExecutionCancelled: EventType.CANCELLED,
}

"""What moves a waiting saga: its start, events about its steps, replies, cancels. All are known to be well formed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .terms import NOTHING, Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class SagaSignal:
    """What all share. `key` is the saga's; `event_id` deduplicates within one type of one saga."""

    event_id: str
    event_type: str
    key: str
    correlation_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SagaOpened(SagaSignal):
    """The start. `input` is canonical JSON; `requested_at` is the producer's clock (epoch milliseconds).

    `faults`: it cannot be carried out, and its sender is told why: each is `field`, or `field:code`.
    """

    requested_at: int
    owner: str | None
    input: str
    request_hash: bytes
    faults: tuple[str, ...] = ()
    traceparent: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReported(SagaSignal):
    """An event that stands for a step's outcome. `actor` is who sent it, as far as it says."""

    actor: str | None
    by_operator: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAsked(SagaSignal):
    actor: str | None
    by_operator: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAnswered(SagaSignal):
    """A participant's reply. `message` is the answered message's key, such as `reserve_credit#2`."""

    message: str
    answer: Answer
    reason: str | None = None
    data: Mapping[str, Any] = field(default_factory=lambda: NOTHING)

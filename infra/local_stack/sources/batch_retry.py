"""What a stream or Kafka poller does with a batch until it is done: attempts, bisection, giving up.

Developer Guide, How Lambda processes records from stream and queue-based event sources, and Configuring error handling
controls for Kafka event sources: a function error retries the batch; with bisection a failing batch is split in two,
which does not consume the retry quota; after MaximumRetryAttempts, or when a record is older than
MaximumRecordAgeInSeconds, the records are discarded to the on-failure destination. Batches are tried in order, the rest
waits.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from local_stack.functions import Outcome
from local_stack.sources.back_off import BackOff
from local_stack.sources.mapping_config import INFINITE, FailurePolicy

Record = TypeVar("Record")


@dataclass(frozen=True)
class Verdict(Generic[Record]):
    """What one invocation left to do: the records to deliver again, in order; none means success. `is_error` tells a
    raised error, after which a batch may be bisected, from a partial response; `progressed` says that the rest is a new
    batch with a fresh quota."""

    outcome: Outcome
    again: Sequence[Record]
    is_error: bool = False
    progressed: bool = False


class BatchHandling(Protocol[Record]):
    """The source's part: how to invoke, how old a record is, what to say."""

    def attempt(self, records: Sequence[Record]) -> Verdict[Record]: ...

    def age_seconds(self, record: Record, now: float) -> float: ...

    def retrying(self, records: Sequence[Record], attempts: int, outcome: Outcome) -> None: ...

    def give_up(self, records: Sequence[Record], condition: str, attempts: int, outcome: Outcome | None) -> None: ...


@dataclass(frozen=True)
class _Pending(Generic[Record]):
    records: Sequence[Record]
    attempts: int = 0
    last: Outcome | None = None


def process(
    records: Sequence[Record],
    policy: FailurePolicy,
    handling: BatchHandling[Record],
    stop: threading.Event,
    clock: Callable[[], float] = time.time,
) -> bool:
    """Returns when every record has been processed or discarded; False when it was stopped before that, so that nothing
    must be committed."""
    todo: deque[_Pending[Record]] = deque([_Pending(records)])
    back_off = BackOff(stop)
    while todo:
        if stop.is_set():
            return False
        pending = _without_expired(todo.popleft(), policy, handling, clock())
        if not pending.records:
            continue
        verdict = handling.attempt(pending.records)
        if not verdict.again:
            back_off.reset()
            continue
        todo.extendleft(reversed(_next_steps(pending, verdict, policy, handling)))
        if verdict.progressed:
            back_off.reset()
        elif not back_off.wait():
            return False
    return True


def _next_steps(
    pending: _Pending[Record], verdict: Verdict[Record], policy: FailurePolicy, handling: BatchHandling[Record]
) -> list[_Pending[Record]]:
    if policy.bisect and len(verdict.again) > 1:
        if verdict.progressed:
            # Developer Guide, Configuring partial batch response with DynamoDB and Lambda: "the batch is bisected at
            # the returned sequence number, and Lambda retries only the remaining records".
            return [_Pending(verdict.again, pending.attempts, verdict.outcome)]
        middle = len(verdict.again) // 2
        return [
            _Pending(half, pending.attempts, verdict.outcome)
            for half in (verdict.again[:middle], verdict.again[middle:])
        ]
    attempts = 1 if verdict.progressed else pending.attempts + 1
    if policy.max_retries != INFINITE and attempts > policy.max_retries:
        handling.give_up(verdict.again, "RetryAttemptsExhausted", attempts, verdict.outcome)
        return []
    handling.retrying(verdict.again, attempts, verdict.outcome)
    return [_Pending(verdict.again, attempts, verdict.outcome)]


def _without_expired(
    pending: _Pending[Record], policy: FailurePolicy, handling: BatchHandling[Record], now: float
) -> _Pending[Record]:
    """A record that is too old is discarded before the next attempt, the rest of its batch goes on."""
    if policy.max_age_seconds == INFINITE:
        return pending
    expired = [record for record in pending.records if handling.age_seconds(record, now) > policy.max_age_seconds]
    if not expired:
        return pending
    handling.give_up(expired, "RecordAgeExceeded", pending.attempts, pending.last)
    fresh = [record for record in pending.records if handling.age_seconds(record, now) <= policy.max_age_seconds]
    return _Pending(fresh, pending.attempts, pending.last)

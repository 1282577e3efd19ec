"""Ending sagas whose deadline has passed. Cost follows the number of due sagas, not of open ones."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import islice

from saga_orchestrator.domain.decide import Verdict
from saga_orchestrator.domain.errors import CorruptSaga, RetryableError

from .ports import Clock, SagaStore

PAGE = 100


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one run did. `unfinished`: time was short, or something could not be ended; the next run goes on."""

    due: int = 0
    timed_out: int = 0
    oldest_due_ms: int = 0
    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class TimeoutChecker:
    """Queries each index shard for what is due and ends it by version: a stale or double firing cannot happen."""

    store: SagaStore
    clock: Clock
    time_out: Callable[[str, str], Verdict | None]
    park_corrupt: Callable[[str, str, CorruptSaga], None]
    executor: Executor

    def run(self, shards: range, first_shard: int, time_left: Callable[[], bool]) -> Sweep:
        """One pass over `shards`, beginning with `first_shard`, so that a slow shard cannot starve the same others."""
        now = self.clock()
        sweep = Sweep()
        for offset in range(len(shards)):
            shard = shards[(first_shard + offset) % len(shards)]
            due = iter(self.store.due(shard, now))
            while time_left() and (page := list(islice(due, PAGE))):
                ended = list(self.executor.map(self._end_one, page))
                sweep = Sweep(
                    due=sweep.due + len(page),
                    timed_out=sweep.timed_out + ended.count(True),
                    oldest_due_ms=max(sweep.oldest_due_ms, *(now - deadline for _, _, deadline in page)),
                    unfinished=sweep.unfinished or None in ended,
                )
            if not time_left():
                return Sweep(sweep.due, sweep.timed_out, sweep.oldest_due_ms, unfinished=True)
        return sweep

    def _end_one(self, key: tuple[str, str, int]) -> bool | None:
        """True when this call ended the saga, False when there was nothing to end, None when it must be tried again."""
        execution_id, saga_name, _ = key
        try:
            return self.time_out(execution_id, saga_name) is Verdict.APPLIED
        except RetryableError:
            return None
        except CorruptSaga as corrupt:
            self.park_corrupt(execution_id, saga_name, corrupt)
            return False

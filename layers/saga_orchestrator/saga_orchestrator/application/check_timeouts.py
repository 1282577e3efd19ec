"""Ending sagas whose deadline has passed. Cost follows the number of due sagas, not of open ones."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from itertools import islice

from saga_orchestrator.domain.decide import Verdict
from saga_orchestrator.domain.errors import RejectedEvent, RetryableError, SagaError

from .ports import Clock, SagaStore
from .rejected_events import unexpected

PAGE = 100


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one run did.

    `unfinished`: time was short, or something could not be ended; the next run goes on. `unread`: why shards of the
    index could not be read to their end, or what a bug kept from being set aside.
    """

    due: int = 0
    timed_out: int = 0
    oldest_due_ms: int = 0
    unfinished: bool = False
    unread: tuple[SagaError, ...] = ()

    def and_then(self, other: "Sweep") -> "Sweep":
        return Sweep(
            self.due + other.due,
            self.timed_out + other.timed_out,
            max(self.oldest_due_ms, other.oldest_due_ms),
            unfinished=self.unfinished or other.unfinished,
            unread=(*self.unread, *other.unread),
        )


@dataclass(frozen=True, slots=True)
class TimeoutChecker:
    """Queries each index shard for what is due and ends it by version: a stale or double firing cannot happen.

    Each saga is on its own: one that cannot be ended, whatever it raises, is handed to `set_aside`, and neither it nor
    a shard that cannot be read keeps the others from ending. What was set aside stays due, so each run meets it again;
    `told` remembers it for the process's life, so that it is handed over once.
    """

    store: SagaStore
    clock: Clock
    time_out: Callable[[str, str], Verdict | None]
    set_aside: Callable[[str, str, RejectedEvent], None]
    executor: Executor
    told: set[tuple[str, str, int]] = field(default_factory=set)

    def run(self, shards: range, first_shard: int, time_left: Callable[[], bool]) -> Sweep:
        """One pass over `shards`, beginning with `first_shard`, so that a slow shard cannot starve the same others."""
        now = self.clock()
        sweep = Sweep()
        for offset in range(len(shards)):
            sweep = self._sweep_shard(shards[(first_shard + offset) % len(shards)], now, sweep, time_left)
            if not time_left():
                return replace(sweep, unfinished=True)
        return sweep

    def _sweep_shard(self, shard: int, now: int, sweep: Sweep, time_left: Callable[[], bool]) -> Sweep:
        due = iter(self.store.due(shard, now))
        while time_left():
            page: list[tuple[str, str, int]] = []
            unread: tuple[SagaError, ...] = ()
            try:
                page.extend(islice(due, PAGE))
            except (RetryableError, RejectedEvent) as failure:
                unread = (failure,)
            except Exception as bug:  # noqa: BLE001 - the boundary: one shard must not end the sweep of all others
                unread = (unexpected(bug),)
            if not page and not unread:
                break
            ended = list(self.executor.map(self._end_one, page))
            unread += tuple(each for each in ended if isinstance(each, RejectedEvent))
            oldest = max((now - deadline for _, _, deadline in page), default=0)
            unfinished = bool(unread) or None in ended
            sweep = sweep.and_then(Sweep(len(page), ended.count(True), oldest, unfinished=unfinished, unread=unread))
        return sweep

    def _end_one(self, key: tuple[str, str, int]) -> bool | RejectedEvent | None:
        """True when this call ended the saga, False when there was nothing to end, None when it must be tried again.

        A failure that nothing foresaw, while setting it aside, is the answer: the others end first, then people see it.
        """
        execution_id, saga_name, _ = key
        try:
            return self.time_out(execution_id, saga_name) is Verdict.APPLIED
        except RetryableError:
            return None
        except RejectedEvent as hopeless:
            return self._set_aside_once(key, hopeless)
        except Exception as bug:  # noqa: BLE001 - the boundary: one saga must not end the sweep of all others
            return self._set_aside_once(key, unexpected(bug))

    def _set_aside_once(self, key: tuple[str, str, int], hopeless: RejectedEvent) -> RejectedEvent | bool | None:
        if key in self.told:
            return False
        try:
            self.set_aside(key[0], key[1], hopeless)
        except RetryableError:
            return None
        except Exception as bug:  # noqa: BLE001 - the boundary: it stays due and is not told yet, so the next run tries
            return unexpected(bug)
        self.told.add(key)
        return False

"""Threads of one process, as strands that the scheduler interleaves."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from tests.proof.simulation.world.scheduler import Scheduler, Task

Given = TypeVar("Given")
Made = TypeVar("Made")


class StrandExecutor:
    """`ThreadPoolExecutor.map` as handlers use it: concurrent, bounded, results in order."""

    def __init__(self, scheduler: Scheduler, width: int) -> None:
        self._scheduler = scheduler
        self._width = width

    def map(self, work: Callable[[Given], Made], given: Iterable[Given]) -> Iterator[Made]:
        todo = list(given)
        if len(todo) < 2 or self._width < 2:
            return iter([work(each) for each in todo])
        return iter(_Crew(self._scheduler, work, todo).run(self._width))


class _Crew:
    """Strands that share a list of things to do, and the strand that waits for them."""

    def __init__(self, scheduler: Scheduler, work: Callable[[Any], Any], todo: list[Any]) -> None:
        self._scheduler = scheduler
        self._work = work
        self._todo = todo
        self._next = 0
        self._done: list[Any] = [None] * len(todo)
        self._failure: Exception | None = None
        self._running = 0
        self._waiting: Task | None = None

    def run(self, width: int) -> list[Any]:
        boss = self._scheduler.current
        if boss is None:
            return [self._work(each) for each in self._todo]
        self._waiting = boss
        self._running = min(width, len(self._todo))
        for _ in range(self._running):
            boss.invocation.tasks.append(self._scheduler.spawn(self._strand, boss.invocation))
        self._scheduler.park()
        if self._failure is not None:
            raise self._failure
        return self._done

    def _strand(self) -> None:
        while self._next < len(self._todo):
            position = self._next
            self._next += 1
            try:
                self._done[position] = self._work(self._todo[position])
            except Exception as failure:  # noqa: BLE001 - as a future keeps it, for the strand that asks for results
                self._failure = self._failure or failure
        self._running -= 1
        if self._running == 0 and self._waiting is not None:
            self._scheduler.wake(self._waiting)


class Turns:
    """A process's turns: a thread would block on a lock, and a strand must give way instead."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._turns: dict[tuple[str, int], _Turn] = {}

    def __call__(self, resource: str, shard: int) -> "_Turn":
        return self._turns.setdefault((resource, shard), _Turn(self._scheduler))


class _Turn:
    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._taken = False
        self._queue: list[Task] = []

    def __enter__(self) -> None:
        while self._taken:
            if self._scheduler.current is not None:
                self._queue.append(self._scheduler.current)
            self._scheduler.park()
        self._taken = True

    def __exit__(self, *_error: object) -> None:
        self._taken = False
        if self._queue:
            self._scheduler.wake(self._queue.pop(0))

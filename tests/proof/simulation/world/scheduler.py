"""Simulated time. Whatever is due next runs next; an invocation gives way at each of its SDK calls."""

import heapq
from collections.abc import Callable
from typing import Any

from greenlet import GreenletExit, greenlet

Action = Callable[[], None]


class Task:
    """One strand of an invocation: a greenlet that is resumed by time, by another strand, or never again."""

    __slots__ = ("dead", "invocation", "strand")

    def __init__(self, strand: greenlet, invocation: Any) -> None:
        self.strand = strand
        self.invocation = invocation
        self.dead = False


class Scheduler:
    """An event queue in milliseconds. Equal times run in the order they were asked for, so a run can be repeated."""

    def __init__(self, start_ms: int) -> None:
        self.now = start_ms
        self.steps = 0
        self.current: Task | None = None
        self._queue: list[tuple[int, int, Action]] = []
        self._ticket = 0
        self._hub = greenlet.getcurrent()

    @property
    def idle(self) -> bool:
        return not self._queue

    def at(self, moment: int, action: Action) -> None:
        self._ticket += 1
        heapq.heappush(self._queue, (max(moment, self.now), self._ticket, action))

    def after(self, delay_ms: int, action: Action) -> None:
        self._ticket += 1
        heapq.heappush(self._queue, (self.now + delay_ms, self._ticket, action))

    def run(self, until: int | None = None, max_steps: int = 1_000_000) -> None:
        """Run what is due, until `until`, until nothing is left, or until the steps are used up."""
        queue = self._queue
        while queue and self.steps < max_steps:
            moment = queue[0][0]
            if until is not None and moment > until:
                break
            self.now = moment
            self.steps += 1
            heapq.heappop(queue)[2]()
        if until is not None and self.now < until:
            self.now = until

    def spawn(self, work: Action, invocation: Any) -> Task:
        """A new strand of `invocation`, to run at once after what runs now."""
        task = Task(greenlet(work, parent=self._hub), invocation)
        self.after(0, lambda: self._resume(task))
        return task

    def sleep(self, delay_ms: int) -> None:
        """Give way for `delay_ms`. A strand whose invocation runs out of time meanwhile never wakes up."""
        task = self.current
        if task is None:
            self.now += delay_ms
            return
        invocation = task.invocation
        if self.now + delay_ms >= invocation.deadline:
            self.at(invocation.deadline, invocation.time_out)
        else:
            self.after(delay_ms, lambda: self._resume(task))
        self._hub.switch()

    def park(self) -> None:
        """Give way until another strand wakes this one."""
        self._hub.switch()

    def wake(self, task: Task) -> None:
        self.after(0, lambda: self._resume(task))

    def leave(self, request: Action) -> None:
        """Give way for good, and have `request` done outside of every strand."""
        self._hub.switch(request)

    def kill(self, task: Task) -> None:
        """End a strand where it gave way: nothing after that point has an effect any more."""
        task.dead = True
        if task.strand:
            task.strand.throw(GreenletExit)

    def _resume(self, task: Task) -> None:
        if task.dead:
            return
        self.current = task
        request = task.strand.switch()
        self.current = None
        if callable(request):
            request()

"""Lambda's queue for asynchronous invocation of one function, with its retries.

Developer Guide, How Lambda handles errors and retries with asynchronous invocation: a function error is retried twice
by default, after one minute and after two; an event older than its maximum age is not invoked again; what is given up
goes to the on-failure destination.
"""

import heapq
import itertools
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from local_stack.errors import StackClosedError
from local_stack.functions.function_spec import FunctionSpec
from local_stack.functions.sandbox import Outcome

RETRY_DELAYS_SECONDS = (60.0, 120.0)


@dataclass(frozen=True)
class QueuedEvent:
    """One accepted event. `attempts` counts the ones that failed."""

    payload: bytes
    accepted_at: float
    request_id: str
    attempts: int = 0
    last: Outcome | None = None


@dataclass(frozen=True)
class AsyncHooks:
    """What the queue asks of its surroundings."""

    invoke: Callable[[str, bytes, str], Outcome]
    """Function, payload, request id: every attempt of one event has the same."""
    retrying: Callable[[FunctionSpec, QueuedEvent, float], None]
    gave_up: Callable[[FunctionSpec, QueuedEvent, str], None]
    """The condition: RetriesExhausted or EventAgeExceeded."""


class AsyncQueue:
    """Workers as many as the function may have environments, so a queued event never waits behind one that could run
    beside it."""

    def __init__(self, spec: FunctionSpec, workers: int, delay_scale: float, hooks: AsyncHooks) -> None:
        self._spec, self._delay_scale, self._hooks = spec, delay_scale, hooks
        self._due: list[tuple[float, int, QueuedEvent]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._closed = False
        self._running = 0
        self._workers = workers
        self._threads: list[threading.Thread] = []

    def put(self, payload: bytes) -> str:
        """Accept an event, at once and whatever the function is doing; returns its request id."""
        event = QueuedEvent(payload, time.time(), str(uuid.uuid4()))
        self._schedule(event, 0.0)
        return event.request_id

    @property
    def waiting(self) -> int:
        """Events accepted and not yet done, those between two attempts included."""
        with self._changed:
            return len(self._due) + self._running

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _schedule(self, event: QueuedEvent, delay: float) -> None:
        with self._changed:
            if self._closed:
                return
            heapq.heappush(self._due, (time.monotonic() + delay, next(self._order), event))
            self._changed.notify()
            if len(self._threads) < self._workers and self._running + len(self._due) > len(self._threads):
                thread = threading.Thread(target=self._work, name=f"async-{self._spec.name}", daemon=True)
                self._threads.append(thread)
                thread.start()

    def _next(self) -> QueuedEvent | None:
        with self._changed:
            while not self._closed:
                if not self._due:
                    self._changed.wait()
                elif (delay := self._due[0][0] - time.monotonic()) > 0:
                    self._changed.wait(delay)
                else:
                    self._running += 1
                    return heapq.heappop(self._due)[2]
        return None

    def _work(self) -> None:
        while (event := self._next()) is not None:
            try:
                self._attempt(event)
            except StackClosedError:
                return
            finally:
                with self._changed:
                    self._running -= 1

    def _attempt(self, event: QueuedEvent) -> None:
        limits = self._spec.asynchronous
        if time.time() - event.accepted_at > limits.max_age_seconds:
            self._hooks.gave_up(self._spec, event, "EventAgeExceeded")
            return
        outcome = self._hooks.invoke(self._spec.name, event.payload, event.request_id)
        if outcome.error_type is None:
            return
        failed = QueuedEvent(event.payload, event.accepted_at, event.request_id, event.attempts + 1, outcome)
        if failed.attempts > limits.max_retries:
            self._hooks.gave_up(self._spec, failed, "RetriesExhausted")
            return
        delay = RETRY_DELAYS_SECONDS[min(failed.attempts, len(RETRY_DELAYS_SECONDS)) - 1] * self._delay_scale
        self._hooks.retrying(self._spec, failed, delay)
        self._schedule(failed, delay)

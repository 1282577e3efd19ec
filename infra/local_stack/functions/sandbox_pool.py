"""The execution environments of one function: created when needed, up to its concurrency, the warmest first."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from local_stack.errors import StackClosedError
from local_stack.functions.sandbox import Outcome, Sandbox


class SandboxPool:
    """At most `limit` events at a time (Developer Guide, Configuring reserved concurrency). A limit of 0, or a pause,
    admits none."""

    def __init__(self, limit: int, new_sandbox: Callable[[], Sandbox]) -> None:
        self._limit = limit
        self._new_sandbox = new_sandbox
        self._idle: list[Sandbox] = []
        self._all: list[Sandbox] = []
        self._changed = threading.Condition()
        self._paused = self._closed = False

    def invoke(self, payload: bytes, request_id: str) -> Outcome:
        """Waits for a free environment. Raises StackClosedError when there will never be one."""
        sandbox = self._acquire()
        try:
            outcome = sandbox.invoke(payload, request_id)
        finally:
            with self._changed:
                self._idle.append(sandbox)
                self._changed.notify()
        if self._closed and outcome.error_type:
            raise StackClosedError  # the environment was killed under the event: no failure of the function
        return outcome

    @property
    def admits(self) -> bool:
        """Whether an event that comes now can ever run without a change of settings."""
        return self._limit > 0 and not self._paused

    def pause(self) -> None:
        """As if reserved concurrency were set to 0: running events finish, waiting and new ones wait."""
        with self._changed:
            self._paused = True

    def resume(self) -> None:
        with self._changed:
            self._paused = False
            self._changed.notify_all()

    def close(self) -> None:
        """Kill everything, running or not. Whoever waits gets StackClosedError."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            doomed = list(self._all)
        if doomed:
            with ThreadPoolExecutor(len(doomed)) as killers:
                list(killers.map(Sandbox.close, doomed))

    def _acquire(self) -> Sandbox:
        with self._changed:
            self._changed.wait_for(
                lambda: self._closed or (self.admits and (self._idle or len(self._all) < self._limit))
            )
            if self._closed:
                raise StackClosedError
            if self._idle:
                return self._idle.pop()
            sandbox = self._new_sandbox()
            self._all.append(sandbox)
            return sandbox

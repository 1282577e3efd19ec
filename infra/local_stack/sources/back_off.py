"""Waiting between attempts of a poller, and being told to stop meanwhile."""

import threading


class BackOff:
    """Doubles from `first` to `longest` seconds. Lambda's pollers retry with exponential back-off; their delays are not
    documented."""

    def __init__(self, stop: threading.Event, first: float = 0.2, longest: float = 5.0) -> None:
        self._stop, self._first, self._longest = stop, first, longest
        self._next = first

    def reset(self) -> None:
        self._next = self._first

    def wait(self) -> bool:
        """False when the stack is closing and there is no point in another attempt."""
        delay, self._next = self._next, min(self._next * 2, self._longest)
        return not self._stop.wait(delay)

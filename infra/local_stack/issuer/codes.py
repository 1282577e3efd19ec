"""What is handed out once, for a short time, and taken back once."""

import secrets
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

ValueT = TypeVar("ValueT")
_MOST = 10_000


class SingleUse(Generic[ValueT]):
    """Names that nobody guesses, each good for one use within `seconds`."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._kept: dict[str, tuple[float, ValueT]] = {}
        self._lock = threading.Lock()

    def give(self, value: ValueT) -> str:
        name = secrets.token_urlsafe(32)
        with self._lock:
            now = self._clock()
            self._kept = {each: kept for each, kept in self._kept.items() if kept[0] > now}
            while len(self._kept) >= _MOST:
                del self._kept[next(iter(self._kept))]
            self._kept[name] = (now + self._seconds, value)
        return name

    def take(self, name: str) -> ValueT | None:
        """None: it was never given, has been used, or is too old."""
        with self._lock:
            until, value = self._kept.pop(name, (0.0, None))
            return value if until > self._clock() else None

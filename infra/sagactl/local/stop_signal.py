"""Ctrl-C as a request: it interrupts the start, ends the wait, and never tears through the cleaning up."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopSignal:
    """Within the block, SIGINT and SIGTERM set `requested`; until `settled`, the first one also raises
    KeyboardInterrupt.
    """

    def __init__(self) -> None:
        self.requested = threading.Event()
        self._interrupts = True
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            self._previous[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def settled(self) -> None:
        """From here on, whoever is in the block looks at `requested` instead of being interrupted."""
        self._interrupts = False
        if self.requested.is_set():
            raise KeyboardInterrupt

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        first = not self.requested.is_set()
        self.requested.set()
        if first and self._interrupts:
            raise KeyboardInterrupt

"""A thread of the stack that works until it is told to stop."""

import threading
from abc import ABC, abstractmethod
from typing import Protocol


class Source(Protocol):
    """Something that feeds functions: `stop` asks it to take nothing more, `close` waits until it has ended."""

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def close(self) -> None: ...


class BackgroundThread(ABC):
    """`work` is given by a subclass and returns soon once `_stop` is set. `stop` asks, `close` waits as well."""

    def __init__(self, name: str) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.work, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def close(self) -> None:
        """Also of one that was never started."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    @abstractmethod
    def work(self) -> None:
        """Runs in the thread."""

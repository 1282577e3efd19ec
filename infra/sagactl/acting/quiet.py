"""What a command tells of itself while the engine's own code works for it: nothing."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Quiet:
    """The command shows what it is told, and rings an alarm of its own: there is nothing to log or to count."""

    def count(self, name: str, value: int = 1) -> None: ...

    def measure(self, name: str, value: int, **dimensions: str) -> None: ...

    def gauge(self, name: str, value: int) -> None: ...

    def info(self, message: str, **fields: Any) -> None: ...

    def warn(self, message: str, **fields: Any) -> None: ...

    def together(self) -> AbstractContextManager[None]:
        return nullcontext()

    def flush(self) -> None: ...

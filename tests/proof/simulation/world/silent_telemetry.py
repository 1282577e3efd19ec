"""Telemetry that keeps quiet: nothing is printed, but what would be is searched for users' data."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final, Protocol

from tests.proof.simulation.world.scenario import CANARY


class Listener(Protocol):
    trace: bool

    def note(self, line: str) -> None: ...

    def fail(self, identity: str, wrong: str) -> None: ...


ACCOUNTS: Final = frozenset(
    ("EventsApplied", "EarlyEvents", "DuplicateEvents", "LateEvents", "RejectedEvents", "Tombstones", "ForeignEvents")
)
"""The metrics of which every record of an event function counts towards exactly one."""


class SilentTelemetry:
    """Stands where `Telemetry` stands. `accounted`: what the metrics say has become of records, since last taken."""

    __slots__ = ("_listener", "accounted")

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self.accounted = 0

    def count(self, name: str, value: int = 1) -> None:
        """Metrics hold numbers only."""
        if name in ACCOUNTS:
            self.accounted += value

    def take_accounted(self) -> int:
        accounted, self.accounted = self.accounted, 0
        return accounted

    def measure(self, name: str, value: int, **dimensions: str) -> None:
        """No saga of these has steps that wait."""

    def gauge(self, name: str, value: int) -> None:
        """Metrics hold numbers only."""

    def info(self, message: str, **fields: Any) -> None:
        self._line(message, fields)

    def warn(self, message: str, **fields: Any) -> None:
        self._line(message, fields)

    def _line(self, message: str, fields: dict[str, Any]) -> None:
        text = f"{message} {fields}"
        if CANARY in text:
            self._listener.fail("S16", f"a log line carries users' data: {message}")
        if self._listener.trace:
            self._listener.note(f"log {text}")

    def together(self) -> AbstractContextManager[None]:
        return nullcontext()

    def flush(self) -> None:
        """Nothing was kept."""

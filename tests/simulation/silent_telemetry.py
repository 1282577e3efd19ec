"""Telemetry that keeps quiet: nothing is printed, but what would be is searched for users' data."""

from typing import Any, Protocol

from tests.simulation.scenario import CANARY


class Listener(Protocol):
    trace: bool

    def note(self, line: str) -> None: ...

    def fail(self, identity: str, wrong: str) -> None: ...


class SilentTelemetry:
    """Stands where `Telemetry` stands."""

    __slots__ = ("_listener",)

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    def count(self, name: str, value: int = 1) -> None:
        """Metrics hold numbers only."""

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

    def flush(self) -> None:
        """Nothing was kept."""

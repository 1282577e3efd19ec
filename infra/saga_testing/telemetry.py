"""Telemetry that records instead of printing."""

from collections import Counter
from contextlib import AbstractContextManager, nullcontext
from typing import Any


class RecordingTelemetry:
    """What was counted, and how often each line was said. Fields are not kept: ten thousand deployments have many."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.lines: Counter[str] = Counter()

    def count(self, name: str, value: int = 1) -> None:
        self.counts[name] += value

    def measure(self, name: str, value: int, **dimensions: str) -> None:
        self.counts[" ".join((*dimensions.values(), name))] += value

    def gauge(self, name: str, value: int) -> None:
        self.counts[name] = value

    def info(self, message: str, **_fields: Any) -> None:
        self.lines[message] += 1

    def warn(self, message: str, **_fields: Any) -> None:
        self.lines[message] += 1

    def together(self) -> AbstractContextManager[None]:
        return nullcontext()

    def flush(self) -> None:
        """Nothing to write."""

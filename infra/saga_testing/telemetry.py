"""Telemetry that records instead of printing."""

from collections import Counter
from typing import Any


class QuietTelemetry:
    """Counts and nothing else: log lines of ten thousand deployments help nobody."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def count(self, name: str, value: int = 1) -> None:
        self.counts[name] += value

    def gauge(self, name: str, value: int) -> None:
        self.counts[name] = value

    def info(self, message: str, **fields: Any) -> None:
        """Not kept."""

    def warn(self, message: str, **fields: Any) -> None:
        """Not kept."""

    def flush(self) -> None:
        """Nothing to write."""

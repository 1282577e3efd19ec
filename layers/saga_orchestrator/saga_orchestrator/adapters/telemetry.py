"""Logs and metrics: JSON lines and CloudWatch's embedded metric format on standard output, no calls to AWS."""

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit


@dataclass
class Telemetry:
    """Counts across threads, one metric line an invocation; log fields are ids and codes, never users' data."""

    logger: Logger
    metrics: Metrics
    _counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, name: str, value: int = 1) -> None:
        if value:
            with self._lock:
                self._counts[name] += value

    def gauge(self, name: str, value: int) -> None:
        """Report a value as it is, zero included."""
        with self._lock:
            self._counts[name] = value

    def info(self, message: str, **fields: Any) -> None:
        self.logger.info(message, extra=fields)

    def warn(self, message: str, **fields: Any) -> None:
        self.logger.warning(message, extra=fields)

    def flush(self) -> None:
        """Write what was counted. Called before the handler returns: Lambda gives no time afterwards."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        for name, value in counts.items():
            self.metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
        if counts:
            self.metrics.flush_metrics()

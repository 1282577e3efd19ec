"""Logs and metrics: JSON lines and CloudWatch's embedded metric format on standard output, no calls to AWS."""

import json
import logging
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any, Final

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.metrics.functions import is_metrics_disabled

from .log_line import LogLine, PlainRecord

MOST_HELD: Final = 100
"""Lines: what a process that is killed would not have told."""

_COMPACT: Final = json.JSONEncoder(separators=(",", ":"))


@dataclass
class Telemetry:
    """Counts across threads, one metric line an invocation; log fields are ids and codes, never users' data."""

    logger: Logger
    metrics: Metrics
    _counts: dict[str, int] = field(default_factory=dict)
    _measures: dict[tuple[tuple[str, str], ...], dict[str, list[int]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _holding: bool = False
    _held: deque[PlainRecord] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._log = logging.getLogger(self.logger.name)  # which Powertools sets up

    def count(self, name: str, value: int = 1) -> None:
        if value:
            with self._lock:
                self._counts[name] = self._counts.get(name, 0) + value

    def gauge(self, name: str, value: int) -> None:
        """Report a value as it is, zero included."""
        with self._lock:
            self._counts[name] = value

    def measure(self, name: str, value: int, **dimensions: str) -> None:
        """By the definition's names alone: whatever a user sends must not make a metric of its own, which is billed."""
        with self._lock:
            self._measures.setdefault((*dimensions.items(),), {}).setdefault(name, []).append(value)

    def info(self, message: str, **fields: Any) -> None:
        if not self._log.isEnabledFor(logging.INFO):
            return
        line = PlainRecord(self._log.name, logging.INFO, message, fields)
        if not self._holding:
            self.logger.registered_handler.handle(line)
            return
        self._held.append(line)
        if len(self._held) >= MOST_HELD:
            self._tell_held()

    def warn(self, message: str, **fields: Any) -> None:
        self.logger.warning(message, extra=fields)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Sentences are held back, warnings are not: each line keeps the time at which it was said."""
        self._holding = True
        try:
            yield
        finally:
            self._holding = False
            self._tell_held()

    def _tell_held(self) -> None:
        # Taken one by one, so that a line which another thread adds meanwhile is told here or by that thread.
        while True:
            try:
                line = self._held.popleft()
            except IndexError:
                return
            self.logger.registered_handler.handle(line)

    def flush(self) -> None:
        """Write what was counted. Called before the handler returns: Lambda gives no time afterwards."""
        self._tell_held()  # of a thread that was told to stop, and was still at its last one
        with self._lock:
            counts, self._counts = self._counts, {}
            measures, self._measures = self._measures, {}
        if not (counts or measures) or is_metrics_disabled():
            return
        if counts:
            # The set goes to Powertools whole: adding one metric after the other costs four times as much.
            line = self.metrics.serialize_metric_set(metrics={name: _counted(n) for name, n in counts.items()})
            print(_COMPACT.encode(line))  # noqa: T201 - where Lambda reads metrics
        for dimensions, values in measures.items():
            self._print_measures(dict(dimensions), values)

    def _print_measures(self, dimensions: dict[str, str], values: dict[str, list[int]]) -> None:
        line = self.metrics.serialize_metric_set(
            metrics={name: _measured(name, each) for name, each in values.items()},
            dimensions={**self.metrics.dimension_set, **dimensions},
        )
        first, *others = dimensions
        if len(others) > 1:
            # Not all together: each outcome in each language would be billed as a metric.
            sets = [[*self.metrics.dimension_set, first, other] for other in others]
            line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] = sets
        print(_COMPACT.encode(line))  # noqa: T201 - as above


def telemetry(namespace: str, *, service: str | None = None, stream: IO[str] | None = None) -> Telemetry:
    """As functions log and count: the service's name comes from Powertools' own variable unless it is given."""
    logger = Logger(service=service, stream=stream, location=None, logger_formatter=LogLine())
    return Telemetry(logger, Metrics(namespace=namespace))


def _measured(name: str, values: list[int]) -> dict[str, Any]:
    if name.endswith(("Duration", "Latency")):
        # CloudWatch takes a hundred values a line; a batch has no more records.
        return {"Unit": MetricUnit.Milliseconds.value, "StorageResolution": 60, "Value": [*map(float, values[:100])]}
    return _counted(sum(values))


def _counted(value: int) -> dict[str, Any]:
    return {"Unit": MetricUnit.Count.value, "StorageResolution": 60, "Value": [float(value)]}

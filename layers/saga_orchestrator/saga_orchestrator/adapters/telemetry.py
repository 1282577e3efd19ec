"""Logs and metrics: JSON lines and CloudWatch's embedded metric format on standard output, no calls to AWS."""

import logging
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any, Final

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.metrics.functions import is_metrics_disabled
from pydantic_core import to_json

from .log_line import LogLine, PlainRecord

MOST_HELD: Final = 100
"""Lines: what a process that is killed would not have told."""

MOST_KEPT: Final = 256
"""Kinds of metric lines. Which there are is said by this code and by definitions, but a batch mixes its counts."""

Dimensions = tuple[tuple[str, str], ...]


@dataclass
class Telemetry:
    """Counts across threads, one metric line an invocation; log fields are ids and codes, never users' data."""

    logger: Logger
    metrics: Metrics
    _counts: dict[str, int] = field(default_factory=dict)
    _measures: dict[Dimensions, dict[str, list[int]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _holding: bool = False
    _held: deque[PlainRecord] = field(default_factory=deque)
    _kept: dict[tuple[Dimensions | None, tuple[str, ...]], dict[str, Any]] = field(default_factory=dict)
    """Metric lines as Powertools made them, which differ in their time and values alone; without dimensions a count."""

    def __post_init__(self) -> None:
        self._log = logging.getLogger(self.logger.name)  # which Powertools sets up
        self._uncounted = is_metrics_disabled()

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
            self._write([line])
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
        lines: list[PlainRecord] = []
        while self._held:
            try:
                lines.append(self._held.popleft())
            except IndexError:
                break
        if lines:
            self._write(lines)

    def _write(self, lines: Sequence[PlainRecord]) -> None:
        """All in one go, as their handler would write each: flushing costs as much as a line."""
        handler: logging.StreamHandler[IO[str]] = self.logger.registered_handler  # type: ignore[assignment]  # it is one
        try:
            text = "".join([f"{handler.format(line)}{handler.terminator}" for line in lines])
            with handler.lock or self._lock:
                handler.stream.write(text)
                handler.flush()
        except Exception:  # noqa: BLE001 - logging's own rule: what cannot be told ends no work
            for line in lines:
                handler.handle(line)  # which says what is wrong with it

    def flush(self) -> None:
        """Write what was counted. Called before the handler returns: Lambda gives no time afterwards."""
        self._tell_held()  # of a thread that was told to stop, and was still at its last one
        with self._lock:
            counts, self._counts = self._counts, {}
            measures, self._measures = self._measures, {}
        if self._uncounted:
            return
        lines = [self._metric_line(None, {name: [float(count)] for name, count in counts.items()})] if counts else []
        lines += [
            self._metric_line(dimensions, {name: _told(name, each) for name, each in values.items()})
            for dimensions, values in measures.items()
        ]
        if lines:
            print("\n".join(lines))  # noqa: T201 - where Lambda reads metrics

    def _metric_line(self, dimensions: Dimensions | None, values: Mapping[str, list[float]]) -> str:
        kind = (dimensions, (*values,))
        line = self._kept.get(kind)
        if line is None:
            line = self._made(dict(dimensions or ()), values, counted=dimensions is None)
            if len(self._kept) < MOST_KEPT:
                self._kept[kind] = line
        line |= values
        line["_aws"]["Timestamp"] = int(time.time() * 1000)
        return to_json(line).decode()

    def _made(self, dimensions: dict[str, str], values: Mapping[str, list[float]], *, counted: bool) -> dict[str, Any]:
        """A line of Powertools, whole: adding one metric after the other costs four times as much."""
        metrics = {
            name: {"Unit": (_COUNT if counted else _unit(name)).value, "StorageResolution": 60, "Value": each}
            for name, each in values.items()
        }
        of_all = self.metrics.dimension_set
        line: dict[str, Any] = {**self.metrics.serialize_metric_set(metrics, {**of_all, **dimensions})}
        if len(dimensions) > 2:
            # Not all together: each outcome in each language would be billed as a metric.
            first, *others = dimensions
            sets = [[*of_all, first, other] for other in others]
            line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] = sets
        return line


def telemetry(namespace: str, *, service: str | None = None, stream: IO[str] | None = None) -> Telemetry:
    """As functions log and count: the service's name comes from Powertools' own variable unless it is given."""
    logger = Logger(service=service, stream=stream, location=None, logger_formatter=LogLine())
    metrics = Metrics(namespace=namespace)
    if metrics.service and "service" not in metrics.dimension_set:
        metrics.add_dimension("service", metrics.service)  # Powertools does so too, with its first line
    return Telemetry(logger, metrics)


_COUNT: Final = MetricUnit.Count


def _is_time(name: str) -> bool:
    return name.endswith(("Duration", "Latency"))


def _unit(name: str) -> MetricUnit:
    return MetricUnit.Milliseconds if _is_time(name) else _COUNT


def _told(name: str, values: list[int]) -> list[float]:
    """Of times each, of numbers their sum. CloudWatch takes a hundred values a line; a batch has no more records."""
    return [*map(float, values[:100])] if _is_time(name) else [float(sum(values))]

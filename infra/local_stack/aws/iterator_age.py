"""How far the reader of a stream is behind, as Lambda measures it: the metric IteratorAge (Developer Guide, Types of
metrics for Lambda functions: "the age of the last record in the event", in milliseconds)."""

import time
from datetime import UTC, datetime

from moto.cloudwatch.models import cloudwatch_backends

_PAUSE_SECONDS = 1.0


class IteratorAge:
    """Told of each batch by one thread. Into the emulator directly: its API is not for metrics of AWS's own."""

    def __init__(self, function: str, stream_arn: str) -> None:
        _, _, _, self._region, self._account, _ = stream_arn.split(":", 5)
        self._function, self._next = function, 0.0

    def measured(self, seconds: float) -> None:
        """At most one figure a second is kept, since the emulator forgets none."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _PAUSE_SECONDS
        figure = {
            "MetricName": "IteratorAge",
            "Dimensions": [{"Name": "FunctionName", "Value": self._function}],
            "Timestamp": datetime.now(UTC).replace(tzinfo=None),
            "Value": max(0, round(seconds * 1000)),
            "Unit": "Milliseconds",
        }
        cloudwatch_backends[self._account][self._region].put_metric_data("AWS/Lambda", [figure])

"""How far the relay is behind the table's stream, as AWS measures it."""

from datetime import UTC, datetime, timedelta

from sagactl.deployment import Deployment
from sagactl.errors import REFUSALS

_WINDOW = timedelta(minutes=5)
_NOT_YET = timedelta(minutes=1)
"""So that the minute that has just begun counts too."""


def relay_lag(stack: Deployment) -> float | None:
    """Seconds that the oldest record of the slowest relay's newest minute had waited.

    None where nothing tells: no record for five minutes, or no permission. A figure that is missing must not keep
    anybody from what was asked.
    """
    return max((lag for each in stack.relay_functions if (lag := _lag_of(stack, each)) is not None), default=None)


def _lag_of(stack: Deployment, function: str) -> float | None:
    now = datetime.now(UTC)
    try:
        found = stack.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName="IteratorAge",
            Dimensions=[{"Name": "FunctionName", "Value": function}],
            StartTime=now - _WINDOW,
            EndTime=now + _NOT_YET,
            Period=60,
            Statistics=["Maximum"],
        )
    except REFUSALS:
        return None
    points = sorted(found["Datapoints"], key=lambda point: point["Timestamp"])
    return float(points[-1]["Maximum"]) / 1000 if points else None

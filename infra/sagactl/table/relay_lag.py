"""How far the relay is behind the table's stream, as AWS measures it."""

from datetime import UTC, datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from sagactl.deployment import Deployment

_WINDOW = timedelta(minutes=5)


def relay_lag(stack: Deployment) -> float | None:
    """Seconds that the oldest record of the relay's newest minute had waited.

    None where nothing tells: no record for five minutes, no permission, or a stack on this machine, which keeps no
    such metric. A figure that is missing must not keep anybody from what was asked.
    """
    now = datetime.now(UTC)
    try:
        found = stack.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName="IteratorAge",
            Dimensions=[{"Name": "FunctionName", "Value": stack.relay_function}],
            StartTime=now - _WINDOW,
            EndTime=now,
            Period=60,
            Statistics=["Maximum"],
        )
    except (ClientError, BotoCoreError):
        return None
    points = sorted(found["Datapoints"], key=lambda point: point["Timestamp"])
    return float(points[-1]["Maximum"]) / 1000 if points else None

"""The alarm that rings whenever somebody goes past every other door."""

from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from saga_orchestrator.adapters.aws_errors import code_of
from sagactl.deployment import Deployment
from sagactl.errors import REFUSALS
from sagactl.outlet import tell

METRIC = "BreakGlassUsed"
_NAMESPACE = "SagaOrchestrator"
_REFUSALS = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})


def ring(stack: Deployment) -> None:
    """Before anything is done. Whoever may not ring it may not break the glass either; a CloudWatch that is down keeps
    nobody from repairing, for the act itself is on record.
    """
    try:
        stack.client("cloudwatch").put_metric_data(Namespace=_NAMESPACE, MetricData=[_counted(stack)])
    except REFUSALS as error:
        if isinstance(error, ClientError) and code_of(error) in _REFUSALS:
            raise
        tell(f"the alarm could not be rung ({type(error).__name__}): tell whoever should know")


def _counted(stack: Deployment) -> dict[str, Any]:
    return {
        "MetricName": METRIC,
        "Dimensions": [{"Name": "service", "Value": stack.stack_name}],
        "Timestamp": datetime.now(UTC),
        "Value": 1.0,
        "Unit": "Count",
    }

"""What a template declares and nobody here enforces can be asked for as on AWS: a stack's resources, and its alarms."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.cloudformation.models import Stack, cloudformation_backends
from moto.cloudwatch.models import cloudwatch_backends

from local_stack.aws.moto_repairs.state import STATE


@dataclass(frozen=True)
class StackResource:
    """Under the names by which moto's answer to ListStackResources asks for them."""

    logical_resource_id: str
    physical_resource_id: str
    cf_resource_type: str


def tell_resources(account: str, region: str, stack_name: str, resources: Iterable[StackResource]) -> None:
    """ "Returns descriptions of all resources of the specified stack" (API Reference, ListStackResources). The stack's
    are made before it and not by moto, so that moto knows of none."""
    with STATE:
        stacks = cloudformation_backends[account][region].stacks.values()
        (stack,) = [stack for stack in stacks if stack.name == stack_name]
        # A class of its own, since the property stands on the class, and the other stacks of a process keep theirs.
        told = type("ToldStack", (Stack,), {"stack_resources": list(resources)})
        stack.__class__ = told


def declare_alarm(account: str, region: str, name: str, properties: Mapping[str, Any]) -> None:
    """Known to DescribeAlarms; nothing evaluates it, so it stays in the state in which AWS makes one."""
    with STATE:
        cloudwatch_backends[account][region].put_metric_alarm(
            name=name,
            namespace=str(properties.get("Namespace", "")),
            metric_name=str(properties.get("MetricName", "")),
            comparison_operator=str(properties.get("ComparisonOperator", "")),
            evaluation_periods=int(properties.get("EvaluationPeriods", 1)),
            period=int(properties.get("Period", 60)),
            threshold=float(properties.get("Threshold", 0)),
            statistic=str(properties.get("Statistic", "")),
            description=str(properties.get("AlarmDescription", "")),
            dimensions=[],
            alarm_actions=list(properties.get("AlarmActions", [])),
            ok_actions=list(properties.get("OKActions", [])),
        )

"""Two stacks in one account and region, and the longest stack name: whatever AWS is told to call something."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.release.template.deployment import MSK, PEOPLE, PROVISIONED, SELF_MANAGED, deploy

ONE, OTHER = "one", "other"
LONGEST = "s" * 128
"""CloudFormation's limit for a stack's name."""

LIMITS = {
    "AlarmName": 255,
    "BucketName": 63,
    "ConsumerGroupId": 200,
    "DashboardName": 255,
    "FunctionName": 64,
    "LayerName": 140,
    "LogGroupName": 512,
    "ManagedPolicyName": 128,
    "PollerGroupName": 128,
    "QueueName": 80,
    "RoleName": 64,
    "TableName": 255,
}
"""By property, from the services' API models."""
LIMITS_OF_NAME = {
    "AWS::ApiGatewayV2::Api": 128,
    "AWS::ApiGatewayV2::Authorizer": 128,
    "AWS::Events::EventBus": 256,
    "AWS::Scheduler::Schedule": 64,
    "AWS::Events::Rule": 64,
}
INSIDE_ANOTHER = {"PolicyName", "IndexName", "AttributeName", "MetricName", "StageName"}
"""Unique within a role, a table, an API or a namespace alone; metrics carry the stack's name as their dimension."""

COMBINATIONS: tuple[dict[str, str], ...] = (
    {},
    MSK,
    SELF_MANAGED,
    {**MSK, **SELF_MANAGED, **PROVISIONED, "TopicLayout": "shared"},
    {
        **MSK,
        **SELF_MANAGED,
        **PROVISIONED,
        "EncryptionKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/abc",
        "AttachBusPolicy": "false",
        "InlineScriptMaxBytes": "1",
        "KafkaTargetBootstrap": "b:9092",
        "KafkaTargetSecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:kafka-x",
        "KafkaTargetSubnetIds": "subnet-1",
        "Tracing": "Active",
        **PEOPLE,
    },
)


def complaints(template: Path) -> Iterator[str]:
    """Names that a second stack would have too, and names that are too long for AWS."""
    for parameters in COMBINATIONS:
        yield from _shared(template, parameters)
        yield from _too_long(template, parameters)


def _shared(template: Path, parameters: dict[str, str]) -> Iterator[str]:
    other = dict(_names(template, parameters, OTHER))
    for place, name in _names(template, parameters, ONE):
        if other[place] == name:
            yield f"{place}: two stacks would both call it {name}"


def _too_long(template: Path, parameters: dict[str, str]) -> Iterator[str]:
    types = {name: resource.type for name, resource in deploy(parameters, template).resolved.resources.items()}
    for place, name in _names(template, parameters, LONGEST):
        kind = place.rpartition(".")[2]
        limit = LIMITS_OF_NAME.get(types[place.partition(".")[0]]) if kind == "Name" else LIMITS.get(kind)
        if limit is None:
            yield f"{place}: nobody knows how long it may be"
        elif len(name) > limit:
            yield f"{place}: {len(name)} characters, and {limit} are allowed"


def _names(template: Path, parameters: dict[str, str], stack: str) -> Iterator[tuple[str, str]]:
    """Every physical name that the template gives, by its place. References to other resources are none."""
    deployed = deploy(parameters, template, stack)
    for logical_id in deployed.resolved.resources:
        yield from _named(logical_id, deployed.properties[logical_id])


def _named(place: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            gives_a_name = re.fullmatch(r"\w*Name|ConsumerGroupId", key) and key not in INSIDE_ANOTHER
            if gives_a_name and isinstance(item, str) and not item.startswith("<"):
                if not _is_a_dimension(value):
                    yield f"{place}.{key}", item
            else:
                yield from _named(f"{place}.{key}", item)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _named(f"{place}[{position}]", item)


def _is_a_dimension(value: dict[str, Any]) -> bool:
    return value.keys() == {"Name", "Value"}

"""Event source mappings as the template declares them (AWS::Lambda::EventSourceMapping)."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_stack.aws import function_name_of
from local_stack.errors import UnsupportedResource
from local_stack.functions import Destinations, service_of
from local_stack.registry import RegistryConfig, registry_of
from local_stack.sources import event_pattern

TYPE = "AWS::Lambda::EventSourceMapping"
INFINITE = -1
LARGEST_RECEIVE = 10
"""API Reference, ReceiveMessage, MaxNumberOfMessages."""


@dataclass(frozen=True)
class FailurePolicy:
    """How failed records are treated. API Reference, CreateEventSourceMapping: attempts and age are infinite (-1)
    unless set."""

    max_retries: int = INFINITE
    max_age_seconds: int = INFINITE
    bisect: bool = False
    partial_responses: bool = False
    on_failure: str | None = None


@dataclass(frozen=True)
class StreamMapping:
    """A DynamoDB stream feeds a function."""

    mapping_id: str
    function: str
    stream_arn: str
    batch_size: int
    window_seconds: float
    starting_position: str
    filters: tuple[Mapping[str, Any], ...]
    policy: FailurePolicy


@dataclass(frozen=True)
class KafkaMapping:
    """A Kafka topic feeds a function. `cluster_arn` is set for MSK, `bootstrap` for a self-managed cluster."""

    mapping_id: str
    function: str
    topic: str
    group: str
    cluster_arn: str | None
    bootstrap: str | None
    batch_size: int
    window_seconds: float | None
    starting_position: str
    starting_timestamp: float | None
    filters: tuple[Mapping[str, Any], ...]
    policy: FailurePolicy
    provisioned: bool
    registry: RegistryConfig | None = None
    logical_id: str = ""
    """The template's."""


@dataclass(frozen=True)
class QueueMapping:
    """An SQS queue feeds a function."""

    mapping_id: str
    function: str
    queue_arn: str
    queue_url: str
    batch_size: int
    max_concurrency: int | None
    partial_responses: bool


def mapping_of(logical_id: str, properties: Mapping[str, Any]) -> StreamMapping | KafkaMapping | QueueMapping | None:
    """None when the mapping is disabled. Raises UnsupportedResource for a source that nothing here polls."""
    if not _is_true(properties.get("Enabled", True)):
        return None
    source = properties.get("EventSourceArn")
    mapping_id = str(uuid.uuid4())
    if source and service_of(source) == "dynamodb":
        return _stream(mapping_id, logical_id, source, properties)
    if source and service_of(source) == "sqs":
        return _queue(mapping_id, logical_id, source, properties)
    if source and service_of(source) != "kafka":
        raise UnsupportedResource(TYPE, logical_id, f"the local stack does not poll {service_of(source)}")
    return _kafka(mapping_id, logical_id, source, properties)


def _stream(mapping_id: str, logical_id: str, source: str, properties: Mapping[str, Any]) -> StreamMapping:
    return StreamMapping(
        mapping_id=mapping_id,
        function=function_name_of(properties["FunctionName"]),
        stream_arn=source,
        batch_size=int(properties.get("BatchSize", 100)),
        window_seconds=float(properties.get("MaximumBatchingWindowInSeconds", 0)),
        starting_position=properties.get("StartingPosition", "LATEST"),
        filters=_filters(logical_id, properties),
        policy=_policy(logical_id, properties),
    )


def _queue(mapping_id: str, logical_id: str, source: str, properties: Mapping[str, Any]) -> QueueMapping:
    """Where the queue is reached whoever provides it says."""
    batch_size = int(properties.get("BatchSize", 10))
    window = float(properties.get("MaximumBatchingWindowInSeconds", 0))
    if batch_size > LARGEST_RECEIVE or window or "FilterCriteria" in properties or source.endswith(".fifo"):
        raise UnsupportedResource(
            TYPE, logical_id, "the local stack polls standard queues, ten messages at a time, unfiltered and at once"
        )
    concurrency = properties.get("ScalingConfig", {}).get("MaximumConcurrency")
    return QueueMapping(
        mapping_id=mapping_id,
        function=function_name_of(properties["FunctionName"]),
        queue_arn=source,
        queue_url="",
        batch_size=batch_size,
        max_concurrency=None if concurrency is None else int(concurrency),
        partial_responses="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", ()),
    )


def _kafka(mapping_id: str, logical_id: str, source: str | None, properties: Mapping[str, Any]) -> KafkaMapping:
    config = (
        properties.get("AmazonManagedKafkaEventSourceConfig")
        or properties.get("SelfManagedKafkaEventSourceConfig")
        or {}
    )
    if config.get("ConsumptionMode", "Stream") != "Stream":
        raise UnsupportedResource(TYPE, logical_id, "the local stack reads Kafka without share groups")
    window = properties.get("MaximumBatchingWindowInSeconds")
    return KafkaMapping(
        mapping_id=mapping_id,
        function=function_name_of(properties["FunctionName"]),
        topic=properties["Topics"][0],
        group=config.get("ConsumerGroupId") or mapping_id,
        cluster_arn=source,
        bootstrap=None
        if source
        else ",".join(properties["SelfManagedEventSource"]["Endpoints"]["KafkaBootstrapServers"]),
        batch_size=int(properties.get("BatchSize", 100)),
        window_seconds=None if window is None else float(window),
        starting_position=properties.get("StartingPosition", "TRIM_HORIZON"),
        starting_timestamp=float(properties["StartingPositionTimestamp"])
        if "StartingPositionTimestamp" in properties
        else None,
        filters=_filters(logical_id, properties),
        policy=_policy(logical_id, properties),
        provisioned=bool(properties.get("ProvisionedPollerConfig")),
        registry=registry_of(config),
        logical_id=logical_id,
    )


def _policy(logical_id: str, properties: Mapping[str, Any]) -> FailurePolicy:
    on_failure = properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    if on_failure and (on_failure.startswith("kafka:") or service_of(on_failure) not in Destinations.SERVICES):
        raise UnsupportedResource(TYPE, logical_id, f"the local stack has no on-failure destination {on_failure}")
    return FailurePolicy(
        max_retries=int(properties.get("MaximumRetryAttempts", INFINITE)),
        max_age_seconds=int(properties.get("MaximumRecordAgeInSeconds", INFINITE)),
        bisect=_is_true(properties.get("BisectBatchOnFunctionError", False)),
        partial_responses="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", ()),
        on_failure=on_failure,
    )


def _filters(logical_id: str, properties: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    patterns = tuple(json.loads(one["Pattern"]) for one in properties.get("FilterCriteria", {}).get("Filters", ()))
    for pattern in patterns:
        try:
            event_pattern.check(pattern)
        except event_pattern.UnsupportedPatternError as exc:
            raise UnsupportedResource(TYPE, logical_id, f"filter: {exc}") from exc
    return patterns


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"

"""Creates what the template declares, one small function per resource type; a type that none of them knows stops the
start.

moto's own CloudFormation skips what it does not know and says CREATE_COMPLETE, which is why it is not used for this.
"""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from local_stack.aws import AwsClients, declare_alarm, function_name_of
from local_stack.errors import BrokenTemplate, UnsupportedResource
from local_stack.functions import (
    MAX_ASYNC_AGE_DEFAULT,
    MAX_ASYNC_ATTEMPTS_DEFAULT,
    AsyncConfig,
    Destinations,
    FunctionSpec,
    service_of,
)
from local_stack.sources import KafkaMapping, QueueMapping, StreamMapping, mapping_of, schedule_of
from local_stack.template.dependencies import creation_order
from local_stack.template.expansion import FunctionCode
from local_stack.template.http_api import HTTP_API_TYPES, provision_http_api
from local_stack.template.intrinsics import ResolvedTemplate, Resource, resolve
from local_stack.template.inventory import ACCOUNT, Physical, Provisioned

#: Types that describe permissions, packaging or watching. The template's tests assert on them; nothing here enforces or
#: evaluates them.
DECLARED_ONLY: Mapping[str, str] = {
    "AWS::CloudWatch::CompositeAlarm": "alarm",
    "AWS::CloudWatch::Dashboard": "dashboard",
    "AWS::Events::Archive": "archive",
    "AWS::Events::EventBusPolicy": "policy",
    "AWS::IAM::ManagedPolicy": "policy",
    "AWS::IAM::Policy": "policy",
    "AWS::IAM::Role": "role",
    "AWS::KMS::Alias": "alias",
    "AWS::KMS::Key": "key",
    "AWS::Lambda::LayerVersion": "layer",
    "AWS::Lambda::Permission": "permission",
    "AWS::Logs::LogGroup": "log-group",
    "AWS::Logs::MetricFilter": "metric-filter",
    "AWS::Logs::QueryDefinition": "query-definition",
    "AWS::S3::BucketPolicy": "policy",
    "AWS::SNS::TopicPolicy": "policy",
    "AWS::SQS::QueuePolicy": "policy",
}

_QUEUE_ATTRIBUTES = (
    "ContentBasedDeduplication",
    "DelaySeconds",
    "FifoQueue",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "VisibilityTimeout",
)


@dataclass(frozen=True)
class _Context:
    """What a provisioner needs: clients, names, the code of functions, and the inventory so far."""

    clients: AwsClients
    stack_name: str
    code: Mapping[str, FunctionCode]
    made: Provisioned

    def name(self, properties: Mapping[str, Any], key: str, logical_id: str, longest: int = 255) -> str:
        """As CloudFormation: the given name, else one from stack and logical id, of which the stack's is cut."""
        return str(properties.get(key) or f"{self.stack_name[: longest - 1 - len(logical_id)]}-{logical_id}")

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.clients.region}:{ACCOUNT}:{resource}"


_Provisioner = Callable[[_Context, Resource, Mapping[str, Any]], Physical]


def check_supported(template: ResolvedTemplate) -> None:
    """Raises UnsupportedResource before anything is created."""
    for resource in template.resources.values():
        if resource.type not in _PROVISIONERS and resource.type not in DECLARED_ONLY:
            raise UnsupportedResource(resource.type, resource.logical_id)


def provision(
    template: ResolvedTemplate,
    code: Mapping[str, FunctionCode],
    clients: AwsClients,
    stack_name: str,
    made: Provisioned,
) -> None:
    """Create everything in the order of the references, into `made`. Functions, mappings and schedules are only
    described. Raises BrokenTemplate for a resource that AWS would refuse to create."""
    check_supported(template)
    context = _Context(clients, stack_name, code, made)
    for logical_id in creation_order(template.resources):
        resource = template.resources[logical_id]
        properties = resolve(resource.properties, context.made.lookup)
        create = _PROVISIONERS.get(resource.type, _declare)
        try:
            context.made.physical[logical_id] = create(context, resource, properties)
        except KeyError as error:
            raise BrokenTemplate(f"{logical_id} ({resource.type}) needs the property {error.args[0]}") from error
        except (ClientError, ParamValidationError, AttributeError, TypeError, ValueError) as error:
            raise BrokenTemplate(f"{logical_id} ({resource.type}) cannot be created: {error}") from error
    made.outputs.update({name: str(resolve(value, made.lookup)) for name, value in template.outputs.items()})


def _declare(context: _Context, resource: Resource, properties: Mapping[str, Any]) -> Physical:
    kind = DECLARED_ONLY[resource.type]
    name = next(
        (str(value) for key, value in properties.items() if key.endswith("Name") and isinstance(value, str)), None
    )
    name = name or f"{context.stack_name}-{resource.logical_id}"
    service = resource.type.split("::")[1].lower()
    return Physical(name, {"Arn": context.arn(service, f"{kind}/{name}")})


def _table(context: _Context, resource: Resource, properties: Mapping[str, Any]) -> Physical:
    dynamodb = context.clients("dynamodb")
    name = context.name(properties, "TableName", resource.logical_id)
    stream = properties.get("StreamSpecification")
    indexes = [
        {key: index[key] for key in ("IndexName", "KeySchema", "Projection")}
        for index in properties.get("GlobalSecondaryIndexes", ())
    ]
    description = dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=properties["AttributeDefinitions"],
        KeySchema=properties["KeySchema"],
        BillingMode="PAY_PER_REQUEST",
        **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
        **({"StreamSpecification": {"StreamEnabled": True, **stream}} if stream else {}),
    )["TableDescription"]
    ttl = properties.get("TimeToLiveSpecification", {})
    if _is_true(ttl.get("Enabled", False)):
        specification = {"Enabled": True, "AttributeName": ttl["AttributeName"]}
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=specification)
    if _is_true(properties.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled", False)):
        dynamodb.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
    context.made.tables.append(name)
    return Physical(name, {"Arn": description["TableArn"], "StreamArn": description.get("LatestStreamArn", "")})


def _bucket(context: _Context, resource: Resource, properties: Mapping[str, Any]) -> Physical:
    name = str(properties.get("BucketName") or f"{context.stack_name}-{resource.logical_id}-{ACCOUNT}").lower()
    region = context.clients.region
    # us-east-1 is the one region that must not be named (API Reference, CreateBucket).
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    context.clients("s3").create_bucket(Bucket=name, **where)
    if properties.get("VersioningConfiguration", {}).get("Status") == "Enabled":
        context.clients("s3").put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return Physical(name, {"Arn": f"arn:aws:s3:::{name}", "DomainName": f"{name}.s3.amazonaws.com"})


def _queue(context: _Context, resource: Resource, properties: Mapping[str, Any]) -> Physical:
    name = context.name(properties, "QueueName", resource.logical_id, 80)
    attributes = {key: str(properties[key]) for key in _QUEUE_ATTRIBUTES if key in properties}
    if redrive := properties.get("RedrivePolicy"):
        attributes["RedrivePolicy"] = json.dumps(redrive)
    url = context.clients("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return Physical(url, {"Arn": context.arn("sqs", name), "QueueName": name, "QueueUrl": url})


def _topic(context: _Context, resource: Resource, properties: Mapping[str, Any]) -> Physical:
    name = context.name(properties, "TopicName", resource.logical_id)
    arn = context.clients("sns").create_topic(Name=name)["TopicArn"]
    return Physical(arn, {"TopicArn": arn, "TopicName": name})


def _event_bus(context: _Context, resource: Resource, properties: Mapping[str, Any]) -> Physical:
    name = context.name(properties, "Name", resource.logical_id)
    arn = context.clients("events").create_event_bus(Name=name)["EventBusArn"]
    return Physical(name, {"Arn": arn, "Name": name})


def _rule(context: _Context, resource: Resource, properties: Mapping[str, Any]) -> Physical:
    if "EventPattern" not in properties:
        raise UnsupportedResource(
            resource.type, resource.logical_id, "the local stack runs schedules of EventBridge Scheduler, not of rules"
        )
    name = context.name(properties, "Name", resource.logical_id, 64)
    bus = properties.get("EventBusName", "default")
    events = context.clients("events")
    state = properties.get("State", "ENABLED")
    arn = events.put_rule(
        Name=name, EventBusName=bus, EventPattern=json.dumps(properties["EventPattern"]), State=state
    )["RuleArn"]
    targets = [_target(resource, one) for one in properties.get("Targets", ())]
    if targets:
        events.put_targets(Rule=name, EventBusName=bus, Targets=targets)
    return Physical(name, {"Arn": arn})


def _target(resource: Resource, properties: Mapping[str, Any]) -> dict[str, Any]:
    if any(key.startswith("Input") for key in properties):
        raise UnsupportedResource(
            resource.type, resource.logical_id, "the local stack passes events to targets as they are"
        )
    target = {key: properties[key] for key in ("Id", "Arn", "DeadLetterConfig") if key in properties}
    if policy := properties.get("RetryPolicy"):
        target["RetryPolicy"] = {key: int(value) for key, value in policy.items()}
    return target


def _function(context: _Context, resource: Resource, properties: Mapping[str, Any]) -> Physical:
    name = context.name(properties, "FunctionName", resource.logical_id, 64)
    code = context.code[resource.logical_id]
    reserved = properties.get("ReservedConcurrentExecutions")
    spec = FunctionSpec(
        name=name,
        logical_id=resource.logical_id,
        arn=context.arn("lambda", f"function:{name}"),
        handler=properties["Handler"],
        code_dir=code.directory.resolve(),
        layer_dirs=tuple(layer.resolve() for layer in code.layers),
        environment={
            key: _text(value) for key, value in properties.get("Environment", {}).get("Variables", {}).items()
        },
        timeout_seconds=int(properties.get("Timeout", 3)),
        memory_mb=int(properties.get("MemorySize", 128)),
        reserved_concurrency=None if reserved is None else int(reserved),
        log_format=properties.get("LoggingConfig", {}).get("LogFormat", "Text"),
    )
    context.made.functions[name] = spec
    return Physical(name, {"Arn": spec.arn})


def _event_invoke_config(context: _Context, resource: Resource, properties: Mapping[str, Any]) -> Physical:
    name = function_name_of(properties["FunctionName"])
    destinations = properties.get("DestinationConfig", {})
    on_failure = destinations.get("OnFailure", {}).get("Destination")
    if "OnSuccess" in destinations or (on_failure and service_of(on_failure) not in Destinations.SERVICES):
        raise UnsupportedResource(
            resource.type, resource.logical_id, "the local stack knows on-failure destinations S3, SQS and SNS alone"
        )
    config = AsyncConfig(
        max_retries=int(properties.get("MaximumRetryAttempts", MAX_ASYNC_ATTEMPTS_DEFAULT)),
        max_age_seconds=int(properties.get("MaximumEventAgeInSeconds", MAX_ASYNC_AGE_DEFAULT)),
        on_failure=on_failure,
    )
    context.made.functions[name] = replace(context.made.functions[name], asynchronous=config)
    return Physical(f"{name}/$LATEST")


def _mapping(context: _Context, resource: Resource, properties: Mapping[str, Any]) -> Physical:
    mapping = mapping_of(resource.logical_id, properties)
    if isinstance(mapping, StreamMapping):
        context.made.streams.append(mapping)
    elif isinstance(mapping, KafkaMapping):
        context.made.kafka.append(mapping)
    elif isinstance(mapping, QueueMapping):
        url = context.clients("sqs").get_queue_url(QueueName=mapping.queue_arn.rsplit(":", 1)[-1])["QueueUrl"]
        context.made.queues.append(replace(mapping, queue_url=url))
    identifier = mapping.mapping_id if mapping else str(uuid.uuid4())
    context.made.mappings[identifier] = {
        "UUID": identifier,
        "FunctionArn": context.arn("lambda", f"function:{function_name_of(properties['FunctionName'])}"),
        "State": "Enabled" if mapping else "Disabled",
    }
    return Physical(identifier)


def _alarm(context: _Context, resource: Resource, properties: Mapping[str, Any]) -> Physical:
    name = context.name(properties, "AlarmName", resource.logical_id)
    declare_alarm(ACCOUNT, context.clients.region, name, properties)
    return Physical(name, {"Arn": context.arn("cloudwatch", f"alarm:{name}")})


def _schedule(context: _Context, resource: Resource, properties: Mapping[str, Any]) -> Physical:
    name = context.name(properties, "Name", resource.logical_id)
    schedule = schedule_of(resource.logical_id, name, context.arn("scheduler", f"schedule/default/{name}"), properties)
    if schedule is not None:
        context.made.schedules.append(schedule)
    # Kept by the emulator too, which fires none: so that it can be asked for.
    context.clients("scheduler").create_schedule(
        Name=name,
        ScheduleExpression=properties["ScheduleExpression"],
        FlexibleTimeWindow={"Mode": "OFF"},
        State=properties.get("State", "ENABLED"),
        Target={
            "Arn": properties["Target"]["Arn"],
            "RoleArn": properties["Target"].get("RoleArn", context.arn("iam", "role/none")),
        },
    )
    return Physical(name, {"Arn": context.arn("scheduler", f"schedule/default/{name}")})


def _http_api(context: _Context, resource: Resource, properties: Mapping[str, Any]) -> Physical:
    return provision_http_api(context.made, resource, properties)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"


_PROVISIONERS: Mapping[str, _Provisioner] = {
    **dict.fromkeys(HTTP_API_TYPES, _http_api),
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::DynamoDB::Table": _table,
    "AWS::Events::EventBus": _event_bus,
    "AWS::Events::Rule": _rule,
    "AWS::Lambda::EventInvokeConfig": _event_invoke_config,
    "AWS::Lambda::EventSourceMapping": _mapping,
    "AWS::Lambda::Function": _function,
    "AWS::S3::Bucket": _bucket,
    "AWS::SNS::Topic": _topic,
    "AWS::SQS::Queue": _queue,
    "AWS::Scheduler::Schedule": _schedule,
}

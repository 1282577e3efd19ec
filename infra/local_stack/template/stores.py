"""Tables, buckets, queues and topics, as the template declares them."""

import json
from collections.abc import Mapping
from typing import Any

from local_stack.template.context import Context
from local_stack.template.intrinsics import Resource
from local_stack.template.inventory import ACCOUNT, Physical

_QUEUE_ATTRIBUTES = (
    "ContentBasedDeduplication",
    "DelaySeconds",
    "FifoQueue",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "VisibilityTimeout",
)


def table(context: Context, resource: Resource, properties: Mapping[str, Any]) -> Physical:
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


def bucket(context: Context, resource: Resource, properties: Mapping[str, Any]) -> Physical:
    name = str(properties.get("BucketName") or f"{context.stack_name}-{resource.logical_id}-{ACCOUNT}").lower()
    region = context.clients.region
    # us-east-1 is the one region that must not be named (API Reference, CreateBucket).
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    context.clients("s3").create_bucket(Bucket=name, **where)
    if properties.get("VersioningConfiguration", {}).get("Status") == "Enabled":
        context.clients("s3").put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return Physical(name, {"Arn": f"arn:aws:s3:::{name}", "DomainName": f"{name}.s3.amazonaws.com"})


def queue(context: Context, resource: Resource, properties: Mapping[str, Any]) -> Physical:
    name = context.name(properties, "QueueName", resource.logical_id, 80)
    attributes = {key: str(properties[key]) for key in _QUEUE_ATTRIBUTES if key in properties}
    if redrive := properties.get("RedrivePolicy"):
        attributes["RedrivePolicy"] = json.dumps(redrive)
    url = context.clients("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return Physical(url, {"Arn": context.arn("sqs", name), "QueueName": name, "QueueUrl": url})


def topic(context: Context, resource: Resource, properties: Mapping[str, Any]) -> Physical:
    name = context.name(properties, "TopicName", resource.logical_id)
    arn = context.clients("sns").create_topic(Name=name)["TopicArn"]
    return Physical(arn, {"TopicArn": arn, "TopicName": name})


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"

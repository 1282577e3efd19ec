"""Buses, rules, mappings and schedules: whatever leads events to a function."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from local_stack.aws import function_name_of
from local_stack.errors import UnsupportedResource
from local_stack.sources import KafkaMapping, QueueMapping, StreamMapping, mapping_of, schedule_of
from local_stack.template.context import Context
from local_stack.template.intrinsics import Resource
from local_stack.template.inventory import Physical


def event_bus(context: Context, resource: Resource, properties: Mapping[str, Any]) -> Physical:
    name = context.name(properties, "Name", resource.logical_id)
    arn = context.clients("events").create_event_bus(Name=name)["EventBusArn"]
    return Physical(name, {"Arn": arn, "Name": name})


def rule(context: Context, resource: Resource, properties: Mapping[str, Any]) -> Physical:
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


def mapping(context: Context, resource: Resource, properties: Mapping[str, Any]) -> Physical:
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


def schedule(context: Context, resource: Resource, properties: Mapping[str, Any]) -> Physical:
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

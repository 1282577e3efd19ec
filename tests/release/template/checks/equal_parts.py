"""What takes events is one contract for every event type: what differs but the name stands here with its reason."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from saga_orchestrator.domain.events import EventType
from tests.release.template.checks import differences
from tests.release.template.deployment import MSK, ORDER_EVENTS, PROVISIONED, SAGA_EVENT, SELF_MANAGED, deploy

MODEL = EventType.COMPLETED
"""The one that the others are compared with: it has nothing of its own."""

SAGAS, REPLIES = "SAGA_EVENT", "COMMAND_REPLY"
OF_A_TOPIC = {"OwnTopicPolicy", "OwnMskMapping", "OwnKafkaMapping"}
"""Lambda reads one topic for a mapping, so a function of several types has these once for each of them."""
STATEMENTS = "OwnFunctionRole.Policies[0].PolicyDocument.Statement"
REASONS: dict[tuple[str, str], str] = {
    **{(event, "OwnFunction.Description"): "says what this event does to a saga" for event in (SAGAS, REPLIES)},
    **{
        (event, "OwnFunction.Environment.Variables.EVENT_TYPE_ALIAS"): "another type stands for one of six alone"
        for event in (SAGAS, REPLIES)
    },
    **{
        (event, f"{mapping}.FilterCriteria"): "what has no type reaches the function through ORDER_PLACED's mappings"
        for event in ORDER_EVENTS[1:]
        for mapping in ("OwnMskMapping", "OwnKafkaMapping")
    },
    (SAGAS, f"{STATEMENTS}.ReadCounterShards"): "a saga that it starts may take a slot",
    (SAGAS, "OwnFunction.Environment.Variables.SAGA_SETTINGS"): "it alone begins sagas that have settings",
    (SAGAS, "OwnFunctionRule.EventPattern.source"): "operators cancel under a source of their own",
    (SAGAS, "OwnFunctionRule.EventPattern.detail-type"): "a parameter lists its types",
    (REPLIES, "OwnFunction.Environment.Variables.REPLY_SOURCES"): "participants may have sources of their own",
    (REPLIES, f"{STATEMENTS}.WriteSagas"): "an answer never makes a saga",
    (REPLIES, f"{STATEMENTS}.ReadCounterShards"): "a step that follows may take a slot",
    (REPLIES, f"{STATEMENTS}.ReadAndChangeSagas"): "it is judged by what is there, and changes that",
    **{(event, "OwnFunction.Description"): "says what this event does to a saga" for event in EventType},
    (EventType.REQUESTED, f"{STATEMENTS}.ReadCounterShards"): (
        "it alone takes a slot, and looks for a shard with room"
    ),
    **{
        (event, f"{STATEMENTS}.ReadSagasOfBatch"): "what begins a saga is put, and looks for none"
        for event in (EventType.REQUESTED, SAGAS)
    },
    (EventType.REQUESTED, f"{STATEMENTS}.StoreScript"): "scripts come with it",
    (EventType.REQUESTED, "OwnFunction.Environment.Variables.ALLOWED_IMAGES"): "requests alone name images",
    (EventType.REQUESTED, "OwnFunction.Environment.Variables.OPERATOR_SOURCE"): "room for the images in the 4 KB",
    (EventType.CANCELLED, "OwnFunctionRule.EventPattern.source"): "operators cancel under a source of their own",
}
EVERYTHING = {
    **MSK,
    **SELF_MANAGED,
    **PROVISIONED,
    "KafkaSecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:kafka-x",
    "KafkaSubnetId1": "subnet-1",
    "KafkaSecurityGroupId": "sg-1",
    "EventFunctionConcurrency": "7",
    "Tracing": "Active",
    "AlarmTopicArn": "arn:aws:sns:eu-central-1:123456789012:oncall",
    "EncryptionKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/abc",
    "TopicLayout": "shared",
    "SchemaRegistryUri": "https://registry.example",
    "AllowedImages": "python:3.11",
}


def complaints(template: Path) -> Iterator[str]:
    """Unexplained differences between one event's resources and the model's, and explanations of none."""
    unused = set(REASONS) - {(MODEL, "OwnFunction.Description")}
    for parameters in ({}, MSK, EVERYTHING):
        model = _parts(template, parameters, MODEL)
        for event in EventType:
            yield from _explained(event, _parts(template, parameters, event), model, unused)
        of_a_topic = {name: part for name, part in model.items() if name in OF_A_TOPIC}
        of_a_function = {name: part for name, part in model.items() if name not in OF_A_TOPIC}
        yield from _explained(REPLIES, _parts(template, parameters, REPLIES), model, unused)
        yield from _explained(SAGAS, _parts(template, parameters, SAGAS), of_a_function, unused)
        for order_event in ORDER_EVENTS:
            yield from _explained(order_event, _parts(template, parameters, order_event), of_a_topic, unused)
    yield from (f"{event}: {place} does not differ" for event, place in sorted(unused))


def _explained(event: str, parts: dict[str, Any], model: dict[str, Any], unused: set[tuple[str, str]]) -> Iterator[str]:
    for difference in differences("", parts, model):
        place = difference.removeprefix(".").partition(":")[0]
        explained = next((why for why in REASONS if why[0] == event and place.startswith(why[1])), None)
        if explained is None:
            yield f"{event}{difference}"
        else:
            unused.discard(explained)


def _parts(template: Path, parameters: dict[str, str], event: str) -> dict[str, Any]:
    """The event's own resources, by their own part of the name, with the event's name taken out of everything."""
    deployed = deploy(parameters, template)
    camel = "".join(part.title() for part in event.split("_"))
    own = {
        logical_id: {
            "type": resource.type,
            "depends on": list(resource.depends_on),
            **deployed.properties[logical_id],
        }
        for logical_id, resource in deployed.resolved.resources.items()
        if logical_id.startswith(camel)
    }
    text = json.dumps(own)
    if event in ORDER_EVENTS:
        text = text.replace(SAGA_EVENT, "OwnFunction")
    for spelling in (camel, event, event.lower(), event.lower().replace("_", "-")):
        text = text.replace(spelling, "Own")
    parts: dict[str, Any] = json.loads(text)
    for part in parts.values():
        part["depends on"].sort()
    return parts

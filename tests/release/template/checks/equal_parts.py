"""The six event functions are one contract six times: what differs but the name stands here with its reason."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from saga_orchestrator.domain.events import EventType
from tests.release.template.checks import differences
from tests.release.template.deployment import MSK, PROVISIONED, SELF_MANAGED, deploy

MODEL = EventType.COMPLETED
"""The one that the others are compared with: it has nothing of its own."""

REASONS = {
    **{(event, "OwnFunction.Description"): "says what this event does to a saga" for event in EventType},
    (EventType.REQUESTED, "OwnFunctionRole.Policies[0].PolicyDocument.Statement.ReadCounterShards"): (
        "it alone takes a slot, and looks for a shard with room"
    ),
    (EventType.REQUESTED, "OwnFunctionRole.Policies[0].PolicyDocument.Statement.StoreScript"): "scripts come with it",
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
            for difference in differences("", _parts(template, parameters, event), model):
                place = difference.removeprefix(".").partition(":")[0]
                explained = next((why for why in REASONS if why[0] == event and place.startswith(why[1])), None)
                if explained is None:
                    yield f"{event}{difference}"
                else:
                    unused.discard(explained)
    yield from (f"{event}: {place} does not differ" for event, place in sorted(unused))


def _parts(template: Path, parameters: dict[str, str], event: EventType) -> dict[str, Any]:
    """The event's own resources, by their own part of the name, with the event's name taken out of everything."""
    deployed = deploy(parameters, template)
    camel = "".join(part.title() for part in event.split("_"))
    own = {
        logical_id: {
            "type": resource.type,
            "depends on": sorted(resource.depends_on),
            **deployed.properties[logical_id],
        }
        for logical_id, resource in deployed.resolved.resources.items()
        if logical_id.startswith(camel)
    }
    text = json.dumps(own)
    for spelling in (camel, event, event.lower(), event.lower().replace("_", "-")):
        text = text.replace(spelling, "Own")
    parts: dict[str, Any] = json.loads(text)
    return parts

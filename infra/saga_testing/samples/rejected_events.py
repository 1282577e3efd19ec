"""Rejected events for tests of the door: kept by the functions themselves, or copied from such a one."""

import json
from collections.abc import Iterable
from typing import Any

from saga_orchestrator.adapters.rejected_events import item_id, object_key, open_kind
from saga_orchestrator.domain.instants import rfc3339
from saga_testing.deployment import Deployment
from saga_testing.lambda_context import Context
from saga_testing.samples.sample_events import event, eventbridge, kafka

Json = dict[str, Any]


def reject(stack: Deployment, detail: Json, over: str = "eventbridge") -> str:
    """Deliver what cannot work; the id under which it is kept."""
    delivery = kafka(detail) if over == "kafka" else eventbridge(detail)
    known = {each["id"] for each in stack.rejected()}
    stack.function(detail["event_type"]).run(delivery, Context())
    ((identifier),) = {each["id"] for each in stack.rejected()} - known
    return str(identifier)


def unknown_version(execution_id: str = "ex-1", event_type: str = "EXECUTION_REQUESTED") -> Json:
    return event(event_type, execution_id, event_version="9.9")


def mend(stack: Deployment, identifier: str, detail: Json) -> None:
    """As after a deployment that takes what the last one refused: here the bytes change instead of the code."""
    key = item(stack, identifier)["key"]["S"]
    stack.aws.s3.put_object(Bucket="payloads", Key=key, Body=json.dumps(eventbridge(detail)).encode())


def come_again(stack: Deployment, identifier: str) -> None:
    """The very same record, delivered once more."""
    content = stack.aws.s3.objects("payloads")[item(stack, identifier)["key"]["S"]]
    stack.function("EXECUTION_REQUESTED").run(json.loads(content), Context())


def item(stack: Deployment, identifier: str) -> Json:
    key = {"pk": {"S": f"rejected#{identifier}"}, "sk": {"S": "event"}}
    found: Json = stack.aws.dynamodb.get_item(TableName="operator", Key=key)["Item"]
    return found


def change(stack: Deployment, identifier: str, **attributes: Any) -> None:
    """As whoever may write the item could."""
    stack.aws.dynamodb.put_item(TableName="operator", Item={**item(stack, identifier), **attributes})


def store(stack: Deployment, places: Iterable[tuple[int, int, str]], **own: str) -> list[str]:
    """Items as a function writes them: (number, instant, reason); their ids."""
    found = []
    for number, at, reason in places:
        position = {"cluster": "b:9092", "partition": "execution_started-0", "offset": number}
        key = object_key("takes-started", "kafka", position, b"x")
        identifier = item_id(key)
        text = {
            "pk": f"rejected#{identifier}",
            "sk": "event",
            "kind": open_kind(identifier),
            "state": "open",
            "at": rfc3339(at),
            "last_at": rfc3339(at),
            "reason": reason,
            "detail": "execution_id: String should match a pattern",
            "source": "kafka",
            "function": "takes-started",
            "key": key,
            "position": json.dumps(position),
            "execution_id": f"ex-{number}",
            "event_type": "EXECUTION_STARTED",
            **own,
        }
        numbers = {"copies": {"N": "1"}, "size": {"N": "1"}}
        stack.aws.dynamodb.put_item(
            TableName="operator", Item={**{name: {"S": value} for name, value in text.items()}, **numbers}
        )
        found.append(identifier)
    return found

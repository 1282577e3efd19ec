"""Slots taken, and limits overridden, as tests ask for it."""

import json
from typing import Any

from saga_orchestrator.adapters.counters.counter_items import counter_key
from saga_orchestrator.domain.instants import rfc3339
from saga_testing.deployment import Deployment
from saga_testing.http_door import ADMIN, READER, HttpDoor, Told
from saga_testing.samples.sample_events import event

Json = dict[str, Any]
HOUR = 3_600_000


def run(stack: Deployment, *executions: str, **fields: Any) -> None:
    for execution_id in executions:
        stack.deliver(event("EXECUTION_REQUESTED", execution_id, **fields))


def head(stack: Deployment, language: str = "python") -> Json:
    found: Json = stack.aws.dynamodb.get_item(TableName="sagas", Key=counter_key(language, 0))["Item"]
    return found


def one(door: HttpDoor, language: str = "python") -> Json:
    told = door.get("slots/{language}", READER, path={"language": language})
    assert told.status == 200, told.body
    return told.json


def over_all(door: HttpDoor) -> Json:
    found: Json = door.get("slots", READER).json["all"]
    return found


def limiting(door: HttpDoor, verb: str, language: str = "python", who: str = ADMIN, **parts: Any) -> Told:
    """With the ETag as it is, unless another one is given."""
    if "if_match" not in parts:
        parts["if_match"] = (over_all(door) if language == "all" else one(door, language))["etag"]
    body = parts.pop("body", None)
    return door.posted(
        f"slots/{{language}}/{verb}", who, path={"language": language}, body=json.dumps(body or {}), **parts
    )


def until(stack: Deployment, millis: int = HOUR) -> str:
    return rfc3339(stack.now + millis)


def override(stack: Deployment, door: HttpDoor, limit: int, language: str = "python", **parts: Any) -> Told:
    body = {"limit": limit, "until": until(stack), "reason": "a rush"}
    return limiting(door, "override", language, **{"body": body, **parts})


def acts(stack: Deployment) -> list[str]:
    return [each["verb"]["S"] for each in stack.aws.dynamodb.scan(TableName="operator")["Items"]]


def state(stack: Deployment, execution_id: str) -> tuple[str, str | None]:
    saga = stack.saga(execution_id)
    assert saga is not None
    return str(saga.state), saga.reason

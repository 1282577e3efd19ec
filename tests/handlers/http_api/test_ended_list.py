"""What ended badly, the newest first: whatever had asked for something, and nothing that was refused at the door."""

import random
from dataclasses import replace
from typing import Any

import pytest

from saga_orchestrator.adapters.saga_codec import encode
from saga_orchestrator.domain.saga import MARK_SHARDS, Saga
from saga_testing.deployment import Deployment
from saga_testing.http_door import READER, HttpDoor
from saga_testing.samples.parked_orders import stuck_order
from saga_testing.samples.sample_events import event
from saga_testing.samples.sample_orders import order_event


def ended(door: HttpDoor, size: int = 50) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    token: str | None = None
    while True:
        query = {"order": "ended", "page_size": str(size), **({"page_token": token} if token else {})}
        told = door.get("sagas", READER, query=query)
        assert told.status == 200, told.body
        found += told.json["sagas"]
        token = told.json["next_page_token"]
        if token is None:
            return found


def failed(stack: Deployment, execution_id: str) -> Saga:
    for name in ("REQUESTED", "STARTED", "FAILED"):
        stack.deliver(event(f"EXECUTION_{name}", execution_id))
    saga = stack.saga(execution_id)
    assert saga is not None
    return saga


def test_it_holds_what_ended_badly_after_it_had_asked(stack: Deployment, door: HttpDoor) -> None:
    for name in ("COMPLETED", "FAILED", "TIMEOUT", "CANCELLED"):
        for each in ("REQUESTED", "STARTED", name):
            stack.deliver(event(f"EXECUTION_{each}", f"ex-{name.lower()}"))
        stack.now += 1000
    stack.deliver(event("EXECUTION_REQUESTED", "refused", language=7))
    stack.deliver(event("EXECUTION_REQUESTED", "running"))
    stack.deliver(order_event("PLACED"))

    shown = {each["execution_id"]: each["state"] for each in ended(door)}

    assert list(shown) == ["ex-cancelled", "ex-timeout", "ex-failed"]
    assert [shown[key] for key in shown] == ["cancelled", "timeout", "failed"]
    refused = stack.saga("refused")
    assert refused is not None
    assert (str(refused.state), refused.has_asked, refused.mark) == ("failed", False, None)


def test_what_is_parked_is_not_ended_and_leaves_its_mark_when_it_ends(stack: Deployment, door: HttpDoor) -> None:
    saga = stuck_order()
    assert saga.mark is not None
    assert saga.mark.startswith("parked#")

    stack.aws.dynamodb.put_item(TableName="sagas", Item=encode(saga))

    assert ended(door) == []


def test_the_mark_is_a_function_of_the_item(stack: Deployment) -> None:
    saga = failed(stack, "ex-1")
    stored = stack.aws.dynamodb.get_item(
        TableName="sagas", Key={"execution_id": {"S": "ex-1"}, "saga_name": {"S": "execution_saga"}}
    )["Item"]

    assert (stored["mark"]["S"], stored["mark_at"]["N"]) == (saga.mark, str(saga.ended_at))
    marks = {replace(saga, execution_id=f"ex-{number}").mark for number in range(200)}
    assert marks == {f"ended#{shard}" for shard in range(MARK_SHARDS)}


@pytest.mark.parametrize("size", [1, 7, 50])
@pytest.mark.parametrize("spread", [1, 3, 40], ids=["all at once", "a few moments", "many moments"])
def test_each_appears_once_and_the_newest_first_while_others_move(
    stack: Deployment, door: HttpDoor, size: int, spread: int
) -> None:
    rng = random.Random(size * spread)
    template = failed(stack, "template")
    stack.aws.dynamodb.delete_item(
        TableName="sagas", Key={"execution_id": {"S": "template"}, "saga_name": {"S": "execution_saga"}}
    )
    for number in range(40):
        saga = replace(template, execution_id=f"e-{number}", ended_at=stack.now + rng.randrange(spread))
        stack.aws.dynamodb.put_item(TableName="sagas", Item=encode(saga))

    query = {"order": "ended", "page_size": str(size)}
    first = door.get("sagas", READER, query=query).json
    newer = replace(template, execution_id="newer", ended_at=stack.now + 10_000)
    stack.aws.dynamodb.put_item(TableName="sagas", Item=encode(newer))
    shown, token = list(first["sagas"]), first["next_page_token"]
    while token is not None:
        page = door.get("sagas", READER, query={**query, "page_token": token}).json
        shown, token = shown + page["sagas"], page["next_page_token"]

    assert sorted(each["execution_id"] for each in shown) == sorted(f"e-{number}" for number in range(40))
    assert [each["ended_at"] for each in shown] == sorted((each["ended_at"] for each in shown), reverse=True)


def test_an_item_of_the_release_before_that_ended_without_a_mark_is_read_and_written(stack: Deployment) -> None:
    failed(stack, "ex-1")
    key = {"execution_id": {"S": "ex-1"}, "saga_name": {"S": "execution_saga"}}
    stack.aws.dynamodb.update_item(TableName="sagas", Key=key, UpdateExpression="REMOVE mark, mark_at")

    stack.deliver(event("EXECUTION_COMPLETED", "ex-1"))

    saga = stack.saga("ex-1")
    assert saga is not None
    assert (str(saga.state), len(saga.timeline)) == ("failed", 4)

"""What a saga has emitted is published again, on record: once a key, and whatever it meets, harmlessly."""

import json
from typing import Any

import pytest

from saga_testing.deployment import Deployment
from saga_testing.http_door import ADMIN, OPERATOR, READER, RELAY, HttpDoor, connect
from saga_testing.samples.sample_events import event

Json = dict[str, Any]


@pytest.fixture
def door(stack: Deployment) -> HttpDoor:
    connect(stack, stack.aws.functions)
    stack.deliver(event("EXECUTION_REQUESTED"))
    return HttpDoor(stack.at)


def acts(stack: Deployment) -> list[tuple[str, str]]:
    items = stack.aws.dynamodb.scan(TableName="operator")["Items"]
    return sorted((each["verb"]["S"], each.get("result", {}).get("S", "")) for each in items)


def test_the_relays_send_it_again_between_act_and_result(stack: Deployment, door: HttpDoor) -> None:
    seen: list[list[tuple[str, str]]] = []
    relaying = stack.aws.functions.handlers[RELAY]

    def looking(payload: Any) -> Any:
        seen.append(acts(stack))
        return relaying(payload)

    stack.aws.functions.handlers[RELAY] = looking
    told = door.act("republish", "ex-1")

    assert (told.status, told.json["replayed"]) == (200, False), told.body
    assert "execution_saga:ex-1:create_pod#1" in told.json["published"]
    assert stack.published_types().count("CREATE_POD_COMMAND") == 1
    assert seen == [[("republish", "")]]
    assert acts(stack) == [("republish", ""), ("republish", "republished")]
    again = door.act("republish", "ex-1")
    assert (again.json["replayed"], again.json["published"]) == (True, [])
    assert len(stack.aws.functions.called) == 1
    assert door.act("republish", "ex-1", body='{"reason":"x"}').code == "key_reused"


def test_a_relay_that_fails_leaves_the_same_key_to_do_it_again(stack: Deployment, door: HttpDoor) -> None:
    relaying = stack.aws.functions.handlers[RELAY]

    def failing(_payload: Any) -> Any:
        raise RuntimeError("Kn4rienV0gel")

    for broken in (failing, lambda _payload: None):
        stack.aws.functions.handlers[RELAY] = broken
        told = door.act("republish", "ex-1")
        assert (told.status, told.code) == (409, "function_failed")
        assert "Kn4rienV0gel" not in told.body
    assert acts(stack) == [("republish", "")]

    stack.aws.functions.handlers[RELAY] = relaying
    assert door.act("republish", "ex-1").json["published"]
    assert acts(stack) == [("republish", ""), ("republish", "republished")]


@pytest.mark.parametrize(
    ("arn", "key", "parts", "status", "code"),
    [
        (READER, "ex-1", {"body": "{"}, 403, "forbidden"),
        (OPERATOR, "nothing", {}, 404, "not_found"),
        (OPERATOR, "#counter#python#0", {}, 404, "not_found"),
        (OPERATOR, "ex-1", {"body": '{"since":"x"}'}, 400, "bad_body"),
        (OPERATOR, "ex-1", {"body": json.dumps({"reason": "x" * 201})}, 400, "malformed"),
        (OPERATOR, "ex-1", {"idempotency_key": None}, 400, "idempotency_key_needed"),
        (OPERATOR, "ex-1", {"idempotency_key": "k~result"}, 400, "malformed"),
        (ADMIN, "ex-1", {"if_match": '"v9-9"'}, 412, "changed"),
    ],
)
def test_whoever_is_refused_leaves_nothing_behind(
    stack: Deployment, door: HttpDoor, arn: str, key: str, parts: Json, status: int, code: str
) -> None:
    told = door.act("republish", key, arn=arn, **parts)

    assert (told.status, told.code) == (status, code)
    assert (acts(stack), stack.aws.functions.called) == ([], [])

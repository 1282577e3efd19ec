"""A redrive reads nothing but its own bytes, and goes nowhere but where they came from."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from saga_orchestrator.adapters.rejected_events import item_id, object_key
from saga_orchestrator.domain.secret import Secret
from saga_testing.deployment import Deployment
from saga_testing.http_door import ADMIN, RELAY, HttpDoor
from saga_testing.samples.rejected_events import change, item, mend, reject
from saga_testing.samples.sample_events import event, eventbridge
from saga_testing.samples.sample_orders import order_event
from tests.handlers.http_api.rejected.settled import acts, mended


def test_an_unauthorised_cancel_gains_nothing_by_coming_again(stack: Deployment, door: HttpDoor) -> None:
    stack.deliver(event("EXECUTION_REQUESTED"))
    stranger = event("EXECUTION_CANCELLED", "ex-1", cancelled_by="mallory")
    stranger["metadata"] = {**stranger["metadata"], "user_id": "mallory"}
    one = reject(stack, stranger)
    assert item(stack, one)["reason"]["S"] == "unauthorised_cancel"

    told = door.event("redrive", one, ADMIN)

    assert told.json["result"] == "rejected_again"
    assert stack.saga("ex-1").state == "running"  # type: ignore[union-attr]  # it is there
    assert [name for name, _ in stack.aws.functions.called] == ["takes-execution-cancelled"]


def _named(key: str) -> Callable[[Deployment, str], str]:
    """The item names `key`, under the id that such a key has."""

    def plant(stack: Deployment, one: str) -> str:
        identifier = item_id(key)
        stack.aws.dynamodb.put_item(
            TableName="operator",
            Item={**item(stack, one), "pk": {"S": f"rejected#{identifier}"}, "key": {"S": key}},
        )
        return identifier

    return plant


def _changed(**attributes: str) -> Callable[[Deployment, str], str]:
    def plant(stack: Deployment, one: str) -> str:
        change(stack, one, **{name: {"S": value} for name, value in attributes.items()})
        return one

    return plant


def _agreeing(*place: str) -> Callable[[Deployment, str], str]:
    """Key, source and position of an item that was made up agree with each other."""

    def plant(stack: Deployment, one: str) -> str:
        position = {str(number): part for number, part in enumerate(place)}
        key = object_key("under-test", "eventbridge", position, b"x")
        return _named(key)(stack, _changed(position=json.dumps(position))(stack, one))

    return plant


PLANTED = {
    "a script": _named("scripts/ex-1/0123"),
    "a script, as it would be kept": _changed(key="scripts/ex-1/0123"),
    "a key that goes up": _named("rejected/../scripts/ex-1/0123"),
    "a key that goes up, further down": _named("rejected/f/eventbridge/../../../scripts/0123"),
    "a key that goes up, and agrees with its place": _agreeing("..", "scripts"),
    "an on-failure object": _named("aws/lambda/async/f/x"),
    "another prefix that begins alike": _named("rejected-not/f/eventbridge/id/0123"),
    "nothing": _named("rejected"),
    "another event's object": _changed(key="rejected/under-test/eventbridge/other/0123456789abcdef"),
    "another place": _changed(position='{"id":"other"}'),
    "no place": _changed(position="["),
}


@pytest.mark.parametrize("plant", PLANTED.values(), ids=PLANTED)
def test_an_item_that_names_what_is_not_its_own_reads_nothing_and_gains_nothing(
    stack: Deployment, door: HttpDoor, plant: Callable[[Deployment, str], str]
) -> None:
    one = plant(stack, mended(stack))
    stack.aws.s3.put_object(
        Bucket="payloads", Key="scripts/ex-1/0123", Body=json.dumps(eventbridge(event("EXECUTION_REQUESTED"))).encode()
    )
    stack.wire.calls.clear()

    told = door.event("redrive", one, ADMIN)

    assert (told.status, told.code) == (409, "not_redrivable")
    assert (acts(stack), stack.aws.functions.called) == ([], [])
    assert "get_object" not in stack.wire.calls
    assert stack.saga("ex-1") is None


@pytest.mark.parametrize(
    "attributes",
    [
        {"function": {"S": "api"}},
        {"bucket": {"S": "elsewhere"}},
        {"source": {"S": "kafka"}},
        {"source": {"S": "stream"}},
        {"event_type": {"S": "EXECUTION_CANCELLED"}},
    ],
)
def test_a_redrive_goes_where_its_own_key_says(stack: Deployment, door: HttpDoor, attributes: dict[str, Any]) -> None:
    one = mended(stack)
    change(stack, one, **attributes)

    assert door.event("redrive", one).json["result"] == "redriven"
    assert [name for name, _ in stack.aws.functions.called] == ["takes-execution-requested"]


def test_the_api_itself_is_called_by_nothing(stack: Deployment, door: HttpDoor) -> None:
    """Nor is whatever else an invocation names: what implies no function of the stack is delivered to none."""
    stack.function("EXECUTION_REQUESTED").run({"detail-type": "api", "id": "x", "detail": 7}, None)
    (pointer,) = stack.rejected()

    told = door.event("redrive", pointer["id"])

    assert (told.status, told.code) == (409, "not_redrivable")
    assert stack.aws.functions.called == []


def test_what_another_sagas_functions_rejected_goes_back_to_them(stack: Deployment, door: HttpDoor) -> None:
    one = reject(stack, {**order_event("PLACED"), "event_version": "9.9"})
    mend(stack, one, order_event("PLACED"))

    assert door.event("redrive", one).json["result"] == "redriven"
    assert [name for name, _ in stack.aws.functions.called] == ["takes-events-of-sagas"]
    assert stack.saga("o-1", "order_saga") is not None


def test_what_a_relay_kept_is_published_again_through_the_relays(stack: Deployment, door: HttpDoor) -> None:
    stack.deliver(event("EXECUTION_REQUESTED"))
    kept = {"execution_id": {"S": "ex-1"}, "saga_name": {"S": "execution_saga"}}
    said = {"reason": "unpublishable_message", "detail": "refused", "rejected_at": "2026-01-01T00:00:00.000Z"}
    content = Secret(json.dumps(kept).encode())
    key = stack.at.rejected.keep(content, source="stream", position={"record": "7"}, **said)

    told = door.event("redrive", item_id(key))

    assert told.json["result"] == "redriven"
    assert [name for name, _ in stack.aws.functions.called] == [RELAY]
    assert "CREATE_POD_COMMAND" in stack.published_types()

"""Kafka batches look for their sagas in one read: fewer calls, and never another result than event by event."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from saga_orchestrator.application.apply_event import SagaWriter
from saga_orchestrator.domain.states import SagaState
from saga_testing.deployment import EXECUTIONS_AND_ORDERS, Deployment
from saga_testing.lambda_context import Context
from saga_testing.moto_world import World
from saga_testing.samples.sample_events import event, kafka
from saga_testing.samples.sample_orders import order_event, reply

NAMES = ("ex-1", "ex-2", "ex-3")
UPDATES = ["UpdateItem"] * 3


@pytest.fixture
def running(world: World) -> World:
    """Three executions were requested, each alone."""
    for name in NAMES:
        world.deliver(event("EXECUTION_REQUESTED", name))
    world.calls.clear()
    return world


def deliver(world: World, *details: Any) -> None:
    event_type = details[0]["event_type"]
    assert world.function(event_type).run(kafka(*details), Context()) is None


def states(world: World) -> list[SagaState]:
    return [saga.state for saga in (world.saga(name) for name in NAMES) if saga is not None]


def on_read(world: World, answer: Callable[[Any], Any]) -> None:
    """`answer` instead of the batch's read; it is given what makes that read."""
    client = world.at.sdk.dynamodb
    original = client._make_api_call

    def call(name: str, arguments: dict[str, Any]) -> Any:
        if name != "BatchGetItem":
            return original(name, arguments)
        return answer(lambda **changed: original(name, arguments | changed))

    client._make_api_call = call


def test_a_batch_is_one_read_and_one_write_for_each_event(running: World) -> None:
    deliver(running, *(event("EXECUTION_STARTED", name) for name in NAMES))

    assert running.data_calls() == ["BatchGetItem", *UPDATES]
    assert all(saga is not None and saga.has_started for saga in map(running.saga, NAMES))


def test_one_event_alone_is_put_as_ever(running: World) -> None:
    deliver(running, event("EXECUTION_STARTED", "ex-1"))

    assert running.data_calls() == ["PutItem", "UpdateItem"]


def test_what_begins_sagas_looks_for_none(world: World) -> None:
    deliver(world, *(event("EXECUTION_REQUESTED", name) for name in NAMES))

    assert "BatchGetItem" not in {name for name, arguments in world.calls if "#counter" not in str(arguments)}


def test_a_second_event_of_one_execution_goes_by_what_the_first_has_written(running: World) -> None:
    first, second = event("EXECUTION_STARTED", "ex-1"), event("EXECUTION_STARTED", "ex-1")

    deliver(running, first, event("EXECUTION_STARTED", "ex-2"), second)

    assert sorted(running.data_calls()) == ["BatchGetItem", "PutItem", "UpdateItem", "UpdateItem"]
    (read,) = [arguments for name, arguments in running.calls if name == "BatchGetItem"]
    keys = [key["execution_id"]["S"] for key in read["RequestItems"]["sagas"]["Keys"]]
    assert keys == ["ex-1", "ex-2"]
    assert read["RequestItems"]["sagas"]["ConsistentRead"] is True


def test_what_was_written_after_the_read_wins(running: World) -> None:
    def read_too_early(read: Callable[..., Any]) -> Any:
        reply = read()
        running.deliver(event("EXECUTION_COMPLETED", "ex-1"))
        return reply

    on_read(running, read_too_early)

    deliver(running, *(event("EXECUTION_FAILED", name) for name in NAMES))

    assert states(running) == [SagaState.COMPLETED, SagaState.FAILED, SagaState.FAILED]
    assert running.slots() == 0


def test_what_is_not_there_is_put(world: World) -> None:
    deliver(world, *(event("EXECUTION_COMPLETED", name) for name in NAMES))

    assert world.data_calls() == ["BatchGetItem", "PutItem", "PutItem", "PutItem"]
    assert states(world) == [SagaState.CREATED] * 3


def test_what_the_answer_leaves_out_is_found_one_by_one(running: World) -> None:
    on_read(running, lambda _read: {"Responses": {"sagas": []}, "UnprocessedKeys": {"sagas": {"Keys": ["all"]}}})

    deliver(running, *(event("EXECUTION_COMPLETED", name) for name in NAMES))

    assert running.data_calls().count("PutItem") == 3
    assert states(running) == [SagaState.COMPLETED] * 3


@pytest.mark.parametrize(
    "code", ["ProvisionedThroughputExceededException", "AccessDeniedException", "ValidationException"]
)
def test_a_read_that_fails_holds_up_nothing(running: World, code: str) -> None:
    def fail(_read: Callable[..., Any]) -> Any:
        raise ClientError({"Error": {"Code": code}}, "BatchGetItem")

    on_read(running, fail)

    deliver(running, *(event("EXECUTION_COMPLETED", name) for name in NAMES))

    assert states(running) == [SagaState.COMPLETED] * 3
    assert running.rejected() == []


@pytest.mark.parametrize("answer", [{}, {"Responses": []}, {"Responses": {"sagas": [{"execution_id": 5}]}}])
def test_an_answer_that_is_none_holds_up_nothing(running: World, answer: dict[str, Any]) -> None:
    on_read(running, lambda _read: answer)

    deliver(running, *(event("EXECUTION_COMPLETED", name) for name in NAMES))

    assert states(running) == [SagaState.COMPLETED] * 3


@pytest.mark.parametrize("execution_id", [None, 5, [], {}, "", "two words", "x" * 65, "\ud800"])
def test_an_id_that_is_none_spoils_the_read_of_no_other(running: World, execution_id: object) -> None:
    poison = event("EXECUTION_COMPLETED") | {"execution_id": execution_id}

    deliver(running, poison, *(event("EXECUTION_COMPLETED", name) for name in NAMES), b"no event", None)

    assert states(running) == [SagaState.COMPLETED] * 3
    assert "PutItem" not in running.data_calls()
    assert sorted(pointer["reason"] for pointer in running.rejected()) == ["malformed", "not_json"]


def test_a_saga_that_cannot_be_read_is_set_aside_alone(running: World) -> None:
    key = {"execution_id": {"S": "ex-2"}, "saga_name": {"S": "execution_saga"}}
    boto3.client("dynamodb").update_item(TableName="sagas", Key=key, UpdateExpression="REMOVE corr")

    deliver(running, *(event("EXECUTION_COMPLETED", name) for name in NAMES))

    assert [pointer["reason"] for pointer in running.rejected()] == ["corrupt_saga"]
    ended = [running.saga(name) for name in ("ex-1", "ex-3")]
    assert [saga.state for saga in ended if saga is not None] == [SagaState.COMPLETED] * 2


def test_more_than_a_hundred_are_read_by_the_hundred(world: World) -> None:
    deliver(world, *(event("EXECUTION_STARTED", f"ex-{number}") for number in range(201)))

    sizes = [
        len(arguments["RequestItems"]["sagas"]["Keys"]) for name, arguments in world.calls if name == "BatchGetItem"
    ]
    assert sorted(sizes) == [1, 100, 100]


def test_replies_of_a_batch_are_one_read_and_one_write_each(world: World) -> None:
    world.register(EXECUTIONS_AND_ORDERS)
    for order_id in NAMES:
        world.deliver(order_event("PLACED", order_id=order_id))
    world.calls.clear()
    stranger = reply("reserve_credit#1", order_id="o-9") | {"in_reply_to": "unknown_saga:o-9:reserve_credit#1"}

    deliver(world, *(reply("reserve_credit#1", order_id=order_id) for order_id in NAMES), stranger)

    assert [name for name in world.data_calls() if name != "UpdateItem"] == ["BatchGetItem"]
    asked = [world.saga(order_id, "order_saga") for order_id in NAMES]
    assert [saga.has_emitted("reserve_stock") for saga in asked if saga is not None] == [True] * 3
    assert [pointer["reason"] for pointer in world.rejected()] == ["never_sent"]


def test_an_event_that_comes_alone_is_decided_when_it_is_applied_and_not_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    ahead: list[object] = []
    monkeypatch.setattr(SagaWriter, "decide_ahead", lambda _self, signal, *_known: ahead.append(signal))
    stack = Deployment(sagas=EXECUTIONS_AND_ORDERS)

    for detail in (event("EXECUTION_REQUESTED"), order_event("PLACED"), reply("reserve_credit#1")):
        stack.deliver(detail)
    assert ahead == []

    stack.function("EXECUTION_REQUESTED").run(kafka(event("EXECUTION_REQUESTED", "ex-2")), Context())
    assert len(ahead) == 1

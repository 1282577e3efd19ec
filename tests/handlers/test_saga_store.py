"""The store's conditional writes: what each failure means, and that a lost reply is no second effect."""

import random
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from saga_orchestrator.adapters.saga_codec import decode, encode
from saga_orchestrator.adapters.saga_models import CounterItem, SagaItem, SagaReader, bind
from saga_orchestrator.adapters.saga_store import DynamoDbSagaStore, Preceded
from saga_orchestrator.application.ports import LostRace, NoRoom, Stored
from saga_orchestrator.domain.errors import CorruptSaga, RejectedEvent, RetryableError
from saga_orchestrator.domain.policy import Policy
from saga_testing.moto_world import World
from saga_testing.samples.sample_events import event


class Scripted:
    """A client that answers transactions from a script."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers: Iterator[Exception | None] = iter(answers)
        self.calls = 0

    def transact_write_items(self, **_arguments: Any) -> dict[str, Any]:
        self.calls += 1
        if answer := next(self.answers):
            raise answer
        return {}

    def get_item(self, **_arguments: Any) -> dict[str, Any]:
        head = {"limit": "10", "gen": "1", "shards": "2", "span": "2"}
        return {"Item": self._full(0) | {name: {"N": number} for name, number in head.items()}}

    def batch_get_item(self, **_arguments: Any) -> dict[str, Any]:
        return {"Responses": {"sagas": [self._full(1)]}}

    def _full(self, shard: int) -> dict[str, Any]:
        return {"execution_id": {"S": f"#counter#python#{shard}"}, "n": {"N": "5"}, "cap": {"N": "5"}}


def cancelled(*codes: str, item: dict[str, Any] | None = None) -> ClientError:
    reasons: list[dict[str, Any]] = [{"Code": code} for code in codes]
    if item:
        reasons[0]["Item"] = item
    return ClientError(
        {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons},
        "TransactWriteItems",
    )


def store_with(client: Any) -> DynamoDbSagaStore:
    policy = Policy(default_language_limit=10, counter_shards=2)
    return DynamoDbSagaStore.on_table(client, "sagas", "deadlines", policy, random.Random(1), lambda _seconds: None)


@pytest.fixture
def item(world: World) -> dict[str, Any]:
    world.deliver(event("EXECUTION_REQUESTED"))
    item = world.item()
    assert item is not None
    return item


FAILED, CONFLICT, FINE = "ConditionalCheckFailed", "TransactionConflict", "None"


@pytest.mark.parametrize(
    ("codes", "meaning"),
    [
        ((FAILED, FINE), LostRace),
        ((FAILED, FAILED), LostRace),
        ((FAILED, CONFLICT), LostRace),
        ((FINE, FAILED), NoRoom),
    ],
)
def test_cancellation_reasons_are_read_by_position(item: dict[str, Any], codes: tuple[str, ...], meaning: type) -> None:
    saga = decode(item)
    outcome = store_with(Scripted(cancelled(*codes, item=item))).create(saga, "python")

    assert isinstance(outcome, meaning)
    if isinstance(outcome, LostRace):
        assert outcome.current == saga


BESIDE = [{"Put": {"TableName": "operator", "Item": {"pk": {"S": "act#1"}}}}]
"""What goes before the saga, in its transaction."""


@pytest.mark.parametrize(
    ("codes", "meaning"),
    [
        ((FAILED, FINE, FINE), Preceded),
        ((FAILED, FAILED, FINE), Preceded),
        ((FAILED, FAILED, CONFLICT), Preceded),
        ((FINE, FAILED, FINE), LostRace),
        ((FINE, FAILED, CONFLICT), LostRace),
        ((FINE, FINE, FAILED), NoRoom),
    ],
)
def test_what_goes_before_the_saga_is_read_first(item: dict[str, Any], codes: tuple[str, ...], meaning: type) -> None:
    saga = decode(item)
    error = cancelled(*codes)
    error.response["CancellationReasons"][1]["Item"] = item
    store = store_with(Scripted(error))

    if meaning is Preceded:
        with pytest.raises(Preceded):
            store.replace(saga, saga, "python", None, before=BESIDE)
        return
    outcome = store.replace(saga, saga, "python", None, before=BESIDE)

    assert isinstance(outcome, meaning)
    assert not isinstance(outcome, LostRace) or outcome.current == saga


@pytest.mark.parametrize("codes", [(CONFLICT, FAILED, FINE), (CONFLICT, FINE, FAILED), (FINE, CONFLICT, FAILED)])
def test_what_stands_behind_a_conflict_says_nothing_yet(item: dict[str, Any], codes: tuple[str, ...]) -> None:
    """The same act may be under way at this moment: its own refusal is to be heard first."""
    saga = decode(item)
    client = Scripted(cancelled(*codes), None)

    assert isinstance(store_with(client).replace(saga, saga, "python", None, before=BESIDE), Stored)
    assert client.calls == 2


@pytest.mark.parametrize(
    "codes",
    [
        (CONFLICT, FINE),
        (FINE, CONFLICT),
        (CONFLICT, FAILED),
        (FINE, "ThrottlingError"),
        ("ProvisionedThroughputExceeded", FINE),
        ("SomethingNew", FINE),
        (FINE, "AccessDenied"),
        (FINE, FINE),
        (),
    ],
)
def test_conflicts_throttles_and_unheard_reasons_are_tried_again(item: dict[str, Any], codes: tuple[str, ...]) -> None:
    client = Scripted(cancelled(*codes), cancelled(*codes), None)

    assert isinstance(store_with(client).create(decode(item), "python"), Stored)
    assert client.calls == 3


def test_conflicts_without_end_are_left_to_the_event_source(item: dict[str, Any]) -> None:
    with pytest.raises(RetryableError):
        store_with(Scripted(*[cancelled(FINE, CONFLICT)] * 8)).create(decode(item), "python")


@pytest.mark.parametrize(
    "codes",
    [
        ("ValidationError", FINE),
        (FINE, "ValidationError"),
        ("ItemCollectionSizeLimitExceeded", FINE),
        ("ValidationError", CONFLICT),
        ("ValidationError", FAILED),
    ],
)
def test_a_permanent_reason_is_raised_at_once(item: dict[str, Any], codes: tuple[str, ...]) -> None:
    client = Scripted(cancelled(*codes))

    with pytest.raises(RejectedEvent, match=r"^refused_by_aws: "):
        store_with(client).create(decode(item), "python")
    assert client.calls == 1


@pytest.mark.parametrize("name", ["EXECUTION_REQUESTED", "EXECUTION_STARTED", "EXECUTION_COMPLETED"])
def test_a_write_whose_reply_was_lost_has_one_effect(world: World, name: str) -> None:
    world.deliver(event("EXECUTION_REQUESTED", "ex-1" if name != "EXECUTION_REQUESTED" else "ex-0"))
    client = world.at.sdk.dynamodb
    original = client._make_api_call
    lost: list[str] = []

    def call(operation: str, arguments: dict[str, Any]) -> Any:
        reply = original(operation, arguments)
        if operation in {"TransactWriteItems", "UpdateItem"} and not lost:
            lost.append(operation)
            raise ReadTimeoutError(endpoint_url="dynamodb")
        return reply

    client._make_api_call = call
    detail = event(name)
    with pytest.raises(RetryableError):
        world.deliver(detail)
    before = world.items()

    world.deliver(detail)

    assert lost
    assert world.items() == before


@pytest.mark.parametrize("name", ["EXECUTION_STARTED", "EXECUTION_COMPLETED", "EXECUTION_CANCELLED"])
def test_a_write_of_older_code_keeps_what_newer_code_stored(world: World, name: str) -> None:
    world.deliver(event("EXECUTION_REQUESTED"))
    boto3.client("dynamodb").update_item(
        TableName="sagas",
        Key={"execution_id": {"S": "ex-1"}, "saga_name": {"S": "execution_saga"}},
        UpdateExpression="SET from_the_future = :x",
        ExpressionAttributeValues={":x": {"S": "kept"}},
    )
    world.deliver(event(name))

    item = world.item()
    assert item is not None
    assert item["from_the_future"] == {"S": "kept"}


@pytest.mark.parametrize(
    "damage",
    [
        {"version": None},
        {"version": {"S": "1"}},
        {"state": {"S": "?"}},
        {"corr": None},
        {"timeline": {"S": "not a list: read as empty, no pod would be deleted"}},
        {"early": {"S": "not a list"}},
    ],
)
def test_a_corrupt_item_is_named_not_crashed_on(world: World, item: dict[str, Any], damage: dict[str, Any]) -> None:
    broken = {name: value for name, value in (item | damage).items() if value is not None}

    with pytest.raises(CorruptSaga):
        decode(broken)
    boto3.client("dynamodb").put_item(TableName="sagas", Item=broken)
    world.deliver(event("EXECUTION_STARTED"))
    assert [pointer["reason"] for pointer in world.rejected()] == ["corrupt_saga"]


def test_models_and_codec_speak_of_the_same_attributes(world: World) -> None:
    world.deliver(event("EXECUTION_CANCELLED", "ex-2", cancelled_by="bob"))
    world.deliver(event("EXECUTION_FAILED", "ex-2"))
    world.deliver(event("EXECUTION_REQUESTED", "ex-1"))
    world.deliver(event("EXECUTION_FAILED", "ex-1"))
    world.deliver(event("EXECUTION_REQUESTED", "ex-3"))
    declared = {attribute.attr_name for attribute in SagaItem.get_attributes().values()}
    model = bind(SagaItem, world.at.sdk.dynamodb, "sagas")

    for item in world.items():
        if item["saga_name"]["S"].startswith("#"):
            continue
        assert set(item) <= declared
        assert model.from_raw_data(item).to_saga() == decode(item)
        assert encode(decode(item)) == item


def test_people_read_through_the_shared_client(world: World) -> None:
    world.deliver(event("EXECUTION_REQUESTED"))
    reader = SagaReader(world.at.sdk.dynamodb, "sagas")

    assert [saga.execution_id for saga in reader.all(state="running")] == ["ex-1"]
    assert [saga.version for saga in reader.of_execution("ex-1")] == [1]
    assert sum(reader.counters().values()) == 1
    assert CounterItem.Meta.table_name == "unbound"


def test_losing_every_race_leaves_the_event_to_its_source(world: World) -> None:
    world.deliver(event("EXECUTION_REQUESTED"))
    client = world.at.sdk.dynamodb
    original = client._make_api_call

    def call(operation: str, arguments: dict[str, Any]) -> Any:
        if operation == "UpdateItem":
            key = {"Key": arguments["Key"], "TableName": "sagas"}
            original(
                operation,
                key | {"UpdateExpression": "ADD version :one", "ExpressionAttributeValues": {":one": {"N": "1"}}},
            )
        return original(operation, arguments)

    client._make_api_call = call
    with pytest.raises(RetryableError, match="races"):
        world.deliver(event("EXECUTION_STARTED"))

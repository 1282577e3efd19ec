"""What is kept of a rejected event: bytes, item and pointer, one for each record and for no other."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from saga_orchestrator.domain.errors import RetryableError
from saga_testing.lambda_context import Context
from saga_testing.moto_world import World
from saga_testing.samples.sample_events import event, eventbridge, kafka

FIELD_CASES = ("recreated-topic",)

MSK = kafka(b"not json")
OTHER_CLUSTER = {**MSK, "eventSourceArn": "arn:aws:kafka:us-east-1:123456789012:cluster/other/2"}
SELF_MANAGED = {"eventSource": "SelfManagedKafka", "bootstrapServers": "b-2:9092,b-1:9092", "records": MSK["records"]}
SAME_BROKERS = {**SELF_MANAGED, "bootstrapServers": "b-1:9092,b-2:9092"}
TOPIC_MADE_AGAIN = kafka(b"not json either")


def reject(world: World, *deliveries: dict[str, Any], event_type: str = "EXECUTION_REQUESTED") -> list[dict[str, Any]]:
    """Deliver each; the pointers on the queue."""
    for delivery in deliveries:
        world.function(event_type).run(delivery, Context())
    return world.rejected()


def items(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = boto3.client("dynamodb").scan(TableName=world.settings["OPERATOR_TABLE"])["Items"]
    return found


@pytest.mark.parametrize("other", [OTHER_CLUSTER, SELF_MANAGED, TOPIC_MADE_AGAIN])
def test_another_record_at_the_same_position_overwrites_nothing(world: World, other: dict[str, Any]) -> None:
    first, second = reject(world, MSK, other)

    assert first["key"] != second["key"]
    s3 = boto3.client("s3")
    kept = [s3.get_object(Bucket="payloads", Key=each["key"])["Body"].read() for each in (first, second)]
    assert kept == [b"not json", b"not json either" if other is TOPIC_MADE_AGAIN else b"not json"]
    assert {item["key"]["S"] for item in items(world)} == {first["key"], second["key"]}


@pytest.mark.parametrize("again", [(MSK, MSK), (SELF_MANAGED, SAME_BROKERS)])
def test_the_same_record_again_is_still_one_and_is_counted(world: World, again: tuple[dict[str, Any], ...]) -> None:
    keys = {pointer["key"] for pointer in reject(world, *again)}

    (item,) = items(world)
    assert keys == {item["key"]["S"]}
    assert item["copies"] == {"N": "2"}


def test_an_invocation_without_a_place_is_one_however_often_it_comes(world: World) -> None:
    for request_id in ("request-1", "request-2"):
        context = Context()
        context.aws_request_id = request_id
        world.function("EXECUTION_REQUESTED").run({"no": "event"}, context)

    assert len({pointer["key"] for pointer in world.rejected()}) == 1


@pytest.mark.parametrize("over", ["kafka", "eventbridge"])
def test_item_and_pointer_name_whom_it_is_about(world: World, over: str) -> None:
    wrong = event("EXECUTION_STARTED", "ex-1", event_version="9.9")
    delivery = kafka(wrong) if over == "kafka" else eventbridge(wrong)

    (pointer,) = reject(world, delivery, event_type="EXECUTION_STARTED")

    expected = {
        "execution_id": "ex-1",
        "event_id": wrong["event_id"],
        "event_type": "EXECUTION_STARTED",
        "service": wrong["metadata"]["service_name"],
        "reason": "unknown_event_version",
    }
    assert {name: pointer[name] for name in expected} == expected
    (item,) = items(world)
    assert {name: item[name]["S"] for name in expected} == expected
    assert (item["state"]["S"], item["at"]["S"]) == ("open", pointer["rejected_at"])
    assert item["pk"]["S"] == f"rejected#{pointer['id']}"


@pytest.mark.parametrize("name", ["execution_id", "event_id", "event_type"], ids=["execution", "event", "type"])
@pytest.mark.parametrize("value", ["print('a script')", "x" * 200, 7, None, ["ex-1"], {"S": 7}, "\ud800"])
def test_what_is_no_identifier_is_not_named(world: World, name: str, value: Any) -> None:
    (pointer,) = reject(world, kafka({**event("EXECUTION_REQUESTED", "ex-1"), "event_version": "9.9", name: value}))

    assert name not in pointer
    assert name not in items(world)[0]


@pytest.mark.parametrize("content", [b"[" * 100_000, b"\xff", b"7", b"", b'{"metadata": 7}'])
def test_what_names_nobody_is_kept_all_the_same(world: World, content: bytes) -> None:
    (pointer,) = reject(world, kafka(content))

    assert items(world)[0]["size"] == {"N": str(len(content))}
    assert "execution_id" not in pointer


def test_bytes_then_item_then_pointer(world: World) -> None:
    """Neither item nor pointer ever names nothing, and whoever the queue wakes finds the item."""
    reject(world, MSK)

    calls = [name for name, _ in world.calls if name in {"PutObject", "UpdateItem", "SendMessage"}]
    assert calls[:3] == ["PutObject", "UpdateItem", "SendMessage"]


@pytest.mark.parametrize("service", ["s3", "dynamodb", "sqs"])
def test_what_could_not_be_kept_whole_is_not_acknowledged(world: World, service: str) -> None:
    client = getattr(world.at.sdk, service)

    def deny(name: str, _arguments: dict[str, Any]) -> Any:
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, name)

    client._make_api_call = deny

    with pytest.raises(RetryableError):
        world.function("EXECUTION_REQUESTED").run(MSK, Context())


def test_what_an_operator_settled_is_open_again_when_it_comes_again(world: World) -> None:
    (pointer,) = reject(world, MSK)
    key = {"pk": {"S": f"rejected#{pointer['id']}"}, "sk": {"S": "event"}}
    boto3.client("dynamodb").update_item(
        TableName="operator",
        Key=key,
        UpdateExpression="SET #s = :dropped, kind = :settled",
        ExpressionAttributeNames={"#s": "state"},
        ExpressionAttributeValues={":dropped": {"S": "dropped"}, ":settled": {"S": "settled"}},
    )

    reject(world, MSK)

    (item,) = items(world)
    assert (item["state"]["S"], item["copies"]["N"]) == ("open", "2")
    assert item["kind"]["S"].startswith("rejected#")


def test_the_item_holds_nothing_of_the_event_but_names(world: World) -> None:
    reject(world, kafka({**event("EXECUTION_REQUESTED", "ex-1"), "event_version": "9.9", "script": "print('canary')"}))

    assert "canary" not in json.dumps(items(world))

"""The relay: what a stream record owes is published once, in order; what cannot be published is not passed over."""

from typing import Any
from unittest.mock import Mock

import confluent_kafka
import pytest
from confluent_kafka import KafkaError, KafkaException

from saga_orchestrator.adapters.saga_codec import decode
from saga_orchestrator.adapters.targets import event_bus
from saga_orchestrator.entrypoints import relay_function
from saga_orchestrator.entrypoints.relay_function import CommandRelay
from saga_testing.history import History
from saga_testing.lambda_context import Context
from saga_testing.moto_world import World
from saga_testing.samples.sample_events import event


@pytest.fixture
def history(world: World) -> History:
    return History.of(world, "EXECUTION_REQUESTED", "EXECUTION_STARTED", "EXECUTION_FAILED")


def test_each_message_is_published_once_and_in_order(world: World, history: History) -> None:
    assert world.relay(*history.records) == {"batchItemFailures": []}

    assert [body["message_type"] for body in world.published] == [
        "SAGA_STARTED",
        "CREATE_POD_COMMAND",
        "DELETE_POD_COMMAND",
        "SAGA_FAILED",
    ]
    assert len({body["message_id"] for body in world.published}) == 4


def test_the_create_command_says_all_the_request_says(world: World, history: History) -> None:
    world.relay(history.records[0])

    body = world.published[1]
    assert body["message_id"] == "execution_saga:ex-1:create_pod#1"
    assert body["script_ref"]["bucket"] == "payloads"
    assert body["script_ref"]["key"].startswith("scripts/ex-1/")
    assert body["runtime_command"] == ["python", "-u"]
    assert body["priority"] == "normal"
    assert body["expires_at"] == "2026-11-24T06:05:00.000Z"
    assert "script" not in body


def test_a_record_is_decoded_once_however_many_messages_it_owes(
    world: World, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoder = Mock(wraps=decode)
    monkeypatch.setattr(relay_function, "decode", decoder)

    world.relay(*history.records)

    assert len(world.published) == 4
    assert decoder.call_count == 2  # the start emits nothing


def test_a_redelivered_record_gives_the_same_bytes(world: World, history: History) -> None:
    world.relay(history.records[0])
    first = [arguments for name, arguments in world.calls if name == "PutEvents"]
    world.relay(*history.records[:1])
    second = [arguments for name, arguments in world.calls if name == "PutEvents"][len(first) :]

    assert first == second


def test_messages_rendered_later_have_the_same_bytes(world: World, history: History) -> None:
    world.relay(*history.records)
    first = {body["message_id"]: body for body in world.published}
    world.published.clear()

    answer = CommandRelay(world.at).run(
        {"republish": [{"execution_id": "ex-1", "saga_name": "execution_saga"}]}, Context()
    )

    assert answer["skipped"] == ["execution_saga:ex-1:create_pod#1"]
    assert answer["published"] == [body["message_id"] for body in world.published]
    assert all(first[body["message_id"]] == body for body in world.published)


@pytest.mark.parametrize(
    ("code", "failed"), [("ThrottlingException", "102"), ("InternalFailure", "102"), (None, "100")]
)
def test_the_lowest_record_that_may_pass_is_reported(
    world: World, history: History, code: str | None, failed: str
) -> None:
    world.refuse_entries(code)

    assert world.relay(*history.records) == {"batchItemFailures": [{"itemIdentifier": failed}]}


def test_a_permanently_bad_entry_is_rejected_and_acknowledged(world: World, history: History) -> None:
    world.refuse_entries("MalformedDetail")

    assert world.relay(*history.records) == {"batchItemFailures": []}
    assert [pointer["reason"] for pointer in world.rejected()] == ["unpublishable_message"]


def test_an_unknown_key_is_a_failure_never_skipped(world: World, history: History) -> None:
    image = history.records[2]["dynamodb"]["NewImage"]
    image["outbox"] = {"S": "page_somebody#1"}

    assert world.relay(*history.records) == {"batchItemFailures": [{"itemIdentifier": "102"}]}
    assert [body["message_type"] for body in world.published] == ["SAGA_STARTED", "CREATE_POD_COMMAND"]


def test_a_removed_item_publishes_nothing(world: World, history: History) -> None:
    removed = {
        "eventName": "REMOVE",
        "dynamodb": {"SequenceNumber": "103", "OldImage": history.records[2]["dynamodb"]["NewImage"]},
    }

    assert world.relay(removed) == {"batchItemFailures": []}
    assert world.published == []


def test_a_corrupt_item_is_rejected_and_does_not_block_the_shard(world: World, history: History) -> None:
    del history.records[0]["dynamodb"]["NewImage"]["version"]

    assert world.relay(*history.records) == {"batchItemFailures": []}
    assert [pointer["reason"] for pointer in world.rejected()] == ["corrupt_saga"]
    assert [body["message_type"] for body in world.published] == ["DELETE_POD_COMMAND", "SAGA_FAILED"]


def test_small_scripts_travel_inside_the_command_when_asked_to(world: World) -> None:
    world.reconfigure(INLINE_SCRIPT_MAX_BYTES="100")
    history = History(world)
    history.deliver(event("EXECUTION_REQUESTED", "ex-9"))

    world.relay(*history.records)

    assert world.published[1]["script"] == "print('hello')"


def test_a_script_too_large_for_the_bus_as_json_travels_by_its_reference(world: World) -> None:
    world.reconfigure(INLINE_SCRIPT_MAX_BYTES="262144")
    history = History(world)
    # Six bytes of JSON each: within the limit as a script, over it as a message.
    history.deliver(event("EXECUTION_REQUESTED", "ex-9", script="\x01" * 262_144))

    assert world.relay(*history.records) == {"batchItemFailures": []}
    assert [body["message_type"] for body in world.published] == ["SAGA_STARTED", "CREATE_POD_COMMAND"]
    assert "script" not in world.published[1]
    assert world.published[1]["script_ref"]["size"] == 262_144
    assert world.rejected() == []


def test_a_message_too_large_for_the_bus_is_rejected_and_does_not_block_the_shard(
    world: World, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_bus, "MAX_REQUEST_BYTES", 1_000)

    assert world.relay(*history.records) == {"batchItemFailures": []}
    assert "CREATE_POD_COMMAND" not in {body["message_type"] for body in world.published}
    assert {pointer["reason"] for pointer in world.rejected()} == {"unpublishable_message"}


class FullProducer:
    """librdkafka as far as it refuses a message at once: for its size, or when its queue holds `room` messages."""

    def __init__(self, room: int, refuses: str | None) -> None:
        self.room, self.refuses = room, refuses
        self.queue: list[tuple[bytes, Any]] = []
        self.sent: list[bytes] = []

    def produce(self, _topic: str, *, key: bytes, value: bytes, on_delivery: Any) -> None:
        assert key
        if self.refuses is not None and self.refuses.encode() in value:
            raise KafkaException(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE))
        if len(self.queue) == self.room:
            msg = "Local: Queue full"
            raise BufferError(msg)
        self.queue.append((value, on_delivery))

    def flush(self, _timeout: float) -> int:
        for value, on_delivery in self.queue:
            self.sent.append(value)
            on_delivery(None, None)
        self.queue.clear()
        return 0


@pytest.mark.parametrize(
    ("room", "refuses", "sent", "failed", "rejected"),
    [(1, None, 1, "100", 0), (3, None, 3, "102", 0), (9, "DELETE_POD", 3, None, 1)],
    ids=["full at once", "full later", "one too large"],
)
def test_what_the_kafka_client_refuses_at_once_blocks_nothing_else(
    world: World,
    history: History,
    monkeypatch: pytest.MonkeyPatch,
    room: int,
    refuses: str | None,
    sent: int,
    failed: str | None,
    rejected: int,
) -> None:
    producer = FullProducer(room, refuses)
    monkeypatch.setattr(confluent_kafka, "Producer", lambda _configuration: producer)
    world.reconfigure(KAFKA_TARGET_BOOTSTRAP="broker:9092")

    assert world.relay(*history.records) == {"batchItemFailures": [{"itemIdentifier": failed}] if failed else []}
    assert len(producer.sent) == sent
    assert len(world.rejected()) == rejected


@pytest.mark.parametrize("at_once", [False, True], ids=["in a report", "at once"])
def test_a_producer_that_broke_for_good_is_replaced(
    world: World, history: History, monkeypatch: pytest.MonkeyPatch, *, at_once: bool
) -> None:
    fatal = KafkaError(KafkaError._FATAL, "fenced", fatal=True)
    producers: list[FullProducer] = []

    class Broken(FullProducer):
        def produce(self, topic: str, *, key: bytes, value: bytes, on_delivery: Any) -> None:
            if at_once:
                raise KafkaException(KafkaError(KafkaError._FATAL))
            super().produce(topic, key=key, value=value, on_delivery=lambda _error, record: on_delivery(fatal, record))

    def make(_configuration: dict[str, Any]) -> FullProducer:
        producers.append(FullProducer(9, None) if producers else Broken(9, None))
        return producers[-1]

    monkeypatch.setattr(confluent_kafka, "Producer", make)
    world.reconfigure(KAFKA_TARGET_BOOTSTRAP="broker:9092")

    assert world.relay(*history.records) == {"batchItemFailures": [{"itemIdentifier": "100"}]}
    assert world.relay(*history.records) == {"batchItemFailures": []}
    assert len(producers) == 2
    assert len(producers[1].sent) == 4


def test_every_message_says_which_stack_sent_it_whenever_it_is_sent(world: World, history: History) -> None:
    world.reconfigure(STACK_NAME="sagas-of-team-a")

    world.relay(*history.records)
    first = {body["message_id"]: body for body in world.published}
    CommandRelay(world.at).run({"republish": [{"execution_id": "ex-1"}]}, Context())

    assert [body["stack"] for body in world.published] == ["sagas-of-team-a"] * 7  # no pod again for what has ended
    assert all(body == first[body["message_id"]] for body in world.published)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"state": {"S": "hovering"}}, "corrupt_saga"),
        ({"saga_name": {"S": "gone_saga"}}, "belongs to a saga that this code does not know"),
        ({"timeline": {"L": [{"S": "1 R evt-1 saga_started#1 of_tomorrow#1"}]}}, "not known to this release"),
    ],
    ids=["unreadable", "unknown saga", "newer message"],
)
def test_a_saga_that_cannot_be_sent_again_keeps_no_other_from_it(
    world: World, history: History, change: dict[str, Any], told: str
) -> None:
    (item,) = (each for each in world.items() if "state" in each)
    odd = {**item, "execution_id": {"S": "ex-odd"}, **change}
    world.at.sdk.dynamodb.put_item(TableName="sagas", Item=odd)
    wishes = [{name: odd[name]["S"] for name in ("execution_id", "saga_name")}, {"execution_id": "ex-1"}]

    answer = CommandRelay(world.at).run({"republish": wishes}, Context())

    assert {f"execution_saga:ex-1:{key}" for key in ("saga_started#1", "delete_pod#1", "saga_failed#1")} <= {
        *answer["published"]
    }
    assert history.records
    (odd_one, *_) = [each for each in answer["skipped"] if "ex-odd" in each]
    assert told in odd_one

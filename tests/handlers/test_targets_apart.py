"""Two targets, two relays: one target that refuses holds back no other, and keeps its own order."""

import json
from typing import Any

import confluent_kafka
import pytest
from confluent_kafka import KafkaError

from saga_testing.history import History
from saga_testing.moto_world import World
from saga_testing.samples.sample_events import event

FIELD_CASES = ("kafka-target-down",)

ALL_SENT: dict[str, Any] = {"batchItemFailures": []}


class Topic:
    """Stands where `confluent_kafka.Producer` stands: brokers that can be away."""

    def __init__(self) -> None:
        self.down = False
        self.taken: list[dict[str, Any]] = []
        self.queue: list[tuple[bytes, Any]] = []

    def produce(self, _topic: str, *, key: bytes, value: bytes, on_delivery: Any) -> None:
        assert key
        self.queue.append((value, on_delivery))

    def flush(self, _timeout: float) -> int:
        for value, on_delivery in self.queue:
            on_delivery(KafkaError(KafkaError._MSG_TIMED_OUT) if self.down else None, None)
            if not self.down:
                self.taken.append(json.loads(value))
        self.queue.clear()
        return 0


def test_kafka_target_down(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    topic = Topic()
    monkeypatch.setattr(confluent_kafka, "Producer", lambda _configuration: topic)
    history = History(world)
    for number in range(3):
        history.last = None
        history.deliver(event("EXECUTION_REQUESTED", f"ex-{number}"))
    sequence = [record["dynamodb"]["SequenceNumber"] for record in history.records]
    topic.down = True

    assert world.relay(*history.records) == ALL_SENT
    on_the_bus = [body["message_id"] for body in world.published]
    assert len(on_the_bus) == 6

    world.reconfigure(KAFKA_TARGET_BOOTSTRAP="broker:9092")
    assert world.relay(*history.records) == {"batchItemFailures": [{"itemIdentifier": sequence[0]}]}
    assert world.rejected() == []
    topic.down = False
    assert world.relay(*history.records) == ALL_SENT

    assert [body["message_id"] for body in topic.taken] == on_the_bus
    assert [body["message_id"] for body in world.published] == on_the_bus, "the Kafka relay puts nothing on the bus"

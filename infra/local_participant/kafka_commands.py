"""Commands from the Kafka topic to which the orchestrator's second relay publishes."""

import json
import uuid
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from confluent_kafka import Consumer, KafkaException

from stack_client import Delivery

_BATCH = 50


class KafkaCommands:
    """Reads the topic from its beginning; a record is done with once the next ones are asked for."""

    def __init__(self, consumer: Consumer, types: Collection[str]) -> None:
        self._consumer, self._types = consumer, types

    def receive(self, wait_seconds: float) -> list[Delivery]:
        """The records that are commands for a participant; one that is not JSON arrives with the body None."""
        records = self._consumer.consume(_BATCH, timeout=wait_seconds)
        bodies = [_decoded(record.value()) for record in records if not record.error()]
        return [Delivery(body, "") for body in bodies if body is None or body.get("message_type") in self._types]

    def remove(self, deliveries: Sequence[Delivery]) -> None:
        """Note how far everything was answered; what is read again after a loss is answered as before."""
        if deliveries:
            try:
                self._consumer.commit(asynchronous=False)
            except KafkaException:
                return  # the position stays behind, and the same answers are given once more


@contextmanager
def kafka_commands(bootstrap: str, topic: str, types: Collection[str]) -> Iterator[KafkaCommands]:
    """In a consumer group of its own."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": f"local-participant-{uuid.uuid4().hex[:8]}",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "log_level": 3,
        }
    )
    consumer.subscribe([topic])
    try:
        yield KafkaCommands(consumer, types)
    finally:
        consumer.close()


def _decoded(value: bytes | None) -> Any:
    try:
        body = json.loads(value or b"")
    except ValueError:
        return None
    return body if isinstance(body, dict) else None

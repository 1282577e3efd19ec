"""Over Kafka: messages go to one topic, and a consumer without a group reads what is said on the others."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from saga_testing.clauses.channel import Inbox, Json
from saga_testing.clauses.refusals import CannotPlay

_SECONDS: Final = 10.0
_QUIET: Final = {"log_level": 2}
_LARGEST: Final = 4 * 1024 * 1024


Found = TypeVar("Found")


def _patiently(ask: Callable[[], Found]) -> Found:
    """A topic that was first heard of now is known to every broker and client a moment later."""
    end = time.monotonic() + _SECONDS
    while True:
        try:
            return ask()
        except KafkaException as error:
            if time.monotonic() > end:
                raise CannotPlay(f"Kafka does not answer: {error.args[0].str()}") from error
            time.sleep(0.1)


def _partitions(client: Any, topic: str) -> list[int]:
    """Where topics are not made by asking for them, somebody has to make this one."""

    def ask() -> list[int]:
        found = client.list_topics(topic, timeout=_SECONDS).topics[topic]
        if found.error is not None or not found.partitions:
            raise KafkaException(found.error or KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART))
        return list(found.partitions)

    try:
        return _patiently(ask)
    except CannotPlay as refused:
        raise CannotPlay(f"topic {topic} cannot be used, create it: {refused}") from refused


class KafkaChannel:
    """Hears everything that is said on `hear` from now on."""

    def __init__(self, bootstrap: str, commands: str, hear: Sequence[str]) -> None:
        self.inbox = Inbox()
        self._commands, self._closing = commands, threading.Event()
        server = {"bootstrap.servers": bootstrap, **_QUIET}
        self._producer = Producer({**server, "linger.ms": 2, "message.max.bytes": _LARGEST})
        # No offset is ever committed; the client wants a group all the same.
        self._consumer = Consumer({**server, "group.id": "saga-contract", "enable.auto.commit": False})
        try:
            self._producer.list_topics(timeout=_SECONDS)
        except KafkaException as error:
            raise CannotPlay(f"no Kafka broker answers at {bootstrap}: {error.args[0].str()}") from error
        _partitions(self._producer, commands)
        self._consumer.assign([each for topic in hear for each in self._end_of(topic)])
        self._listener = threading.Thread(target=self._listen, name="contract-listener", daemon=True)
        self._listener.start()

    def send(self, message: Json) -> None:
        errors: list[Any] = []
        key = str(message.get("execution_id", "")).encode()
        self._producer.produce(
            self._commands, json.dumps(message).encode(), key, on_delivery=lambda error, _: errors.append(error)
        )
        self._producer.flush(_SECONDS)
        if errors != [None]:
            raise CannotPlay(f"topic {self._commands} refuses a command: {errors or 'not acknowledged in time'}")

    def close(self) -> None:
        self._closing.set()
        self._listener.join()
        self._consumer.close()

    def _end_of(self, topic: str) -> list[TopicPartition]:
        """Asked for now: what is said between this and the first poll would else be missed."""

        def ask() -> list[TopicPartition]:
            partitions = [TopicPartition(topic, number) for number in _partitions(self._producer, topic)]
            marks = [self._consumer.get_watermark_offsets(each, timeout=_SECONDS) for each in partitions]
            return [
                TopicPartition(topic, each.partition, mark[1]) for each, mark in zip(partitions, marks, strict=True)
            ]

        return _patiently(ask)

    def _listen(self) -> None:
        while not self._closing.is_set():
            record = self._consumer.poll(0.2)
            if record is None or record.error():
                continue
            try:
                self.inbox.add(json.loads(record.value() or b""))
            except ValueError:
                self.inbox.add(None)

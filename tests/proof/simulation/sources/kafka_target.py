"""The relay's Kafka target: a topic, and what librdkafka's producer does between the relay and it."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from unittest.mock import patch

import confluent_kafka
from confluent_kafka import KafkaError, KafkaException

from saga_orchestrator.bootstrap import Resources
from tests.proof.simulation.faults.weather import Fault, Weather
from tests.proof.simulation.sources.deliveries import Told
from tests.proof.simulation.world.scheduler import Scheduler

LARGEST: Final = 1_000_000
"""`message.max.bytes`, which librdkafka checks before it queues a message."""

_PASSING: Final = (
    KafkaError._MSG_TIMED_OUT,
    KafkaError.NOT_ENOUGH_REPLICAS,
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
)
_FOR_GOOD: Final = (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_RECORD)

Report = Callable[[Any, Any], None]


class _Queued(NamedTuple):
    topic: str
    key: bytes
    value: bytes
    on_delivery: Report


@dataclass(slots=True, eq=False)
class SimulatedTopic:
    """The brokers' side: `on_taken` hears topic, key and value of each message, the moment it is durable."""

    scheduler: Scheduler
    weather: Weather
    dice: random.Random
    on_taken: Callable[[str, bytes, bytes], None]
    told: Told

    def connect(self, resources: Resources) -> None:
        """Have a relay's publishers made while the producer's name means ours; production makes them when needed."""
        if resources.settings.kafka_target_bootstrap:
            with patch.object(confluent_kafka, "Producer", lambda _configuration: ProducerStandIn(self)):
                _ = resources.publisher


@dataclass(slots=True, eq=False)
class ProducerStandIn:
    """Stands where `confluent_kafka.Producer` stands: one for each process, with a queue that outlives a publish."""

    topic: SimulatedTopic
    _queue: list[_Queued] = field(default_factory=list)
    _broken: bool = False

    def produce(self, topic: str, *, key: bytes, value: bytes, on_delivery: Report) -> None:
        if self._broken:
            raise KafkaException(KafkaError(KafkaError._FATAL))
        self.topic.told.offered(json.loads(value)["message_id"])
        if len(value) > LARGEST:
            self.topic.told.refused(json.loads(value)["message_id"])
            raise KafkaException(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE))
        if self.topic.weather.strikes(Fault.TOPIC_QUEUE_FULL):
            msg = "Local: Queue full"
            raise BufferError(msg)
        self._queue.append(_Queued(topic, key, value, on_delivery))

    def flush(self, timeout: float) -> int:
        """Send what is queued; how much is still not sent.

        What an earlier publish left behind goes too: a process that thaws may send it before its timeout is noticed.
        """
        scheduler, dice = self.topic.scheduler, self.topic.dice
        invocation: Any = scheduler.current.invocation if scheduler.current else None
        while self._queue:
            fault = self.topic.weather.of_call("topic")
            scheduler.sleep(int(dice.random() * 9) + 1)
            if fault is Fault.CRASH_BEFORE_CALL:
                invocation.crash()
            if fault is Fault.TOPIC_STALLS:
                scheduler.sleep(int(timeout * 1000))
                break
            if fault is Fault.TOPIC_BREAKS:
                self._break()
                break
            message = self._queue.pop(0)
            error = self._send(message, fault)
            if fault is Fault.CRASH_AFTER_CALL:
                invocation.crash()
            message.on_delivery(error, None)
        return len(self._queue)

    def _break(self) -> None:
        """As an idempotent producer that the brokers have fenced: nothing that it holds is sent, now or later."""
        self._broken = True
        for message in self._queue:
            message.on_delivery(KafkaError(KafkaError._FATAL, "fenced", fatal=True), None)
        self._queue.clear()

    def _send(self, message: _Queued, fault: Fault | None) -> KafkaError | None:
        code: int | None = None
        if fault is Fault.TOPIC_FAILS:
            code = self.topic.dice.choice(_PASSING)
        elif self.topic.weather.strikes(Fault.TOPIC_REFUSES):
            code = self.topic.dice.choice(_FOR_GOOD)
            self.topic.told.refused(json.loads(message.value)["message_id"])
        # A message that timed out may have been stored: only its acknowledgement was lost.
        if code is None or (code == _PASSING[0] and self.topic.dice.random() < 0.5):
            self.topic.on_taken(message.topic, message.key, message.value)
        return None if code is None else KafkaError(code)

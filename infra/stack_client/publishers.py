"""Two ways for a program's events to reach the orchestrator, and the choice between them for each saga."""

import json
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError
from confluent_kafka import KafkaException, Producer

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0
_DELIVERY_SECONDS = 10.0


@dataclass(frozen=True)
class OutgoingEvent:
    """One event ready to be published. `key` is its saga's: what has one key keeps its order."""

    key: str
    event_type: str
    body: dict[str, Any]


class Transport(StrEnum):
    """How the events of a saga travel."""

    EVENTBRIDGE = "eventbridge"
    KAFKA = "kafka"


class NotPublishedError(Exception):
    """The event has not been accepted; trying again may help."""


class EventPublisher(Protocol):
    """Hands one event over, or raises NotPublishedError: never a silent loss."""

    def publish(self, event: OutgoingEvent) -> None: ...


class EventBridgePublisher:
    """PutEvents with the producers' source."""

    def __init__(self, events: Any, event_bus: str, source: str) -> None:
        self._events = events
        self._event_bus = event_bus
        self._source = source

    def publish(self, event: OutgoingEvent) -> None:
        """A call that succeeds may still carry a refused entry, so the entry's own answer is looked at."""
        entry = {
            "EventBusName": self._event_bus,
            "Source": self._source,
            "DetailType": event.event_type,
            "Detail": json.dumps(event.body, ensure_ascii=False),
        }
        try:
            answer = self._events.put_events(Entries=[entry])
        except (ClientError, BotoCoreError) as error:
            raise NotPublishedError(str(error)) from error
        if answer["FailedEntryCount"]:
            raise NotPublishedError(str(answer["Entries"][0].get("ErrorCode")))


class KafkaPublisher:
    """One producer for all sagas; a record's key is its saga's, so that one saga's records keep their order."""

    def __init__(self, bootstrap: str, topics: Mapping[str, str]) -> None:
        self._topics = topics
        self._producer = Producer(
            {"bootstrap.servers": bootstrap, "linger.ms": 2, "message.max.bytes": 2_000_000, "log_level": 3}
        )

    def publish(self, event: OutgoingEvent) -> None:
        """Returns when the broker has acknowledged the record."""
        errors: list[Any] = []
        done = threading.Event()

        def delivered(error: Any, _message: Any) -> None:
            errors.append(error)
            done.set()

        value = json.dumps(event.body, ensure_ascii=False).encode()
        try:
            self._producer.produce(
                self._topics[event.event_type], value=value, key=event.key.encode(), on_delivery=delivered
            )
        except (KafkaException, BufferError) as error:
            raise NotPublishedError(str(error)) from error
        deadline = time.monotonic() + _DELIVERY_SECONDS
        while not done.is_set() and time.monotonic() < deadline:
            # Another thread's poll may run our callback, so this one does not wait long in its own.
            self._producer.poll(0.005)
        if not done.is_set():
            raise NotPublishedError("the broker has not acknowledged the record in time")
        if errors[0] is not None:
            raise NotPublishedError(str(errors[0]))

    def close(self) -> None:
        """Send what is still queued; a broker that is gone does not hold up the end."""
        self._producer.flush(1.0)


class RoutedPublisher:
    """Chooses the transport for each saga: all events of one travel the same way."""

    def __init__(self, publishers: Mapping[Transport, EventPublisher], choose: Callable[[str], Transport]) -> None:
        self._publishers = publishers
        self._choose = choose

    def publish(self, event: OutgoingEvent) -> None:
        """Hand the event to the transport of its saga."""
        self._publishers[self._choose(event.key)].publish(event)


def alternating(key: str) -> Transport:
    """About half of all sagas each way, decided by the key: who produces and who observes agree without talking."""
    return Transport.KAFKA if zlib.crc32(key.encode()) % 2 else Transport.EVENTBRIDGE


def publish_until_accepted(publisher: EventPublisher, event: OutgoingEvent, stopping: threading.Event) -> bool:
    """An event that is lost leaves its saga to time out, so it is insisted on; False only when the program itself is
    stopping.
    """
    pause = _FIRST_PAUSE_SECONDS
    while True:
        try:
            publisher.publish(event)
        except NotPublishedError:
            if stopping.wait(pause):
                return False
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
        else:
            return True

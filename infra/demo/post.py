"""Sends the demo's events the way any producer does: PutEvents in batches, and records on the topics."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from confluent_kafka import Producer

_MOST_ENTRIES = 10
_MOST_BYTES = 900_000
_TRIES = 5


class NotSentError(Exception):
    """The stack did not take an event, several times."""


class Post:
    """Collects during a round and sends at its end; used from one thread."""

    def __init__(self, events: Any, event_bus: str, kafka_bootstrap: str, topics: Mapping[str, str]) -> None:
        self._events, self._event_bus, self._topics = events, event_bus, topics
        self._producer = Producer(
            {"bootstrap.servers": kafka_bootstrap, "linger.ms": 5, "message.max.bytes": 4_000_000, "log_level": 2}
        )
        self._entries: list[dict[str, str]] = []
        self._undelivered: list[str] = []
        self.sent: Counter[str] = Counter()
        """By event type, copies included."""

    def put(self, event_type: str, detail: str, source: str) -> None:
        """For the bus, with the next flush."""
        self.sent[event_type] += 1
        self._entries.append(
            {"EventBusName": self._event_bus, "Source": source, "DetailType": event_type, "Detail": detail}
        )

    def produce(self, event_type: str, key: str, value: bytes | None) -> None:
        """For the topic of the event type."""
        self.sent[event_type] += 1
        self._producer.produce(self._topics[event_type], key=key.encode(), value=value, on_delivery=self._delivered)

    def flush(self) -> None:
        """Everything collected has been taken when this returns, except records that are still on their way."""
        self._producer.poll(0)
        waiting, self._entries = self._entries, []
        for chunk in _chunks(waiting):
            self._put(chunk)

    def close(self) -> None:
        """Everything has been taken; NotSentError if a record was not."""
        self.flush()
        left = self._producer.flush(15)
        if left or self._undelivered:
            raise NotSentError(f"Kafka did not take {left + len(self._undelivered)} records: {self._undelivered[:3]}")

    def _put(self, entries: list[dict[str, str]]) -> None:
        for _ in range(_TRIES):
            answer = self._events.put_events(Entries=entries)
            if not answer["FailedEntryCount"]:
                return
            entries = [entry for entry, told in zip(entries, answer["Entries"], strict=True) if "EventId" not in told]
        raise NotSentError(f"the bus did not take {len(entries)} events")

    def _delivered(self, error: Any, _record: Any) -> None:
        if error is not None:
            self._undelivered.append(json.dumps(str(error)))


def _chunks(entries: list[dict[str, str]]) -> list[list[dict[str, str]]]:
    """PutEvents takes ten entries and less than 1 MB at a time."""
    chunks: list[list[dict[str, str]]] = []
    size = 0
    for entry in entries:
        weight = len(entry["Detail"].encode()) + 256
        if not chunks or len(chunks[-1]) == _MOST_ENTRIES or size + weight > _MOST_BYTES:
            chunks.append([])
            size = 0
        chunks[-1].append(entry)
        size += weight
    return chunks

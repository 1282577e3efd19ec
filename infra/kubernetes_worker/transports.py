"""Commands in, events out: over Kafka, or over EventBridge with a queue behind the rule for commands."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from confluent_kafka import Consumer, KafkaException, Producer

from kubernetes_worker.options import Options

Json = dict[str, Any]
Delivered = tuple[Any, Callable[[], Any]]
"""A command's body, None where it is no JSON; and what says that it was obeyed."""

_LONGEST_PAUSE: Final = 5.0
_ACCEPT_SECONDS: Final = 10.0


class NotAccepted(Exception):
    """Trying again may help."""


def from_kafka(options: Options, stopping: threading.Event) -> Iterator[Delivered]:
    """A position is noted once its command was obeyed, so what a crash interrupts comes again."""
    consumer = Consumer(
        {
            "bootstrap.servers": options.kafka_bootstrap,
            "group.id": options.group,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "session.timeout.ms": 6000,  # the least that brokers allow: another pod takes over so soon
        }
    )
    consumer.subscribe([options.commands_topic])
    try:
        while not stopping.is_set():
            record = consumer.poll(0.5)
            if record is not None and not record.error():
                yield _decoded(record.value()), partial(consumer.commit, message=record, asynchronous=False)
    finally:
        consumer.close()


def from_queue(options: Options, stopping: threading.Event) -> Iterator[Delivered]:
    """What is not removed becomes visible again."""
    sqs = boto3.client("sqs")
    while not stopping.is_set():
        try:
            answer = sqs.receive_message(QueueUrl=options.queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        except (ClientError, BotoCoreError):
            stopping.wait(1)
            continue
        for item in answer.get("Messages", []):
            body = _decoded(item["Body"])
            detail = body.get("detail") if isinstance(body, dict) else None
            handle = item["ReceiptHandle"]
            yield detail, partial(sqs.delete_message, QueueUrl=options.queue_url, ReceiptHandle=handle)


def _decoded(text: bytes | str | None) -> Any:
    try:
        return json.loads(text or b"")
    except ValueError:
        return None


class KafkaEvents:
    """A topic for each event type; a record's key is its execution, so that its records keep their order."""

    def __init__(self, options: Options) -> None:
        self._prefix = options.events_prefix
        self._producer = Producer({"bootstrap.servers": options.kafka_bootstrap, "message.max.bytes": 2_000_000})

    def hand_over(self, body: Json, key: str) -> None:
        fates: list[Any] = []
        try:
            self._producer.produce(
                f"{self._prefix}{body['event_type'].lower()}",
                json.dumps(body, ensure_ascii=False).encode(),
                key.encode(),
                on_delivery=lambda error, _record: fates.append(error),
            )
        except (KafkaException, BufferError) as error:
            raise NotAccepted(str(error)) from error
        end = time.monotonic() + _ACCEPT_SECONDS
        while not fates and time.monotonic() < end:
            self._producer.poll(0.01)
        if fates != [None]:
            raise NotAccepted(str(fates))


class BusEvents:
    def __init__(self, options: Options) -> None:
        self._events = boto3.client("events")
        self._entry = {"EventBusName": options.event_bus, "Source": options.event_source}

    def hand_over(self, body: Json, _key: str) -> None:
        detail = json.dumps(body, ensure_ascii=False)
        try:
            answer = self._events.put_events(
                Entries=[{**self._entry, "DetailType": body["event_type"], "Detail": detail}]
            )
        except (ClientError, BotoCoreError) as error:
            raise NotAccepted(type(error).__name__) from error
        if answer["FailedEntryCount"]:
            raise NotAccepted(str(answer["Entries"][0].get("ErrorCode")))


def publisher(options: Options, stopping: threading.Event) -> Callable[[Json, str], None]:
    """Insists until the event is accepted: one that is lost leaves its saga to time out."""
    target: KafkaEvents | BusEvents = KafkaEvents(options) if options.kafka_bootstrap else BusEvents(options)

    def publish(body: Json, key: str) -> None:
        pause = 0.1
        while True:
            try:
                target.hand_over(body, key)
            except NotAccepted:
                if stopping.wait(pause):
                    raise
                pause = min(2 * pause, _LONGEST_PAUSE)
            else:
                return

    return publish


def reader() -> Callable[[str, str], bytes]:
    """Reads scripts that commands refer to; the client is made when the first one does."""
    clients: list[Any] = []

    def fetch(bucket: str, key: str) -> bytes:
        if not clients:
            clients.append(boto3.client("s3"))
        try:
            content: bytes = clients[0].get_object(Bucket=bucket, Key=key)["Body"].read()
        except (ClientError, BotoCoreError) as error:
            raise OSError(type(error).__name__) from error
        return content

    return fetch

"""Where messages go: the EventBridge bus, and a Kafka topic when one is configured."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from saga_orchestrator.application.ports import Fate
from saga_orchestrator.domain.render import Message

from .aws_errors import RETRYABLE_CODES, retryable

SOURCE: Final = "saga-orchestrator"
MAX_ENTRIES: Final = 10
MAX_REQUEST_BYTES: Final = 1_000_000
"""PutEvents takes less than 1 MB in all its entries together (EventBridge API reference, PutEvents)."""

_MAY_PASS: Final = RETRYABLE_CODES | {"InternalFailure", "ThrottlingException", "NotAuthorizedForSource", ""}


@dataclass(frozen=True, slots=True)
class EventBus:
    client: Any
    bus: str

    def publish(self, messages: Sequence[tuple[Message, str]]) -> list[Fate]:
        fates: list[Fate] = []
        for chunk in _chunks(messages):
            if len(chunk) == 1 and _weight(chunk[0][1]) > MAX_REQUEST_BYTES:
                # The whole call would be refused, each time, for ever.
                fates.append(Fate.PERMANENT)
                continue
            entries = [
                {"EventBusName": self.bus, "Source": SOURCE, "DetailType": message.type, "Detail": body}
                for message, body in chunk
            ]
            with retryable():
                reply = self.client.put_events(Entries=entries)
            # The call succeeds even when entries fail: each answer is looked at.
            fates += [_fate(answer) for answer in reply["Entries"]]
            if Fate.MAY_PASS in fates:
                fates += [Fate.MAY_PASS] * (len(messages) - len(fates))  # keep the order: nothing overtakes a failure
                break
        return fates


def _fate(answer: dict[str, Any]) -> Fate:
    if "EventId" in answer:
        return Fate.PUBLISHED
    return Fate.MAY_PASS if answer.get("ErrorCode", "") in _MAY_PASS else Fate.PERMANENT


def _weight(body: str) -> int:
    return len(body.encode()) + 256


def _chunks(messages: Sequence[tuple[Message, str]]) -> list[list[tuple[Message, str]]]:
    chunks: list[list[tuple[Message, str]]] = [[]]
    size = 0
    for message, body in messages:
        weight = _weight(body)
        if chunks[-1] and (len(chunks[-1]) == MAX_ENTRIES or size + weight > MAX_REQUEST_BYTES):
            chunks.append([])
            size = 0
        chunks[-1].append((message, body))
        size += weight
    return chunks


class KafkaTopic:
    """The same bodies on a topic, keyed by execution, through librdkafka; imported only when a target is configured."""

    def __init__(self, configuration: dict[str, Any], topic: str, delivery_timeout_seconds: float = 10.0) -> None:
        from confluent_kafka import Producer  # noqa: PLC0415 - a native library that most deployments never load

        self._new_producer: Callable[[], Any] = partial(
            Producer,
            {
                **configuration,
                "enable.idempotence": True,
                "acks": "all",
                "delivery.timeout.ms": int(delivery_timeout_seconds * 1000),
            },
        )
        self._producer = self._new_producer()
        self._topic = topic
        self._timeout = delivery_timeout_seconds

    def publish(self, messages: Sequence[tuple[Message, str]]) -> list[Fate]:
        from confluent_kafka import KafkaException  # noqa: PLC0415 - see __init__

        fates = [Fate.MAY_PASS] * len(messages)
        broken = False

        def settle(position: int) -> Callable[[Any, Any], None]:
            def on_delivery(error: Any, _record: Any) -> None:
                nonlocal broken
                broken = broken or _is_fatal(error)
                fates[position] = _kafka_fate(error)

            return on_delivery

        for position, (message, body) in enumerate(messages):
            try:
                self._producer.produce(
                    self._topic, key=message.execution_id.encode(), value=body.encode(), on_delivery=settle(position)
                )
            except BufferError:
                break  # the queue is full until a flush empties it: what is not in it comes again, in order
            except KafkaException as refused:
                # Refused before it is sent, such as a message over the client's `message.max.bytes`.
                fates[position] = _kafka_fate(refused.args[0])
                broken = broken or _is_fatal(refused.args[0])
                if fates[position] is Fate.MAY_PASS:
                    break
        self._producer.flush(self._timeout + 1)
        if broken:
            # An idempotent producer never recovers from a fatal error, and this process may live for hours.
            self._producer = self._new_producer()
        return fates


def _is_fatal(error: Any) -> bool:
    """What `produce` raises has the code of a fatal error without its flag."""
    from confluent_kafka import KafkaError  # noqa: PLC0415 - see KafkaTopic

    return error is not None and (error.fatal() or error.code() == KafkaError._FATAL)  # noqa: SLF001 - librdkafka's name


def _kafka_fate(error: Any) -> Fate:
    from confluent_kafka import KafkaError  # noqa: PLC0415 - see KafkaTopic

    if error is None:
        return Fate.PUBLISHED
    permanent = {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_RECORD}
    return Fate.PERMANENT if error.code() in permanent else Fate.MAY_PASS

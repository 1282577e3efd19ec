"""A Kafka topic as a target: the same bodies as on the bus, keyed by execution, through librdkafka.

The native library is loaded only by a function that has such a target.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from saga_orchestrator.application.ports import Clock, Fate
from saga_orchestrator.domain.render import Message

RENEWAL_SECONDS: Final = 30
"""The login is read again at most this often, however long a wrong password is refused."""


class KafkaTopic:
    """`configuration` reads where the brokers are and the login for them; it is asked again when that is refused."""

    def __init__(
        self, configuration: Callable[[], dict[str, Any]], topic: str, clock: Clock, delivery_seconds: float = 10.0
    ) -> None:
        import confluent_kafka as kafka  # noqa: PLC0415 - see above

        self._make: Callable[[dict[str, Any]], Any] = kafka.Producer
        self._refused = kafka.KafkaException
        code = kafka.KafkaError
        # What the broker, or its client before it sends, says of this very message (Kafka protocol guide, error codes).
        self._permanent = {code.MSG_SIZE_TOO_LARGE, code.INVALID_RECORD}
        self._wrong_login = {code._AUTHENTICATION, code.SASL_AUTHENTICATION_FAILED}  # noqa: SLF001 - librdkafka's name
        self._fatal = code._FATAL  # noqa: SLF001 - librdkafka's name
        self._read_configuration = configuration
        self._configuration: dict[str, Any] | None = None
        self._topic = topic
        self._clock = clock
        self._delivery_seconds = delivery_seconds
        self._renewed_at: int | None = None
        self._login_refused = False
        self._producer: Any = None

    def publish(self, messages: Sequence[tuple[Message, str]]) -> list[Fate]:
        fates = self._attempt(messages)
        left = [position for position, fate in enumerate(fates) if fate is Fate.MAY_PASS]
        if left and self._login_refused and self._renew():
            again = self._attempt([messages[position] for position in left])
            for position, fate in zip(left, again, strict=True):
                fates[position] = fate
        return fates

    def _attempt(self, messages: Sequence[tuple[Message, str]]) -> list[Fate]:
        if self._producer is None:
            self._producer = self._new_producer()
        fates = [Fate.MAY_PASS] * len(messages)
        broken = False

        def settle(position: int) -> Callable[[Any, Any], None]:
            def on_delivery(error: Any, _record: Any) -> None:
                nonlocal broken
                broken = broken or self._is_fatal(error)
                fates[position] = self._fate(error)

            return on_delivery

        for position, (message, body) in enumerate(messages):
            try:
                self._producer.produce(
                    self._topic, key=message.execution_id.encode(), value=body.encode(), on_delivery=settle(position)
                )
            except BufferError:
                break  # the queue is full until a flush empties it: what is not in it comes again, in order
            except self._refused as refused:
                # Refused before it is sent, such as a message over the client's `message.max.bytes`.
                fates[position] = self._fate(refused.args[0])
                broken = broken or self._is_fatal(refused.args[0])
                if fates[position] is Fate.MAY_PASS:
                    break
        self._producer.flush(self._delivery_seconds + 1)
        if broken:
            # An idempotent producer never recovers from a fatal error, and this process may live for hours.
            self._producer = self._new_producer()
        return fates

    def _new_producer(self) -> Any:
        self._login_refused = False
        self._configuration = self._configuration or self._read_configuration()
        return self._make(
            {
                **self._configuration,
                "enable.idempotence": True,
                "acks": "all",
                "delivery.timeout.ms": int(self._delivery_seconds * 1000),
                "error_cb": self._on_error,
            }
        )

    def _renew(self) -> bool:
        """A new producer with the login as it is now, unless it was read a moment ago."""
        now = self._clock()
        if self._renewed_at is not None and now - self._renewed_at < RENEWAL_SECONDS * 1000:
            return False
        self._renewed_at = now
        self._configuration = None
        self._producer = self._new_producer()
        return True

    def _on_error(self, error: Any) -> None:
        """What concerns no single message: librdkafka tells a refused login here, and lets the messages time out."""
        self._login_refused = self._login_refused or error.code() in self._wrong_login

    def _fate(self, error: Any) -> Fate:
        if error is None:
            return Fate.PUBLISHED
        self._on_error(error)
        return Fate.PERMANENT if error.code() in self._permanent else Fate.MAY_PASS

    def _is_fatal(self, error: Any) -> bool:
        """What `produce` raises has the code of a fatal error without its flag."""
        return error is not None and (error.fatal() or error.code() == self._fatal)

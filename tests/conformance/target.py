"""A Kafka target without a broker: what the relay hands to librdkafka is kept, or refused as a broker would."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import KafkaError, KafkaException


@dataclass
class KafkaStandIn:
    """Stands where `confluent_kafka.Producer` stands; one for each relay, as the relay makes one a process."""

    configuration: dict[str, Any] = field(default_factory=dict)
    sent: list[tuple[bytes, bytes]] = field(default_factory=list)
    refuses: dict[str, int] = field(default_factory=dict)
    """Text in a body to the error code that its delivery reports."""
    largest: int = 1_000_000
    """`message.max.bytes`, which librdkafka checks before it sends."""
    _reports: list[Callable[[], None]] = field(default_factory=list)

    def __call__(self, configuration: dict[str, Any]) -> "KafkaStandIn":
        self.configuration = configuration
        return self

    def produce(self, _topic: str, *, key: bytes, value: bytes, on_delivery: Callable[[Any, Any], None]) -> None:
        if len(value) > self.largest:
            raise KafkaException(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE))
        code = next((code for text, code in self.refuses.items() if text.encode() in value), None)
        if code is None:
            self.sent.append((key, value))
        error = None if code is None else KafkaError(code)
        self._reports.append(lambda: on_delivery(error, None))

    def flush(self, _timeout: float) -> int:
        reports, self._reports = self._reports, []
        for report in reports:
            report()
        return 0

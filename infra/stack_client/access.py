"""How a program beside the stack reaches it: what every such program is told, and the clients that follow from it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import boto3
from botocore.config import Config

from stack_client.publishers import (
    EventBridgePublisher,
    EventPublisher,
    KafkaPublisher,
    RoutedPublisher,
    Transport,
    alternating,
)


@dataclass(frozen=True)
class StackAccess:
    """Where the stack is, and how events get there. A program's own options come after these."""

    aws_endpoint: str
    region: str
    event_bus: str
    event_source: str = "executions"
    kafka_bootstrap: str | None = None
    """With a broker about half of the sagas hear over Kafka; without, all over EventBridge."""
    topics: Mapping[str, str] = field(default_factory=dict)
    access_key: str = "local"
    secret_key: str = "local"  # noqa: S105  the emulator checks none

    def to_json(self) -> str:
        """One argument of a process, which reads it back into the class that it was."""
        return json.dumps(asdict(self))

    def client(self, service: str, connections: int = 10) -> Any:
        session = boto3.Session(
            aws_access_key_id=self.access_key, aws_secret_access_key=self.secret_key, region_name=self.region
        )
        config = Config(
            connect_timeout=5,
            read_timeout=30,
            retries={"mode": "standard", "total_max_attempts": 3},
            max_pool_connections=connections,
            proxies={},
        )
        return session.client(service, endpoint_url=self.aws_endpoint, config=config)

    def publisher(self, events: Any) -> tuple[EventPublisher, KafkaPublisher | None]:
        """What publishes, and what of it must be closed in the end."""
        bridge = EventBridgePublisher(events, self.event_bus, self.event_source)
        if self.kafka_bootstrap is None:
            return bridge, None
        kafka = KafkaPublisher(self.kafka_bootstrap, self.topics)
        return RoutedPublisher({Transport.EVENTBRIDGE: bridge, Transport.KAFKA: kafka}, alternating), kafka

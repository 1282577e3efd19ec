"""The Kafka that the stack talks to: librdkafka's mock cluster inside this process, or any real broker that somebody
else runs.

The mock speaks the protocol over loopback sockets, so outside clients use it like any cluster. What it lacks is stated
where it matters: topics have four partitions and keep 5 MB each, a group needs 3 s to form, nothing survives the
process.
"""

from collections.abc import Iterable
from typing import Any, Protocol

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # public, not in __all__

from local_stack.errors import KafkaUnavailableError
from local_stack.sources.kafka_gateway import KafkaGateway

#: A script may have 1 MiB and travels inside JSON; Kafka's default limit of a topic is just under that.
MAX_MESSAGE_BYTES = 4 * 1024 * 1024
_TIMEOUT_SECONDS = 10
#: Hides the client library's notes about connections that close when the broker does.
QUIET = {"log_level": 2}


class KafkaBroker(Protocol):
    """`bootstrap` is for everybody, `inside` for this process alone. `is_private` says that nobody outside this process
    joins consumer groups, so pollers may take partitions directly."""

    bootstrap: str
    inside: str
    is_private: bool

    def create_topics(self, names: Iterable[str]) -> None: ...

    def close(self) -> None: ...


class EmbeddedBroker:
    """librdkafka's mock cluster. Clients reach it through a gateway: the cluster's own port cannot be chosen, and only
    librdkafka understands how it answers clients that are newer than it is. This process asks it directly."""

    is_private = True

    def __init__(self, port: int = 0) -> None:
        self._cluster: Producer | None = Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1, **QUIET})
        (broker,) = _metadata(self._cluster).brokers.values()
        self.inside = f"{broker.host}:{broker.port}"
        self._gateway = KafkaGateway(port, (broker.host, broker.port))
        self.bootstrap = f"127.0.0.1:{self._gateway.port}"

    def create_topics(self, names: Iterable[str]) -> None:
        """The mock has no admin API; asking for a topic by name makes it. One that is first made by a record is seen
        seconds late by its consumers."""
        for name in names:
            if self._cluster is not None:
                _metadata(self._cluster, name)

    def close(self) -> None:
        self._gateway.close()
        self._cluster = None  # the cluster dies with its last reference


class ExternalBroker:
    """A broker that was there before the stack and stays afterwards."""

    is_private = False

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = self.inside = bootstrap
        # Kept for as long as futures are pending: a destroyed client cancels them.
        self._admin = AdminClient(
            {"bootstrap.servers": bootstrap, "socket.timeout.ms": _TIMEOUT_SECONDS * 1000, **QUIET}
        )
        try:
            self._admin.list_topics(timeout=_TIMEOUT_SECONDS)
        except KafkaException as exc:
            message = f"no Kafka broker answers at {bootstrap}"
            raise KafkaUnavailableError(message) from exc

    def create_topics(self, names: Iterable[str]) -> None:
        existing = self._admin.list_topics(timeout=_TIMEOUT_SECONDS).topics
        config = {"max.message.bytes": str(MAX_MESSAGE_BYTES)}
        missing = [
            NewTopic(name, num_partitions=4, replication_factor=1, config=config)
            for name in names
            if name not in existing
        ]
        for future in self._admin.create_topics(missing).values() if missing else ():
            try:
                future.result(_TIMEOUT_SECONDS)
            except KafkaException as exc:
                if exc.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise KafkaUnavailableError(str(exc.args[0])) from exc

    def close(self) -> None:
        """Nothing of ours runs there."""


def _metadata(cluster: Producer, topic: str | None = None) -> Any:
    """What the mock says of itself and of a topic, which it thereby makes."""
    try:
        return cluster.list_topics(topic, timeout=_TIMEOUT_SECONDS)
    except KafkaException as exc:
        message = f"the built-in Kafka broker does not answer: {exc.args[0]}"
        raise KafkaUnavailableError(message) from exc


def broker_for(bootstrap: str | None, port: int) -> KafkaBroker:
    return ExternalBroker(bootstrap) if bootstrap else EmbeddedBroker(port)

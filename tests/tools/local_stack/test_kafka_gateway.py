"""The built-in broker as clients that are not librdkafka meet it."""

import socket
import struct
from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, Producer

from local_stack.sources.kafka_broker import EmbeddedBroker
from local_stack.sources.kafka_frames import API_VERSIONS, METADATA, request_of, with_port


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    broker = EmbeddedBroker()
    yield broker
    broker.close()


class Wire:
    """A client that speaks the protocol by hand."""

    def __init__(self, bootstrap: str) -> None:
        host, port = bootstrap.split(":")
        self._socket = socket.create_connection((host, int(port)), timeout=10)

    def ask(self, api_key: int, version: int, body: bytes, correlation_id: int = 7) -> bytes:
        head = struct.pack(">hhi", api_key, version, correlation_id) + struct.pack(">h", 5) + b"probe"
        if api_key == API_VERSIONS and version >= 3:
            head += b"\x00"  # the flexible header's tagged fields
        request = head + body
        self._socket.sendall(struct.pack(">i", len(request)) + request)
        with self._socket.makefile("rb") as stream:
            (length,) = struct.unpack(">i", stream.read(4))
            return stream.read(length)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def wire(broker: EmbeddedBroker) -> Iterator[Wire]:
    wire = Wire(broker.bootstrap)
    yield wire
    wire.close()


SOFTWARE = bytes([5]) + b"name" + bytes([2]) + b"1" + b"\x00"


@pytest.mark.parametrize("version", [3, 4, 5])
def test_a_newer_api_versions_request_is_refused_in_the_form_that_every_client_reads(wire: Wire, version: int) -> None:
    answer = wire.ask(API_VERSIONS, version, SOFTWARE)

    assert struct.unpack(">ihihhh", answer) == (7, 35, 1, API_VERSIONS, 0, 2)


def test_the_client_goes_on_with_a_version_that_is_known_on_the_same_connection(wire: Wire) -> None:
    wire.ask(API_VERSIONS, 4, SOFTWARE)

    correlation_id, error, count = struct.unpack_from(">ihi", wire.ask(API_VERSIONS, 2, b"", correlation_id=8))

    assert (correlation_id, error) == (8, 0)
    assert count > 10


def test_the_cluster_names_the_gateway_as_its_broker(broker: EmbeddedBroker, wire: Wire) -> None:
    answer = wire.ask(METADATA, 1, struct.pack(">i", -1))

    correlation_id, brokers, _, length = struct.unpack_from(">iiih", answer)
    host = answer[14 : 14 + length].decode()
    (port,) = struct.unpack_from(">i", answer, 14 + length)
    assert (correlation_id, brokers) == (7, 1)
    assert f"{host}:{port}" == broker.bootstrap
    assert broker.bootstrap != broker.inside


def test_groups_are_coordinated_through_the_gateway_too(broker: EmbeddedBroker) -> None:
    broker.create_topics(["topic"])
    producer = Producer({"bootstrap.servers": broker.bootstrap})
    producer.produce("topic", b"x")
    assert producer.flush(30) == 0
    settings = {
        "bootstrap.servers": broker.bootstrap,
        "group.id": "g",
        "auto.offset.reset": "earliest",
        "session.timeout.ms": 6000,
    }
    consumer = Consumer(settings)
    consumer.subscribe(["topic"])
    (message,) = consumer.consume(1, timeout=60)
    known = {f"{one.host}:{one.port}" for one in consumer.list_topics(timeout=10).brokers.values()}
    consumer.close()

    assert message.value() == b"x"
    assert known == {broker.bootstrap}


def test_only_this_address_is_readdressed() -> None:
    plain = struct.pack(">h", 9) + b"127.0.0.1" + struct.pack(">i", 9092)
    compact = bytes([10]) + b"127.0.0.1" + struct.pack(">i", 9092)
    other = struct.pack(">h", 9) + b"127.0.0.2" + struct.pack(">i", 9092)

    for before in (plain, compact):
        assert with_port(before, "127.0.0.1", 9092, 1234) == before[:-4] + struct.pack(">i", 1234)
    assert with_port(other, "127.0.0.1", 9092, 1234) == other


def test_what_is_too_short_is_no_request() -> None:
    assert request_of(b"\x00\x12\x00") is None

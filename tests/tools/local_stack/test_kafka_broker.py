"""The broker in this process, and what a poller says when records are gone before it read them."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from confluent_kafka import Consumer, KafkaException, Producer

from local_stack.errors import KafkaUnavailableError, PortTakenError
from local_stack.functions.destinations import Destinations
from local_stack.functions.function_spec import FunctionSpec
from local_stack.functions.lambda_service import LambdaService
from local_stack.functions.sandbox import Outcome
from local_stack.sources.batch_size import split_by_size
from local_stack.sources.kafka_broker import EmbeddedBroker, ExternalBroker
from local_stack.sources.kafka_event import KafkaRecord, reported_failures
from local_stack.sources.kafka_mapping import RETRIES_WITH_DESTINATION, KafkaPoller, effective_policy
from local_stack.sources.mapping_config import INFINITE, FailurePolicy, KafkaMapping
from local_stack.stack_event import EventKind, StackEvent


def mapping(**changes: Any) -> KafkaMapping:
    settings: dict[str, Any] = {
        "mapping_id": "m",
        "function": "fn",
        "topic": "topic",
        "group": "group",
        "cluster_arn": "arn:aws:kafka:r:1:cluster/c/0",
        "bootstrap": None,
        "batch_size": 100,
        "window_seconds": 0.0,
        "starting_position": "TRIM_HORIZON",
        "starting_timestamp": None,
        "filters": (),
        "policy": FailurePolicy(),
        "provisioned": False,
    }
    return KafkaMapping(**{**settings, **changes})


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    broker = EmbeddedBroker()
    yield broker
    broker.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_fixed_port_serves_ordinary_clients() -> None:
    port = free_port()
    broker = EmbeddedBroker(port)
    try:
        assert broker.bootstrap == f"127.0.0.1:{port}"
        broker.create_topics(["topic"])
        producer = Producer({"bootstrap.servers": broker.bootstrap})
        producer.produce("topic", b"x" * 900_000)
        assert producer.flush(30) == 0
        consumer = Consumer(
            {
                "bootstrap.servers": broker.bootstrap,
                "group.id": "g",
                "auto.offset.reset": "earliest",
                "session.timeout.ms": 6000,
            }
        )
        consumer.subscribe(["topic"])
        (message,) = consumer.consume(1, timeout=60)
        assert message.value() == b"x" * 900_000
        consumer.close()
    finally:
        broker.close()
    EmbeddedBroker(port).close()  # the port is free for the next stack


def test_a_taken_port_is_one_clear_line() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(PortTakenError, match=rf"port {other.getsockname()[1]} .* cannot be used"):
            EmbeddedBroker(other.getsockname()[1])


def test_an_external_broker_that_does_not_answer_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local_stack.sources.kafka_broker._TIMEOUT_SECONDS", 1)
    with pytest.raises(KafkaUnavailableError, match=r"no Kafka broker answers at 127\.0\.0\.1:9"):
        ExternalBroker("127.0.0.1:9")


def test_records_that_the_broker_deleted_unread_are_announced(
    broker: EmbeddedBroker, eventually: Callable[..., Any]
) -> None:
    broker.create_topics(["topic"])
    producer = Producer({"bootstrap.servers": broker.bootstrap, "message.max.bytes": 2_000_000})
    for _ in range(8):
        producer.produce("topic", b"x" * 1024 * 1024, partition=0)
    assert producer.flush(60) == 0
    said: list[StackEvent] = []
    functions = Mock(spec=LambdaService, functions={"fn": FunctionSpec("fn", "Fn", "arn", "h", Path())})
    functions.invoke.return_value = Outcome("r", b"null")
    poller = KafkaPoller(mapping(), broker, functions, Mock(spec=Destinations), said.append, Mock())
    poller.start()
    poller.wait_assigned()
    eventually(lambda: functions.invoke.called)
    poller.close()
    (lost,) = [one for one in said if one.kind is EventKind.RECORDS_LOST]
    assert lost.fields["records"] >= 1
    assert "deleted by the broker before they were read" in lost.detail


def test_a_poller_says_how_long_it_waited_for_its_partitions(broker: EmbeddedBroker) -> None:
    functions = Mock(spec=LambdaService, functions={"fn": FunctionSpec("fn", "Fn", "arn", "h", Path())})
    poller = KafkaPoller(mapping(), broker, functions, Mock(spec=Destinations), lambda _: None, Mock())
    with pytest.raises(KafkaUnavailableError, match="topic got no partitions within 0 s"):
        poller.wait_assigned(0.01)
    poller.close()


def test_a_poller_that_cannot_read_its_topic_is_one_clear_line(broker: EmbeddedBroker) -> None:
    functions = Mock(spec=LambdaService, functions={"fn": FunctionSpec("fn", "Fn", "arn", "h", Path())})
    poller = KafkaPoller(mapping(), broker, functions, Mock(spec=Destinations), lambda _: None, Mock())
    poller._consumer = Mock(**{"list_topics.side_effect": KafkaException("the broker is away")})
    with pytest.raises(KafkaUnavailableError, match="the poller of topic topic cannot read it: the broker is away"):
        poller.start()
    poller.close()


def test_nothing_of_the_broker_is_left(broker: EmbeddedBroker) -> None:
    before = threading.active_count()
    with_forwarder = EmbeddedBroker(free_port())
    with_forwarder.close()
    assert threading.active_count() == before


class TestPolicy:
    """What the declared settings are worth in each mode."""

    def test_on_demand_knows_neither_limits_nor_lists(self) -> None:
        declared = FailurePolicy(max_retries=3, max_age_seconds=60, bisect=True, partial_responses=True)
        assert effective_policy(mapping(policy=declared)) == FailurePolicy()

    def test_a_destination_bounds_endless_retries(self) -> None:
        declared = FailurePolicy(on_failure="arn:aws:s3:::b")
        for provisioned in (False, True):
            policy = effective_policy(mapping(policy=declared, provisioned=provisioned))
            assert policy.max_retries == RETRIES_WITH_DESTINATION

    def test_provisioned_keeps_what_is_declared(self) -> None:
        declared = FailurePolicy(max_retries=3, bisect=True, partial_responses=True, on_failure="arn:aws:s3:::b")
        assert effective_policy(mapping(policy=declared, provisioned=True)) == declared
        unlimited = FailurePolicy(max_retries=INFINITE)
        assert effective_policy(mapping(policy=unlimited, provisioned=True)) == unlimited


def record(offset: int, size: int = 10) -> KafkaRecord:
    return KafkaRecord("topic", 0, offset, 0, {}, size)


class TestBatchSize:
    def test_a_batch_ends_before_the_payload_limit(self) -> None:
        records = [record(0, 40), record(1, 40), record(2, 40)]
        assert split_by_size(records, 100) == (records[:2], records[2:])

    def test_a_single_record_is_always_passed_on(self) -> None:
        assert split_by_size([record(0, 200), record(1, 1)], 100) == ([record(0, 200)], [record(1, 1)])


def item(**identifier: Any) -> dict[str, Any]:
    return {"itemIdentifier": identifier}


RECORDS = [record(5), record(6), record(7)]


@pytest.mark.parametrize(
    ("answer", "again"),
    [
        (b"null", []),
        (b"", []),
        (b"{}", []),
        (b'{"batchItemFailures": []}', []),
        (b'{"batchItemFailures": null}', []),
        (b'"text"', []),
        (b'{"batchItemFailures": [{"itemIdentifier": {"partition": "topic-0", "offset": 6}}]}', [6]),
        (b'{"batchItemFailures": [{"itemIdentifier": {"partition": "topic-0", "offset": 99}}]}', [5, 6, 7]),
        (b'{"batchItemFailures": [{"itemIdentifier": {"topic-partition": "topic-0", "offset": 6}}]}', [5, 6, 7]),
        (b'{"batchItemFailures": [{"itemIdentifier": "topic-0-6"}]}', [5, 6, 7]),
        (b'{"batchItemFailures": ["topic-0-6"]}', [5, 6, 7]),
        (b'{"batchItemFailures": [{"itemIdentifier": {"partition": ["topic-0"], "offset": 6}}]}', [5, 6, 7]),
        (b'{"batchItemFailures": {"partition": "topic-0", "offset": 6}}', [5, 6, 7]),
        (b'{"batchItemFailures": 6}', [5, 6, 7]),
    ],
)
def test_what_a_functions_answer_means(answer: bytes, again: list[int]) -> None:
    assert [one.offset for one in reported_failures(answer, RECORDS)] == again

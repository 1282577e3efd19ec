"""The Kafka target's login: a password that was changed while the process is warm is read again, and not too often."""

import json
from typing import Any

import boto3
import confluent_kafka
import pytest
from confluent_kafka import KafkaError, KafkaException

from saga_testing.history import History
from saga_testing.moto_world import World

FIELD_CASES = ("kafka-password-rotated",)

ALL_SENT: dict[str, Any] = {"batchItemFailures": []}
NONE_SENT = {"batchItemFailures": [{"itemIdentifier": "100"}]}


class Broker:
    """What librdkafka shows of a broker that knows one password. `refusal` is where it tells of a wrong one."""

    def __init__(self, refusal: str) -> None:
        self.password = "first"
        self.refusal = refusal
        self.taken: list[bytes] = []
        self.producers = 0

    def producer(self, configuration: dict[str, Any]) -> "Producer":
        self.producers += 1
        return Producer(self, configuration)


class Producer:
    def __init__(self, broker: Broker, configuration: dict[str, Any]) -> None:
        self.broker, self.configuration = broker, configuration
        self.queue: list[tuple[bytes, Any]] = []

    @property
    def welcome(self) -> bool:
        return bool(self.configuration["sasl.password"] == self.broker.password)

    def produce(self, _topic: str, *, key: bytes, value: bytes, on_delivery: Any) -> None:
        assert key
        if not self.welcome and self.broker.refusal == "at once":
            raise KafkaException(KafkaError(KafkaError._AUTHENTICATION))
        self.queue.append((value, on_delivery))

    def flush(self, _timeout: float) -> int:
        if not self.welcome and self.broker.refusal == "to the error callback":
            self.configuration["error_cb"](KafkaError(KafkaError._AUTHENTICATION))
        for value, on_delivery in self.queue:
            if self.welcome:
                self.broker.taken.append(value)
                on_delivery(None, None)
            elif self.broker.refusal == "in the report":
                on_delivery(KafkaError(KafkaError.SASL_AUTHENTICATION_FAILED), None)
            else:
                on_delivery(KafkaError(KafkaError._MSG_TIMED_OUT), None)
        self.queue.clear()
        return 0


def keep_secret(password: str) -> str:
    client = boto3.client("secretsmanager")
    text = json.dumps({"username": "relay", "password": password})
    try:
        arn: str = client.create_secret(Name="kafka", SecretString=text)["ARN"]
    except client.exceptions.ResourceExistsException:
        arn = client.put_secret_value(SecretId="kafka", SecretString=text)["ARN"]
    return arn


def connected(world: World, monkeypatch: pytest.MonkeyPatch, refusal: str) -> tuple[Broker, History]:
    broker = Broker(refusal)
    monkeypatch.setattr(confluent_kafka, "Producer", broker.producer)
    world.reconfigure(
        KAFKA_TARGET_BOOTSTRAP="broker:9096",
        KAFKA_TARGET_SECURITY="SASL_SSL",
        KAFKA_TARGET_SECRET_ARN=keep_secret("first"),
    )
    return broker, History.of(world, "EXECUTION_REQUESTED", "EXECUTION_FAILED")


@pytest.mark.parametrize("refusal", ["to the error callback", "in the report", "at once"])
def test_kafka_password_rotated(world: World, monkeypatch: pytest.MonkeyPatch, refusal: str) -> None:
    broker, history = connected(world, monkeypatch, refusal)
    assert world.relay(*history.records) == ALL_SENT

    broker.password = "second"
    keep_secret("second")
    broker.taken.clear()

    assert world.relay(*history.records) == ALL_SENT
    assert len(broker.taken) == 4
    assert broker.producers == 2


def test_a_password_that_stays_wrong_is_read_again_only_now_and_then(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker, history = connected(world, monkeypatch, "to the error callback")
    reads = 0
    client = world.at.sdk.secretsmanager
    original = type(client)._make_api_call.__get__(client)

    def call(name: str, arguments: dict[str, Any]) -> Any:
        nonlocal reads
        reads += 1
        return original(name, arguments)

    monkeypatch.setattr(client, "_make_api_call", call)
    broker.password = "unknown to us"

    assert [world.relay(*history.records) for _ in range(5)] == [NONE_SENT] * 5
    assert reads == 2
    world.now += 30_000
    assert [world.relay(*history.records) for _ in range(5)] == [NONE_SENT] * 5
    assert reads == 3

    world.now += 30_000
    broker.password = "second"
    keep_secret("second")
    assert world.relay(*history.records) == ALL_SENT


def test_other_failures_of_the_topic_read_no_secret(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    broker, history = connected(world, monkeypatch, "never told")
    assert world.relay(*history.records) == ALL_SENT
    broker.password = "second"
    keep_secret("second")

    assert world.relay(*history.records) == NONE_SENT
    assert broker.producers == 1


@pytest.mark.parametrize("text", ["no JSON", "[]", '"text"', '{"username": "relay"}', "null"])
def test_a_secret_that_is_none_is_waited_for(world: World, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    _, history = connected(world, monkeypatch, "at once")
    boto3.client("secretsmanager").put_secret_value(SecretId="kafka", SecretString=text)

    assert world.relay(*history.records) == NONE_SENT
    keep_secret("first")
    assert world.relay(*history.records) == ALL_SENT

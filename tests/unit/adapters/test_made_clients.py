"""Time-outs, attempts and guarantees, read from the made objects: a literal that nobody uses proves nothing."""

import io
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse, HeadersDict

from saga_orchestrator.adapters.sdk import Sdk
from saga_orchestrator.adapters.targets.kafka_topic import KafkaTopic

SERVICES = ("dynamodb", "s3", "sqs", "secretsmanager", "events", "functions")


@pytest.fixture
def sdk(monkeypatch: pytest.MonkeyPatch) -> Sdk:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    return Sdk(max_connections=21)


@pytest.mark.parametrize("service", SERVICES)
def test_every_client_gives_up_well_before_a_function_does(sdk: Sdk, service: str) -> None:
    client = getattr(sdk, service)
    config = client.meta.config

    assert client.meta.service_model.service_name == {"functions": "lambda"}.get(service, service)
    # A function that is called may take its whole time, and is not called again behind the caller's back.
    reading, attempts = {"functions": (18, 1)}.get(service, (3, 3))
    assert (config.connect_timeout, config.read_timeout) == (1, reading)
    assert (config.retries["mode"], config.retries["total_max_attempts"]) == ("standard", attempts)
    assert config.tcp_keepalive is True
    assert config.max_pool_connections == 21


@pytest.mark.parametrize(("kind", "status", "body"), [("Event", 202, b""), ("RequestResponse", 200, b"null")])
def test_an_answer_of_lambda_is_taken_as_it_is(sdk: Sdk, kind: str, status: int, body: bytes) -> None:
    """It comes as a stream, and may be nothing, or no object."""

    def answered(request: Any, **_event: Any) -> AWSResponse:
        return AWSResponse(request.url, status, HeadersDict({"content-length": str(len(body))}), Raw(body))

    sdk.functions.meta.events.register("before-send", answered)
    told = sdk.functions.invoke(FunctionName="f", InvocationType=kind, Payload=b"{}")

    assert (told["StatusCode"], told["Payload"].read()) == (status, body)


class Raw(io.BytesIO):
    """As urllib3 hands it over."""

    def stream(self, **_how: Any) -> Any:
        yield self.read()


def test_a_client_is_made_once(sdk: Sdk) -> None:
    assert sdk.dynamodb is sdk.dynamodb


def test_the_producer_waits_for_all_replicas_once_and_not_for_ever() -> None:
    made: list[dict[str, Any]] = []

    def make(configuration: dict[str, Any]) -> Any:
        made.append(configuration)
        return SimpleNamespace(produce=lambda *_, **__: None, flush=lambda _seconds: 0)

    topic = KafkaTopic(lambda: {"bootstrap.servers": "broker:9092"}, "topic", lambda: 0)
    topic._make = make
    topic.publish([])

    (configuration,) = made
    assert configuration["bootstrap.servers"] == "broker:9092"
    assert configuration["acks"] == "all"
    assert configuration["enable.idempotence"] is True
    assert configuration["delivery.timeout.ms"] == 10_000

"""The real handlers over the real adapters on moto, with a clock and dice of the test's own."""

import functools
import json
import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from moto import mock_aws

from saga_orchestrator.adapters.saga_codec import decode
from saga_orchestrator.adapters.sdk import Sdk
from saga_orchestrator.adapters.settings import Settings
from saga_orchestrator.application.ports import Reporting
from saga_orchestrator.bootstrap import Resources
from saga_orchestrator.domain.events import EventType
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.entrypoints.checker_function import CheckTimeouts
from saga_orchestrator.entrypoints.event_function import EventFunction
from saga_orchestrator.entrypoints.relay_function import CommandRelay
from saga_testing.saga_table import SAGA_TABLE
from saga_testing.sample_events import NOW_MS, eventbridge
from sagas import SAGAS

DATA_CALLS = {"PutItem", "UpdateItem", "GetItem", "TransactWriteItems", "BatchGetItem", "Query"}


@functools.cache
def _sdk_under_test() -> Sdk:
    """Shared by all tests of a process: making clients costs far more than using them."""
    return Sdk()


@functools.cache
def _observer() -> Sdk:
    """Clients of the test itself, so that its own calls are not counted."""
    return Sdk()


class Context:
    aws_request_id = "request-1"

    def __init__(self, remaining_ms: int = 30_000) -> None:
        self.remaining_ms = remaining_ms

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms


@dataclass
class World:
    """One deployment in memory."""

    settings: dict[str, str]
    now: int = NOW_MS
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    published: list[dict[str, Any]] = field(default_factory=list)
    sagas: SagaRegistry = SAGAS
    telemetry: Reporting | None = None

    def __post_init__(self) -> None:
        self.at = self._resources()

    def report_to(self, telemetry: Reporting) -> None:
        self.telemetry = telemetry
        self.at = self._resources()

    def register(self, sagas: SagaRegistry) -> None:
        self.sagas = sagas
        self.at = self._resources()

    def reconfigure(self, **settings: str) -> None:
        self.settings |= settings
        self.at = self._resources()

    def _resources(self) -> Resources:
        sdk = _sdk_under_test()
        lock = threading.RLock()  # moto's conditional writes are not atomic under threads
        for service in ("dynamodb", "s3", "sqs", "events"):
            client = getattr(sdk, service)
            original = type(client)._make_api_call.__get__(client)  # whatever an earlier test put in front is gone

            def call(name: str, arguments: dict[str, Any], original: Any = original) -> Any:
                with lock:
                    self.calls.append((name, arguments))
                    reply = original(name, arguments)
                    if name == "PutEvents":
                        self.published += [json.loads(entry["Detail"]) for entry in arguments["Entries"]]
                    return reply

            client._make_api_call = call
        return Resources(
            Settings.from_environment(self.settings),
            sdk,
            clock=lambda: self.now,
            pause=lambda _seconds: None,
            rng=random.Random(1),
            sagas=self.sagas,
            telemetry=self.telemetry,
            function="under-test",
        )

    def deliver(self, detail: dict[str, Any], source: str = "executions") -> None:
        """One event, through EventBridge, to the function of its type."""
        self.function(detail["event_type"]).run(eventbridge(detail, source), Context())

    def function(self, event_type: str) -> EventFunction:
        return EventFunction(self.at, EventType(event_type.upper()))

    def check(self) -> dict[str, Any]:
        return CheckTimeouts(self.at).run({}, Context())

    def relay(self, *records: dict[str, Any]) -> dict[str, Any]:
        return CommandRelay(self.at).run({"Records": list(records)}, Context())

    def saga(self, execution_id: str = "ex-1") -> Saga | None:
        item = self.item(execution_id)
        return decode(item) if item else None

    def item(self, execution_id: str = "ex-1") -> dict[str, Any] | None:
        reply = _observer().dynamodb.get_item(
            TableName="sagas", Key={"execution_id": {"S": execution_id}, "saga_name": {"S": "execution_saga"}}
        )
        item: dict[str, Any] | None = reply.get("Item")
        return item

    def items(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = _observer().dynamodb.scan(TableName="sagas")["Items"]
        return found

    def slots(self) -> int:
        return sum(int(item["n"]["N"]) for item in self.items() if item["saga_name"]["S"] == "#counter")

    def rejected(self) -> list[dict[str, Any]]:
        sqs = _observer().sqs
        found = []
        while messages := sqs.receive_message(QueueUrl=self.settings["REJECTED_QUEUE_URL"], MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                found.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=self.settings["REJECTED_QUEUE_URL"], ReceiptHandle=message["ReceiptHandle"])
        return found

    def data_calls(self) -> list[str]:
        return [name for name, _ in self.calls if name in DATA_CALLS]


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        _observer().dynamodb.create_table(**SAGA_TABLE)
        _observer().s3.create_bucket(Bucket="payloads")
        _observer().events.create_event_bus(Name="bus")
        queue = _observer().sqs.create_queue(QueueName="rejected")["QueueUrl"]
        yield World(
            {
                "SAGA_TABLE": "sagas",
                "PAYLOAD_BUCKET": "payloads",
                "REJECTED_QUEUE_URL": queue,
                "EVENT_BUS_NAME": "bus",
                "ADMIN_USERS": "root-admin",
                "DEFAULT_LANGUAGE_LIMIT": "100",
            }
        )

"""One deployment in memory: production handlers over the simulated AWS, with a clock that stands still."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace
from typing import Any, Final

from saga_orchestrator.adapters.settings import Settings
from saga_orchestrator.application.ports import Reporting
from saga_orchestrator.bootstrap import Resources
from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints.checker_function import CheckTimeouts
from saga_orchestrator.entrypoints.event_function import EventFunction
from saga_orchestrator.entrypoints.relay_function import CommandRelay
from saga_testing.aws.dynamodb.client import SimulatedDynamoDb
from saga_testing.aws.events import SimulatedEventBus
from saga_testing.aws.s3 import SimulatedS3
from saga_testing.aws.sqs import SimulatedSqs
from saga_testing.executor import InTurn
from saga_testing.faults import Fault, Killed, inflict
from saga_testing.saga_table import SAGA_TABLE
from saga_testing.sample_events import NOW_MS
from saga_testing.telemetry import RecordingTelemetry
from sagas import SAGAS
from tests.proof.exhaustion.invariants import check_history, check_published, check_reflected

STREAM_ARN: Final = "arn:aws:dynamodb:us-east-1:123456789012:table/sagas/stream/1"
QUEUE_URL: Final = "https://sqs.us-east-1.amazonaws.com/123456789012/rejected"
MAX_DELIVERIES: Final = 12
"""More than any two faults can cause: whoever needs more is not making progress."""

_ENVIRONMENT: Final = {
    "SAGA_TABLE": "sagas",
    "PAYLOAD_BUCKET": "payloads",
    "REJECTED_QUEUE_URL": QUEUE_URL,
    "EVENT_BUS_NAME": "bus",
    "ADMIN_USERS": "root-admin",
    "DEFAULT_LANGUAGE_LIMIT": "1",
    # One shard, so that a run with faults and one without take the same unit.
    "COUNTER_SHARDS": "1",
    "DEADLINE_SHARDS": "2",
}


@cache
def settings(kafka_mode: str = "on-demand", limit: int = 1) -> Settings:
    """Read once: thousands of deployments share it, as containers of one deployment do."""
    return Settings.from_environment(_ENVIRONMENT | {"KAFKA_MODE": kafka_mode, "DEFAULT_LANGUAGE_LIMIT": str(limit)})


class Context:
    """Lambda's context with all the time in the world."""

    aws_request_id = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


@dataclass(frozen=True)
class Delivery:
    """One invocation: the same envelope every time it is delivered, as a redelivery is."""

    name: str
    function: str
    """An event type, `checker` or `relay`."""
    event: Any = None
    clock_ms: int = 0
    """How far the clock moves before it."""
    kafka_mode: str = "on-demand"


@dataclass
class Wire:
    """Between the handlers and the simulated AWS: counts the calls, and makes the planned ones go wrong."""

    plan: dict[int, Fault] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    before_call: Callable[[str], None] = lambda _operation: None
    after_call: Callable[[], None] = lambda: None

    def client(self, target: Any) -> Any:
        return _Client(self, target)

    def invoke(self, operation: str, call: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        self.before_call(operation)
        fault = self.plan.get(len(self.calls))
        self.calls.append(operation)
        try:
            return inflict(fault, operation, call, arguments) if fault else call(**arguments)
        finally:
            self.after_call()


class _Client:
    """Stands where the botocore client stands."""

    def __init__(self, wire: Wire, target: Any) -> None:
        self._wire = wire
        self._target = target

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        call = getattr(self._target, operation)

        def invoke(**arguments: Any) -> Any:
            return self._wire.invoke(operation, call, arguments)

        return invoke


@dataclass(frozen=True)
class Account:
    """All that a deployment leaves behind and anybody can see. Two runs that differ in nothing here are the same."""

    items: dict[tuple[str, str], dict[str, Any]]
    published: dict[str, str]
    """Message id to its bytes."""
    order: tuple[tuple[str, ...], ...]
    """Message ids of each execution in the order of their first publication."""
    rejected: frozenset[tuple[str, str]]
    """(reason, key) of the pointers."""
    objects: dict[str, bytes]


class Deployment:
    """Table, bucket, queue and bus, and containers made as needed."""

    def __init__(self, limit: int = 1) -> None:
        self.now = NOW_MS
        self.limit = limit
        self.table = SimulatedDynamoDb(lambda: self.now)
        self.table.create_table(**SAGA_TABLE)
        self.bucket, self.queue, self.bus = SimulatedS3(), SimulatedSqs(), SimulatedEventBus()
        self.bucket.create_bucket(Bucket="payloads")
        self.queue.create_queue(QueueName="rejected", QueueUrl=QUEUE_URL)
        self.wire = Wire(after_call=self.check_slots)
        self.relayed = 0

    def container(
        self, kafka_mode: str = "on-demand", wire: Wire | None = None, telemetry: Reporting | None = None
    ) -> Resources:
        """A fresh process: nothing in memory survives a kill."""
        wire = wire or self.wire
        sdk = SimpleNamespace(
            dynamodb=wire.client(self.table),
            s3=wire.client(self.bucket),
            sqs=wire.client(self.queue),
            events=wire.client(self.bus),
        )
        return Resources(
            settings(kafka_mode, self.limit),
            sdk,
            clock=lambda: self.now,
            pause=lambda _seconds: None,
            rng=random.Random(1),
            sagas=SAGAS,
            telemetry=telemetry or RecordingTelemetry(),
            executor=InTurn(),
            function="under-test",
        )

    def invoke(self, delivery: Delivery, wire: Wire | None = None) -> bool:
        """One invocation. True when its source may forget it, False when it must deliver it again."""
        at = self.container(delivery.kafka_mode, wire)
        try:
            if delivery.function == "checker":
                return not CheckTimeouts(at).run({}, Context())["unfinished"]
            if delivery.function == "relay":
                return self._relay(at)
            answer = EventFunction(at, EventType(delivery.function)).run(delivery.event, Context())
        except (RetryableError, Killed):
            return False
        acknowledged = not (answer or {}).get("batchItemFailures")
        if acknowledged and "detail" in delivery.event and not self.queue.bodies(QUEUE_URL):
            execution_id = delivery.event["detail"]["execution_id"]
            key = {"execution_id": {"S": execution_id}, "saga_name": {"S": "execution_saga"}}
            check_reflected(delivery.function, self.table.get_item(TableName="sagas", Key=key).get("Item"))
        return acknowledged

    def _relay(self, at: Resources) -> bool:
        """The stream from the checkpoint on: a failed record is where the next batch begins."""
        records = [record.as_lambda_record(STREAM_ARN) for record in self.table.stream[self.relayed :]]
        answer = CommandRelay(at).run({"Records": records}, Context())
        failures = [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
        numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
        self.relayed += numbers.index(failures[0]) if failures else len(records)
        return not failures

    def deliver(self, delivery: Delivery) -> int:
        """Deliver until acknowledged; how often it took."""
        self.now += delivery.clock_ms
        for times in range(1, MAX_DELIVERIES + 1):
            if self.invoke(delivery):
                return times
        msg = f"{delivery.name} was not acknowledged after {MAX_DELIVERIES} deliveries"
        raise AssertionError(msg)

    def check_slots(self) -> None:
        """S7 at every instant: the counter is the number of sagas that hold a unit, and never beyond the limit."""
        held = taken = 0
        for item in self.table.items("sagas"):
            if item["saga_name"]["S"] == "#counter":
                taken += int(item["n"]["N"])
            elif "claim" in item:
                held += 1
        assert held == taken <= max(self.limit, 0), f"{held} sagas hold a slot, the counter says {taken}"

    def account(self) -> Account:
        """What is there once the relay is through; the promises are looked at in the whole history of it."""
        bodies = [json.loads(entry["Detail"]) for entry in self.bus.accepted]
        published: dict[str, str] = {}
        order: dict[str, list[str]] = {}
        for entry, body in zip(self.bus.accepted, bodies, strict=True):
            known = published.setdefault(body["message_id"], entry["Detail"])
            assert known == entry["Detail"], f"{body['message_id']} was published with two contents"
            ids = order.setdefault(body["execution_id"], [])
            if body["message_id"] not in ids:
                ids.append(body["message_id"])
        check_published(published, check_history(self.table.stream, self.limit))
        pointers = [json.loads(body) for body in self.queue.bodies(QUEUE_URL)]
        return Account(
            items={(item["execution_id"]["S"], item["saga_name"]["S"]): item for item in self.table.items("sagas")},
            published=published,
            order=tuple(tuple(ids) for _, ids in sorted(order.items())),
            rejected=frozenset((pointer["reason"], pointer["key"]) for pointer in pointers),
            objects=dict(self.bucket.objects("payloads")),
        )

"""The kit's deployment, with every delivery repeated until it is acknowledged, and the promises looked at."""

import json
from dataclasses import dataclass
from typing import Any, Final

from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints.checker_function import CheckTimeouts
from saga_orchestrator.entrypoints.event_function import EventFunction
from saga_testing.aws.account import QUEUE_URL
from saga_testing.deployment import EXECUTIONS, Deployment
from saga_testing.faults import Killed
from saga_testing.lambda_context import Context
from saga_testing.telemetry import RecordingTelemetry
from saga_testing.wire import Wire
from tests.proof.exhaustion.invariants import check_history, check_published, check_reflected
from tests.proof.exhaustion.judging import judge_writes

MAX_DELIVERIES: Final = 12
"""More than any two faults can cause: whoever needs more is not making progress."""

_ONE_SHARD: Final = {"COUNTER_SHARDS": "1", "DEADLINE_SHARDS": "2"}
"""So that a run with faults and one without take the same unit."""


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
    settings: tuple[tuple[str, str], ...] = ()
    """Of the process that runs it, where they differ from the deployment's."""


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


class CheckedDeployment(Deployment):
    """Deliveries are repeated until they are acknowledged, in new containers; slots are counted at each call."""

    def __init__(self, limit: int = 1) -> None:
        self.limit = limit
        super().__init__(
            {**_ONE_SHARD, "DEFAULT_LANGUAGE_LIMIT": str(limit)},
            sagas=EXECUTIONS,
            wire=Wire(after_call=self.check_slots),
            telemetry=RecordingTelemetry(),
        )
        self.table, self.bucket = self.aws.dynamodb, self.aws.s3
        self.queue, self.bus = self.aws.sqs, self.aws.events

    def invoke(self, delivery: Delivery, wire: Wire | None = None) -> bool:
        """One invocation. True when its source may forget it, False when it must deliver it again."""
        at = self.container(settings={"KAFKA_MODE": delivery.kafka_mode, **dict(delivery.settings)}, wire=wire)
        try:
            if delivery.function == "checker":
                return not CheckTimeouts(at).run({}, Context())["unfinished"]
            if delivery.function == "relay":
                return self.relay_stream(at)
            answer = EventFunction(at, EventType(delivery.function)).run(delivery.event, Context())
        except (RetryableError, Killed):
            return False
        acknowledged = not (answer or {}).get("batchItemFailures")
        if acknowledged and "detail" in delivery.event and not self.queue.bodies(QUEUE_URL):
            execution_id = delivery.event["detail"]["execution_id"]
            key = {"execution_id": {"S": execution_id}, "saga_name": {"S": "execution_saga"}}
            check_reflected(delivery.function, self.table.get_item(TableName="sagas", Key=key).get("Item"))
        return acknowledged

    def carry_out(self, delivery: Delivery) -> int:
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

    def open_counter(self) -> None:
        """As if python had been asked for before: its first claim ever costs more calls than the others."""
        if self.limit:
            self.container().counters.open("python", self.limit, int(self.settings["COUNTER_SHARDS"]))

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
        judge_writes(self.table.stream, self.settings, self.container())
        check_published(published, check_history(self.table.stream, self.limit))
        pointers = [json.loads(body) for body in self.queue.bodies(QUEUE_URL)]
        return Account(
            items={(item["execution_id"]["S"], item["saga_name"]["S"]): item for item in self.table.items("sagas")},
            published=published,
            order=tuple(tuple(ids) for _, ids in sorted(order.items())),
            rejected=frozenset((pointer["reason"], pointer["key"]) for pointer in pointers),
            objects=dict(self.bucket.objects("payloads")),
        )

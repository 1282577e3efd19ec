"""One deployment in memory: the real handlers over an AWS that is given, with a clock that stands still by itself."""

import functools
import json
import random
from collections.abc import Mapping
from concurrent.futures import Executor
from typing import Any, Final

from saga_orchestrator.adapters.settings import Settings
from saga_orchestrator.application.ports import Pause, Reporting
from saga_orchestrator.bootstrap import Resources
from saga_orchestrator.domain.events import EventType
from saga_orchestrator.domain.registry import REPLY, SagaRegistry
from saga_orchestrator.entrypoints.checker_function import CheckTimeouts
from saga_orchestrator.entrypoints.event_function import EventFunction
from saga_orchestrator.entrypoints.intake import Intake
from saga_orchestrator.entrypoints.relay_function import CommandRelay
from saga_orchestrator.entrypoints.saga_functions import CommandReplyFunction, SagaEventFunction
from saga_orchestrator.entrypoints.wakes.wake_function import SagaWake
from saga_testing.aws.account import QUEUE_URL, STREAM_ARN, WAKE_QUEUE_URL, SimulatedAws
from saga_testing.executor import InTurn
from saga_testing.lambda_context import Context
from saga_testing.samples.sample_events import NOW_MS, eventbridge
from saga_testing.table_reader import TableReader
from saga_testing.wire import Wire
from sagas import SAGAS
from sagas.execution import EXECUTION_SAGA
from sagas.order import ORDER

Json = dict[str, Any]

ENVIRONMENT: Final = {
    "SAGA_TABLE": "sagas",
    "PAYLOAD_BUCKET": "payloads",
    "REJECTED_QUEUE_URL": QUEUE_URL,
    "OPERATOR_TABLE": "operator",
    "EVENT_BUS_NAME": "bus",
    "ADMIN_USERS": "root-admin",
    "DEFAULT_LANGUAGE_LIMIT": "100",
}
"""What template.yaml would set. `settings` of a deployment come on top."""

WAKES: Final = {"WAKE_QUEUE_URL": WAKE_QUEUE_URL}
"""Settings of a deployment whose relay sends wakes; without them what is due is left to the checker."""

EXECUTIONS: Final = SagaRegistry((EXECUTION_SAGA,))
"""The execution saga alone: what this project's own tests are about, whatever else a user has registered."""

EXECUTIONS_AND_ORDERS: Final = SagaRegistry((EXECUTION_SAGA, ORDER))
"""Both sagas that this project comes with, for tests of the one beside the other."""

IN_TURN: Final = InTurn()


@functools.lru_cache(maxsize=512)
def settings_of(pairs: tuple[tuple[str, str], ...]) -> Settings:
    """Read once: thousands of deployments share it, as containers of one deployment do."""
    return Settings.from_environment(dict(pairs))


def no_pause(_seconds: float) -> None:
    """Time passes when the test says so."""


def queued(message: Json) -> Json:
    """A received message, as Lambda passes it on."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": {},
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:wakes",
        "awsRegion": "us-east-1",
    }


class Deployment(TableReader):
    """Table, bucket, queue and bus, and the functions on them. Nothing happens unless a test asks for it.

    `aws`: four clients by name; in memory unless given. `wire`: what stands between them and the handlers, to count
    calls and to inject faults. `telemetry`: None prints, as in production. `executor`: None takes threads, as there.
    """

    def __init__(
        self,
        settings: Mapping[str, str] | None = None,
        *,
        sagas: SagaRegistry = SAGAS,
        aws: Any = None,
        wire: Wire | None = None,
        telemetry: Reporting | None = None,
        executor: Executor | None = IN_TURN,
        pause: Pause = no_pause,
    ) -> None:
        self.now = NOW_MS
        self.settings: dict[str, str] = {**ENVIRONMENT, **(settings or {})}
        self.sagas = sagas
        self.aws = aws or SimulatedAws(lambda: self.now)
        super().__init__(self.aws.dynamodb, self.settings["SAGA_TABLE"])
        self.wire = wire or Wire()
        self.telemetry = telemetry
        self._executor, self._pause = executor, pause
        self.relayed = 0
        """How far the relay has read the stream."""
        self.at = self.container()

    # -- processes

    def container(
        self,
        *,
        settings: Mapping[str, str] | None = None,
        wire: Wire | None = None,
        telemetry: Reporting | None = None,
        executor: Executor | None = None,
        seed: int = 1,
    ) -> Resources:
        """A fresh process: nothing in memory survives from another."""
        return Resources(
            settings_of(tuple({**self.settings, **(settings or {})}.items())),
            self.sdk(wire or self.wire),
            clock=lambda: self.now,
            pause=self._pause,
            rng=random.Random(seed),
            sagas=self.sagas,
            telemetry=telemetry or self.telemetry,
            executor=executor or self._executor,
            function="under-test",
        )

    def sdk(self, wire: Wire) -> Any:
        return wire.sdk(self.aws)

    def reconfigure(self, **settings: str) -> None:
        """Deploy again with other parameters; what is stored stays."""
        self.settings |= settings
        self.at = self.container()

    def register(self, sagas: SagaRegistry) -> None:
        self.sagas = sagas
        self.at = self.container()

    def report_to(self, telemetry: Reporting) -> None:
        self.telemetry = telemetry
        self.at = self.container()

    # -- what invokes the functions

    def advance(self, seconds: float) -> None:
        self.now += int(seconds * 1000)

    def deliver(self, detail: Json, source: str = "executions") -> Any:
        """One event, through EventBridge, to the function of its type."""
        return self.function(detail["event_type"]).run(eventbridge(detail, source), Context())

    def function(self, event_type: str) -> Intake:
        named = event_type.upper()
        if named == REPLY:
            return CommandReplyFunction(self.at)
        return SagaEventFunction(self.at) if named in self.sagas.routes else EventFunction(self.at, EventType(named))

    def check(self, context: Context | None = None) -> Json:
        """The schedule's tick: what is due times out."""
        return CheckTimeouts(self.at).run({}, context or Context())

    def wake(self, *messages: Json) -> Json:
        """These messages of the queue of wakes. See `wake_up` for whatever is visible there."""
        return SagaWake(self.at).run({"Records": list(messages)}, Context())

    def wake_up(self) -> int:
        """What the queue shows by now, ten at a time: what is done with is deleted. How many messages there were."""
        url, seen = self.settings["WAKE_QUEUE_URL"], 0
        while messages := self.aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            seen += len(messages)
            failures = self.wake(*map(queued, messages))["batchItemFailures"]
            again = {failure["itemIdentifier"] for failure in failures}
            for message in messages:
                if message["MessageId"] not in again:
                    self.aws.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return seen

    def relay(self, *records: Json) -> Json:
        """These records of the stream. See `relay_stream` for whatever is on it."""
        return CommandRelay(self.at).run({"Records": list(records)}, Context())

    def relay_stream(self, at: Resources | None = None) -> bool:
        """From the checkpoint on: a failed record is where the next batch begins. False when there was one."""
        records = self.records()[self.relayed :]
        answer = CommandRelay(at or self.at).run({"Records": records}, Context())
        failures = [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
        numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
        self.relayed += numbers.index(failures[0]) if failures else len(records)
        return not failures

    # -- what is left behind

    def records(self) -> list[Json]:
        """The table's stream, as Lambda passes it on."""
        return [record.as_lambda_record(STREAM_ARN) for record in self.aws.dynamodb.stream]

    @property
    def published(self) -> list[Json]:
        """What the bus has taken, in order."""
        return [json.loads(entry["Detail"]) for entry in self.aws.events.accepted]

    def published_types(self) -> list[str]:
        return [body["message_type"] for body in self.published]

    def rejected(self) -> list[Json]:
        """The pointers on the queue; they stay there."""
        return [json.loads(body) for body in self.aws.sqs.bodies(self.settings["REJECTED_QUEUE_URL"])]

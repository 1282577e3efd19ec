"""Plays one requirement and writes down everything that can be seen of it."""

import contextlib
import io
from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import boto3
import confluent_kafka

from saga_orchestrator.entrypoints.checker_function import CheckTimeouts
from saga_orchestrator.entrypoints.intake import Intake
from saga_orchestrator.entrypoints.relay_function import CommandRelay
from saga_orchestrator.entrypoints.saga_functions import CommandReplyFunction, SagaEventFunction
from saga_orchestrator.entrypoints.wakes.wake_function import SagaWake
from saga_testing.deployment import EXECUTIONS_AND_ORDERS
from saga_testing.lambda_context import Context
from saga_testing.moto_world import World, observer
from saga_testing.samples.enveloped import signed
from saga_testing.samples.sample_events import eventbridge, kafka
from sagactl.table.recounting import correct, steady_drifts
from tests.conformance.events import Post, full_type, wake_of
from tests.conformance.schema import Edit, Fault, Race, RecordChange, Requirement, Step
from tests.conformance.stage import SINK, ActiveFault, ActiveRace, Call, Stage
from tests.conformance.target import KafkaStandIn


@dataclass
class Seen:
    """What a requirement left behind, in the table, on the wire and on standard output."""

    items: list[dict[str, Any]]
    items_before: list[dict[str, Any]]
    rejected: list[dict[str, Any]]
    published: list[dict[str, Any]]
    put_events: list[dict[str, Any]]
    to_kafka: list[tuple[bytes, bytes]]
    calls: list[Call]
    """Of the steps under `when`, without what other processes did in between."""
    all_calls: list[Call]
    records: list[dict[str, Any]]
    metrics: Counter[str]
    lines: Counter[str]
    output: str
    """Everything written: log lines, metric lines, and what else went to standard output or error."""
    objects: dict[str, bytes]
    raised: list[BaseException]
    returned: Any
    edited: bool
    """The table was tampered with, so that counters and claims need not agree."""


@dataclass
class Player:
    """Plays steps on a stage."""

    stage: Stage
    post: Post = field(default_factory=Post)
    target: KafkaStandIn = field(default_factory=KafkaStandIn)
    relayed: int = 0
    relays: bool = False
    edited: bool = False
    returned: Any = None
    raised: list[BaseException] = field(default_factory=list)
    changes: list[RecordChange] = field(default_factory=list)

    @property
    def world(self) -> World:
        return self.stage.world

    def play(self, step: Step) -> None:
        """One step, as often as it says. What a handler raises is kept: its source would see it and deliver again."""
        for _ in range(step.times):
            getattr(self, f"_{step.verb}")(step)

    def _event(self, step: Step) -> None:
        name, detail = self.post.write(step, step.source)
        envelope = kafka(detail) if step.via == "kafka" else eventbridge(detail, step.source)
        self._invoke_event_function(step.to or name, envelope)

    def _order(self, step: Step) -> None:
        self._tell(step, "saga_event", SagaEventFunction(self.world.at))

    def _answer(self, step: Step) -> None:
        self._tell(step, "command_reply", CommandReplyFunction(self.world.at))

    def _tell(self, step: Step, name: str, function: Intake) -> None:
        detail = self.post.order(step)
        envelope = kafka(detail) if step.via == "kafka" else eventbridge(detail, step.source)
        with self._caught(name):
            self.returned = function.run(envelope, Context())

    def _again(self, step: Step) -> None:
        name, source, detail = self.post.sent[str(step.again)]
        self._invoke_event_function(name, kafka(detail) if step.via == "kafka" else eventbridge(detail, source))

    def _kafka(self, step: Step) -> None:
        batch = kafka()
        batch["records"] = {}
        for offset, record in enumerate(step.kafka or [], start=10):
            raw = {"topic": "topic", "partition": record.partition, "offset": offset, "value": self.post.record(record)}
            raw["headers"] = [{name: signed(text.encode())} for name, text in record.headers.items()]
            if record.written_as:
                raw["valueSchemaMetadata"] = {"dataFormat": record.written_as, "schemaId": "7"}
            batch["records"].setdefault(f"topic-{record.partition}", []).append(raw)
        self._invoke_event_function(step.to or "requested", batch, step.remaining_ms)

    def _invoke(self, step: Step) -> None:
        self._invoke_event_function(step.to or "requested", step.invoke)

    def _invoke_event_function(self, name: str, envelope: Any, remaining_ms: int = 30_000) -> None:
        with self._caught(f"execution_{name}"):
            self.returned = self.world.function(full_type(name)).run(envelope, Context(remaining_ms))

    @contextlib.contextmanager
    def _caught(self, function: str) -> Any:
        self.returned = None
        with self.stage.acting(function):
            try:
                yield
            except Exception as raised:  # noqa: BLE001 - Lambda is this boundary: it reports whatever a handler raises
                self.raised.append(raised)

    def _pass_seconds(self, step: Step) -> None:
        self.world.now += int((step.pass_seconds or 0) * 1000)

    def _check(self, step: Step) -> None:
        with self._caught("timeout_checker"):
            self.returned = CheckTimeouts(self.world.at).run({}, Context(step.remaining_ms))

    def _wake(self, step: Step) -> None:
        bodies = [each if " " in each else wake_of(each) for each in step.wake or []]
        messages = [{"eventSource": "aws:sqs", "messageId": f"m-{at}", "body": body} for at, body in enumerate(bodies)]
        with self._caught("saga_wake"):
            self.returned = SagaWake(self.world.at).run({"Records": messages}, Context())

    def _relay(self, step: Step) -> None:
        self.relays = True
        if step.change:
            _change(self.stage.records, step.change)
        records = self.stage.records[0 if step.relay == "all" else self.relayed :]
        self.relayed = len(self.stage.records)
        self.relay(records)

    def relay(self, records: list[dict[str, Any]]) -> None:
        """What the stream mapping would hand over: its filter lets records with an outbox, or a wake, pass."""
        images = [(record, record["dynamodb"].get("NewImage", {})) for record in records]
        owing = [record for record, new in images if "S" in new.get("outbox", {}) or "N" in new.get("wake", {})]
        removed = [record for record in records if record["eventName"] == "REMOVE"]
        with self._caught("command_relay"):
            self.returned = CommandRelay(self.world.at).run({"Records": owing or removed}, Context())

    def _republish(self, step: Step) -> None:
        self.relays = True
        wanted = [{"execution_id": name, "saga_name": "execution_saga"} for name in step.republish or []]
        with self._caught("command_relay"):
            self.returned = CommandRelay(self.world.at).run({"republish": wanted}, Context())

    def _edit(self, step: Step) -> None:
        edit = step.edit or Edit()
        self.edited = True
        item = self.world.item(edit.execution) or {}
        item = {name: value for name, value in item.items() if name not in edit.drop} | edit.put
        observer().dynamodb.put_item(TableName="sagas", Item=item)

    def _counter(self, step: Step) -> None:
        counter = step.counter
        if counter is None:
            return
        self.edited = True
        n = {"N": str(counter.n)} if isinstance(counter.n, int) else {"S": str(counter.n)}
        key = {"execution_id": {"S": f"#counter#{counter.language}#{counter.shard}"}, "saga_name": {"S": "#counter"}}
        observer().dynamodb.put_item(TableName="sagas", Item={**key, "n": n})

    def _remove(self, step: Step) -> None:
        self.edited = True
        key = {"execution_id": {"S": str(step.remove)}, "saga_name": {"S": "execution_saga"}}
        observer().dynamodb.delete_item(TableName="sagas", Key=key)

    def _settings(self, step: Step) -> None:
        self.configure(step.settings or {})

    def configure(self, settings: dict[str, str]) -> None:
        """Deploy again with other parameters; the table stays."""
        self.world.reconfigure(**settings)
        self.stage.attach()

    def _fault(self, step: Step) -> None:
        fault = step.fault or Fault(operation="none")
        if fault.operation == "Kafka":
            code = getattr(confluent_kafka.KafkaError, fault.code)
            self.target.refuses[fault.matching] = code
            return
        self.stage.faults.append(ActiveFault(fault, fault.times))

    def _heal(self, _step: Step) -> None:
        self.stage.faults.clear()
        self.target.refuses.clear()

    def _race(self, step: Step) -> None:
        race: Race | None = step.race
        if race is None:
            return

        def run() -> None:
            for each in race.steps:
                self.play(each)

        self.stage.races.append(ActiveRace(race.operation, race.matching, run, race.times))

    def _reconcile(self, step: Step) -> None:
        stack: Any = SimpleNamespace(table="sagas", client=boto3.client)
        drifts = steady_drifts(stack)
        self.returned = [[drift.language, drift.shard, drift.counted, drift.held] for drift in drifts]
        if step.reconcile == "repair":
            self.returned = [correct(stack, drift) for drift in drifts]


def _change(records: list[dict[str, Any]], change: RecordChange) -> None:
    record = records[change.record]
    if change.outbox is not None:
        record["dynamodb"]["NewImage"]["outbox"] = {"S": change.outbox}
    for name in change.drop:
        del record["dynamodb"]["NewImage"][name]
    if change.name == "REMOVE":
        record["dynamodb"]["OldImage"] = record["dynamodb"].pop("NewImage")
    if change.name is not None:
        record["eventName"] = change.name


def play(requirement: Requirement, world: World) -> Seen:
    """Everything under `given`, then `when`, and, unless the steps relay by themselves, what is owed is published."""
    world.register(EXECUTIONS_AND_ORDERS)
    stage = Stage(world)
    player = Player(stage)
    SINK.take()
    output = io.StringIO()
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(output))
        stack.enter_context(contextlib.redirect_stderr(output))
        stack.enter_context(patch.object(confluent_kafka, "Producer", player.target))
        player.configure(requirement.settings)
        for step in requirement.given:
            player.play(step)
        before = _Before(world, player)
        for step in requirement.when:
            player.play(step)
        metrics, lines = Counter(stage.telemetry.seen), Counter(level for level, _ in stage.telemetry.lines)
        calls = [call for call in stage.calls[before.calls :] if not call.beside]
        raised, returned = player.raised[before.raised :], player.returned
        if not player.relays:
            stage.faults.clear()
            player.relay(stage.records[before.records :])
    return Seen(
        items=world.items(),
        items_before=before.items,
        rejected=world.rejected(),
        published=world.published[before.published :],
        put_events=[e for call in stage.calls if call.operation == "PutEvents" for e in call.arguments["Entries"]],
        to_kafka=player.target.sent,
        calls=calls,
        all_calls=stage.calls,
        records=stage.records,
        metrics=metrics,
        lines=lines,
        output=SINK.take() + output.getvalue(),
        objects=_objects(),
        raised=raised,
        returned=returned,
        edited=player.edited,
    )


class _Before:
    """Where `when` begins: what happened under `given` is not counted, and what it sent is not compared."""

    def __init__(self, world: World, player: Player) -> None:
        stage = player.stage
        self.items = world.items()
        self.calls, self.records = len(stage.calls), len(stage.records)
        self.published, self.raised = len(world.published), len(player.raised)
        stage.telemetry.seen.clear()
        stage.telemetry.lines.clear()
        world.rejected()


def _objects() -> dict[str, bytes]:
    s3 = observer().s3
    found = s3.list_objects_v2(Bucket="payloads").get("Contents", [])
    return {each["Key"]: s3.get_object(Bucket="payloads", Key=each["Key"])["Body"].read() for each in found}

"""After a restore each outcome is told once: the written procedure, step by step as the document has it."""

import copy
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from saga_orchestrator.entrypoints.relay_function import CommandRelay
from saga_testing.deployment import Deployment
from saga_testing.lambda_context import Context
from saga_testing.samples.sample_events import event, kafka
from sagactl.commands.reconcile import repair
from sagactl.commands.republish import emitted_since
from sagactl.deployment import Deployment as Stack
from sagactl.table.sagas import readable

FIELD_CASES = ("restored-table",)
DOCUMENT = Path(__file__).parents[3] / "docs" / "operations.md"
SECONDS = {"StartDeadlineSeconds": "300", "RunGraceSeconds": "60", "RequestMaxAgeSeconds": "3600"}
FINISHED = [f"done-{number}" for number in range(4)]
OUTCOMES = frozenset({"SAGA_COMPLETED", "SAGA_FAILED", "SAGA_TIMEOUT", "SAGA_CANCELLED"})


def steps() -> list[str]:
    section = DOCUMENT.read_text().split("## After a restore\n")[1].split("\n## ")[0]
    return re.findall(r"^\d\. \*\*(.+?)\.\*\*", section, re.MULTILINE)


class Restored:
    """Four run, the point in time, the four complete and a fifth comes and goes, the table is restored."""

    def __init__(self, source: str) -> None:
        self.source, self.sent = source, list[dict[str, Any]]()
        self.world = Deployment()
        for execution_id in (*FINISHED, "lost"):
            self.happens("EXECUTION_REQUESTED", execution_id)
            self.happens("EXECUTION_STARTED", execution_id)
        self.world.relay_stream()
        point, self.point_in_time = copy.deepcopy(list(self.world.aws.dynamodb.items("sagas"))), self.world.now
        self.world.advance(5)
        self.sent.clear()
        for execution_id in FINISHED:
            self.happens("EXECUTION_COMPLETED", execution_id)
        self.happens("EXECUTION_REQUESTED", "later")
        self.happens("EXECUTION_COMPLETED", "later")
        self.world.relay_stream()
        self._restore(point)

    def happens(self, event_type: str, execution_id: str) -> None:
        self.sent.append(event(event_type, execution_id))
        self._deliver([self.sent[-1]])

    def _deliver(self, events: list[dict[str, Any]]) -> None:
        for each in events:
            if self.source == "kafka":
                self.world.function(each["event_type"]).run(kafka(each), Context())
            else:
                self.world.deliver(each)

    def _restore(self, point: list[dict[str, Any]]) -> None:
        table = self.world.aws.dynamodb
        for item in list(table.items("sagas")):
            table.delete_item(TableName="sagas", Key={name: item[name] for name in ("execution_id", "saga_name")})
        for item in point:
            table.put_item(TableName="sagas", Item=item)
        self.world.relayed = len(self.world.records())  # the new table's stream begins empty

    @property
    def stack(self) -> Stack:
        connection: Any = SimpleNamespace(client=lambda _service: self.world.aws.dynamodb, is_local=True)
        outputs = {"TableName": "sagas", "OperatorTableName": "operator", "DeadlineShards": "4", "RetentionDays": "90"}
        return Stack("sagas", {**outputs, **SECONDS}, connection)

    # -- the steps of the document

    def steps(self) -> dict[str, Callable[[], Any]]:
        return {
            "Stop": lambda: None,
            "Bring the table in": lambda: None,
            "Reconcile": lambda: repair(self.stack, self.world.now),
            "Replay the ends": self.replay,
            "Start the checker": self.checker_runs,
            "Start the requests": lambda: None,
            "Republish": self.republish,
        }

    def replay(self) -> None:
        self._deliver([each for each in self.sent if each["event_type"] != "EXECUTION_REQUESTED"])
        self.world.relay_stream()

    def checker_runs(self) -> None:
        self.world.advance(7200)
        self.world.check()
        self.world.relay_stream()

    def republish(self) -> None:
        owed = emitted_since(readable(self.stack, []), self.point_in_time - 3_600_000)
        wanted = [{"execution_id": saga.execution_id, "saga_name": saga.saga_name} for saga in owed]
        CommandRelay(self.world.at).run({"republish": wanted}, Context())

    # -- what consumers know, who drop a message id that they have seen

    def told(self) -> dict[str, list[str]]:
        seen = {each["message_id"]: each for each in self.world.published if each["message_type"] in OUTCOMES}
        told: dict[str, list[str]] = {}
        for each in seen.values():
            if each["saga_name"] == "execution_saga":
                told.setdefault(each["execution_id"], []).append(each["outcome"])
        return told


def test_the_document_has_these_steps_in_this_order() -> None:
    assert steps() == list(Restored("eventbridge").steps())


@pytest.mark.parametrize("source", ["kafka", "eventbridge"])
def test_each_outcome_is_told_once_by_the_written_procedure(source: str) -> None:
    restored = Restored(source)
    for step in steps():
        restored.steps()[step]()
    assert restored.told() == {
        **{execution_id: ["completed"] for execution_id in FINISHED},
        "later": ["completed"],
        "lost": ["timeout"],
    }
    created = Counter(
        each["message_id"] for each in restored.world.published if each["message_type"] == "CREATE_POD_COMMAND"
    )
    assert set(created.values()) == {1}, "nothing runs a second time"


@pytest.mark.parametrize("forgotten", ["Replay the ends"])
def test_without_that_step_an_execution_would_have_two_outcomes(forgotten: str) -> None:
    restored = Restored("eventbridge")
    for step in steps():
        if step != forgotten:
            restored.steps()[step]()
    assert restored.told()["done-0"] == ["completed", "timeout"]


def test_the_ends_come_before_the_checker() -> None:
    restored = Restored("eventbridge")
    restored.checker_runs()
    restored.replay()
    assert restored.told()["done-0"] == ["completed", "timeout"]

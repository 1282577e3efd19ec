"""`sagactl list`, `show` and `graph`: what is printed is what is stored, and what is defined."""

import re
import sys
import uuid
from pathlib import Path

import pytest
from typer.testing import CliRunner

from saga_orchestrator.domain.definition import SagaDefinition, Step, Undo
from sagactl.app import app
from sagactl.commands.graph import mermaid
from sagas import SAGAS
from sagas.execution import EXECUTION_SAGA
from sagas.order import ORDER
from tests.tools.local_stack.outside import event
from tests.tools.sagactl.conftest import Operator


def test_list_shows_each_saga_and_the_state_asked_for_alone(operator: Operator) -> None:
    running, failed = f"runs-{uuid.uuid4().hex}", f"fails-{uuid.uuid4().hex}"
    operator.client.over_eventbridge(event("EXECUTION_REQUESTED", running))
    operator.client.over_kafka(event("EXECUTION_REQUESTED", failed, script=""))
    operator.is_in(running, "running")
    operator.is_in(failed, "failed")
    states = {saga["execution_id"]: (saga["state"], saga["reason"]) for saga in operator.gets("list")["sagas"]}
    assert states[running] == ("running", None)
    assert states[failed] == ("failed", "script_empty")
    only = operator.gets("list", "--state", "failed")["sagas"]
    assert failed in {saga["execution_id"] for saga in only}
    assert {saga["state"] for saga in only} == {"failed"}
    first = operator.gets("list", "--limit", "1")
    assert len(first["sagas"]) == 1
    assert operator.gets("list", "--limit", "1", "--after", first["next"])["sagas"] != first["sagas"]
    table = operator.types("list").stdout
    assert re.search(rf"{running} +│ running.*\n│ execution_saga +│ -", table)
    assert re.search(rf"{failed} +│ failed.*\n│ execution_saga +│ script_empty", table)


def test_show_prints_the_timeline_and_nothing_of_the_users(operator: Operator) -> None:
    one = f"shown-{uuid.uuid4().hex}"
    requested = event("EXECUTION_REQUESTED", one, script="print('very secret')")
    started, completed = event("EXECUTION_STARTED", one), event("EXECUTION_COMPLETED", one, stdout="very secret")
    operator.client.over_eventbridge(requested)
    operator.is_in(one, "running")
    operator.client.over_eventbridge(started)
    operator.eventually(lambda: len(operator.execution_saga(one)["timeline"]) == 2)
    operator.client.over_eventbridge(completed)
    operator.is_in(one, "completed")
    saga = operator.execution_saga(one)
    assert [(entry["cause"], entry["event_id"], entry["messages"]) for entry in saga["timeline"]] == [
        ("requested", requested["event_id"], ["saga_started#1", "create_pod#1"]),
        ("started", started["event_id"], []),
        ("completed", completed["event_id"], ["saga_completed#1"]),
    ]
    assert (saga["state"], saga["exit_code"], saga["owner"], saga["slot"]) == ("completed", 0, "alice", None)
    page = operator.types("show", one).stdout
    assert "Timeline" in page
    for shown in (requested["event_id"], completed["event_id"], "saga_started#1, create_pod#1", saga["ended_at"]):
        assert shown in page
    assert "secret" not in page + str(saga)


def test_show_prints_what_came_before_the_request(operator: Operator) -> None:
    one = f"early-{uuid.uuid4().hex}"
    operator.client.over_eventbridge(event("EXECUTION_CANCELLED", one))
    operator.is_in(one, "created")
    saga = operator.execution_saga(one)
    assert [(early["cause"], early["actor"]) for early in saga["early_events"]] == [("cancelled", "alice")]
    page = operator.types("show", one).stdout
    assert "Came before the request" in page
    assert "Timeline" not in page


def test_graph_is_the_definition() -> None:
    """Every arrow between steps, forwards and backwards, follows from the definition; needs no stack."""
    chart = CliRunner().invoke(app, ["graph"]).stdout
    lines = [line.strip() for line in chart.splitlines()]
    assert lines[0] == "flowchart TD"
    keys = [step.key for step in EXECUTION_SAGA.steps]
    undone = [f"undo_{step.key}" for step in reversed(EXECUTION_SAGA.steps) if step.undo]
    arrows = set(re.findall(r"^ *(\w+) --> (\w+)", chart, re.MULTILINE))
    assert set(zip(keys, [*keys[1:], "waiting"], strict=True)) <= arrows
    assert set(zip(undone, [*undone[1:], "ended"], strict=True)) <= arrows
    refusing = {step.key for step in EXECUTION_SAGA.steps if step.check or step.claims}
    assert set(re.findall(r'^ *(\w+) -- "refused"', chart, re.MULTILINE)) == refusing
    # Whatever goes wrong while it runs begins with the last undo; a refusal with the last one that is owed by then.
    failing = re.findall(r'^ *waiting -- "EXECUTION_(?:FAILED|TIMEOUT|CANCELLED).*" --> (\w+)', chart, re.MULTILINE)
    assert failing == [undone[0]] * 3
    refused = dict(re.findall(r'^ *(\w+) -- "refused" --> (\w+)', chart, re.MULTILINE))
    assert refused == {"validate_execution": "ended", "allocate_resources": "ended"}
    for step in EXECUTION_SAGA.steps:
        sent = {EXECUTION_SAGA.messages[kind].type for kind in step.emits}
        (label,) = re.findall(rf'^ *{step.key}\["(.+)"\]', chart, re.MULTILINE)
        assert sent <= set(label.split("<br/>"))
    assert {"failed", "timeout", "cancelled"} == {there for here, there in arrows if here == "ended"}


def test_graph_of_a_refusal_undoes_what_is_owed_by_then_last_first() -> None:
    """Of the step itself only where its outcome is unknown."""
    first = Step("first", undo=Undo(releases=True))
    second = Step("second", undo=Undo(releases=True))
    for unknown, owed in ((False, "undo_second"), (True, "undo_third")):
        third = Step("third", check=lambda _: None, undo=Undo(releases=True), undo_when_failed=unknown)
        chart = mermaid(SagaDefinition("sample", 1, (first, second, third)))
        assert f'third -- "refused" --> {owed}' in [line.strip() for line in chart.splitlines()]


def test_graph_names_the_sagas_there_are() -> None:
    outcome = CliRunner().invoke(app, ["graph", "nothing"])
    assert outcome.exit_code == 2
    known = ", ".join(saga.name for saga in SAGAS)
    said = f"there is no saga nothing; there is: {known}, or name a file of yours as module:ATTRIBUTE"
    assert outcome.stderr == f"sagactl: {said}\n"


def test_graph_draws_a_saga_of_a_file_of_ones_own_that_is_registered_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "drawn_file.py").write_text("from sagas.order import ORDER as MINE\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])

    outcome = CliRunner().invoke(app, ["graph", "drawn_file:MINE"])

    assert (outcome.exit_code, outcome.stdout) == (0, mermaid(ORDER))


@pytest.mark.parametrize("mistake", ["1 / 0", "raise KeyError('x')", "this is no python", "import nothing_like_it"])
def test_a_file_of_ones_own_that_raises_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mistake: str
) -> None:
    name = f"raising_{abs(hash(mistake))}"
    (tmp_path / f"{name}.py").write_text(f"{mistake}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])

    outcome = CliRunner().invoke(app, ["graph", f"{name}:MINE"])

    assert outcome.exit_code == 2
    assert outcome.stderr.startswith(f"sagactl: {name}:MINE cannot be imported: ")
    assert len(outcome.stderr.splitlines()) == 1

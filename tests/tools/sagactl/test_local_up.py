"""`sagactl local up` as a person or a program watches it; how it starts and ends is told in tests/tools/local_stack."""

import json
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from local_stack.stack import StackOptions
from sagactl.commands.local.up import parsed_parameters
from sagactl.errors import NotUsableError
from sagactl.local.live_view import LiveView
from sagactl.local.ready_file import published, refuse_unwritable, stack_named_in
from sagactl.local.running import awaited_commands, keep_up, with_logs
from sagactl.outlet import Output
from sagas.execution import EXECUTION_SAGA
from sagas.order import ORDER
from tests.tools.local_stack.outside import Client, LocalUp, event
from tests.tools.sagactl.conftest import Operator

FIELD_CASES = ("two-stacks-up",)


def test_the_participant_is_told_every_awaited_command_and_what_its_done_brings() -> None:
    assert awaited_commands((EXECUTION_SAGA, ORDER)) == {
        "RESERVE_CREDIT_COMMAND": {},
        "RELEASE_CREDIT_COMMAND": {},
        "RESERVE_STOCK_COMMAND": {"reservation": "x"},
        "RELEASE_STOCK_COMMAND": {},
        "SHIP_ORDER_COMMAND": {},
    }


def test_json_says_what_to_connect_to_and_what_happens(operator: Operator) -> None:
    one = f"seen-{uuid.uuid4().hex}"
    operator.client.over_eventbridge(event("EXECUTION_REQUESTED", one))
    operator.is_in(one, "running")

    def lines() -> list[dict[str, Any]]:
        """Whole ones: the last may be half written."""
        return [json.loads(line) for line in operator.stack.output.splitlines(keepends=True) if line.endswith("\n")]

    (ready,) = [line for line in lines() if line["kind"] == "ready"]
    assert {name: ready[name] for name in operator.ready} == operator.ready
    # The saga is written before the function has returned, which is when the stack tells of it.
    invoked = ("invoked", "saga-orchestrator-ExecutionRequestedFunction")
    operator.eventually(lambda: invoked in {(line["kind"], line.get("subject")) for line in lines()})


def test_a_second_stack_in_one_folder_takes_nothing_from_the_first_and_goes_by_its_own_parameters(
    operator: Operator, tmp_path: Path
) -> None:
    folder = tmp_path / "second"
    arguments = ["--worker", "none", "--check-interval", "0.2", "--parameter", "StartDeadlineSeconds=1"]
    second = LocalUp(folder, *arguments, own_ready_file=False, ready=operator.ready)
    theirs, first = folder / ".local-stack.json", operator.ready["aws_endpoint"]
    try:
        second.wait_until(lambda: f"Another stack is up at {first} and keeps .local-stack.json" in second.output)
        assert json.loads(theirs.read_text()) == operator.ready
        (own,) = folder.glob(".local-stack-*.json")
        ready = json.loads(own.read_text())
        assert ready["aws_endpoint"] != first
        shown = (ready["aws_endpoint"], ready["kafka_bootstrap"], ready["rejected_queue_url"], own.name)
        second.wait_until(lambda: all(each in second.output for each in shown))
        client = Client(ready)
        client.over_kafka(event("EXECUTION_REQUESTED", "late"))
        second.wait_until(lambda: client.state("late") == "timeout")
        assert second.end() == 0
        assert second.errors == ""
        assert second.left_behind() == []
        assert list(folder.glob(".local-stack*")) == [theirs]
        assert json.loads(theirs.read_text()) == operator.ready, "the first is found as before"
    finally:
        second.kill()


def test_a_ready_file_of_a_running_stack_is_not_taken_by_name(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = tmp_path / "shared.json"
    theirs.write_text(json.dumps(operator.ready))
    monkeypatch.setattr("sagactl.local.running.LocalStack", lambda _options: pytest.fail("a stack was started"))
    with pytest.raises(NotUsableError, match="give this one a file of its own"):
        keep_up(StackOptions(template=tmp_path), theirs, LiveView(output=Output.JSON), with_worker=False)
    assert json.loads(theirs.read_text()) == operator.ready


@pytest.mark.parametrize(
    "command",
    [
        ("request", "--example", "--no-wait"),
        ("cancel", "{one}"),
        ("note", "execution_saga:{one}", "seen", "--direct"),
        ("republish", "{one}"),
        ("republish", "--since", "1h", "--yes"),
        ("rejected", "redrive", "--all", "--yes"),
        ("rejected", "drop", "--all", "--because", "x", "--yes"),
    ],
    ids=" ".join,
)
def test_what_changes_a_stack_says_which_one(operator: Operator, command: tuple[str, ...]) -> None:
    one = f"told-{uuid.uuid4().hex}"
    operator.client.over_eventbridge(event("EXECUTION_REQUESTED", one))
    operator.is_in(one, "running")
    outcome = operator.types(*(word.format(one=one) for word in command))
    assert outcome.exit_code == 0, outcome.output
    assert f"stack saga-orchestrator ({operator.ready['aws_endpoint']})" in outcome.stderr


def test_a_ready_file_of_a_later_stack_is_not_removed(tmp_path: Path) -> None:
    path = tmp_path / "ready.json"
    with published(path, "mine"):
        path.write_text("yours")
    assert path.read_text() == "yours"


@pytest.mark.parametrize("content", [None, "", "{}", '{"aws_endpoint": "http://127.0.0.1:1"}', '{"aws_endpoint": 7}'])
def test_a_ready_file_that_names_no_running_stack(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ready.json"
    if content is not None:
        path.write_text(content)
    assert stack_named_in(path) is None


def test_parameters_are_split_at_the_first_equals_sign() -> None:
    assert parsed_parameters(["One=1", 'Two={"a=b": 1}', "Three="]) == {"One": "1", "Two": '{"a=b": 1}', "Three": ""}


@pytest.mark.parametrize("given", ["One", "=1", ""])
def test_a_parameter_without_name_or_value_is_refused(given: str) -> None:
    with pytest.raises(NotUsableError, match="write it as Name=Value"):
        parsed_parameters([given])


@pytest.mark.parametrize(
    ("name", "why"), [("missing/ready.json", "No such file or directory"), (".", "Is a directory")]
)
def test_a_ready_file_that_cannot_be_written_is_refused_before_a_stack_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, why: str
) -> None:
    def must_not_start(_options: StackOptions) -> None:
        pytest.fail("a stack was started")

    monkeypatch.setattr("sagactl.local.running.LocalStack", must_not_start)
    there = tmp_path / name
    with pytest.raises(NotUsableError, match=why):
        keep_up(StackOptions(template=tmp_path), there, LiveView(output=Output.JSON), with_worker=False)
    assert list(tmp_path.parent.glob(f".{tmp_path.name}.*")) == []


def test_a_place_that_can_be_written_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "ready.json").write_text("of another stack")
    refuse_unwritable(tmp_path / "ready.json")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("ready.json", "of another stack")]


def test_logs_are_in_a_folder_while_the_stack_is_up_and_stay_only_where_they_were_asked_for(tmp_path: Path) -> None:
    with ExitStack() as cleanup:
        passing = with_logs(StackOptions(template=tmp_path), cleanup).log_dir
        assert passing is not None
        assert passing.is_dir()
        kept = with_logs(StackOptions(template=tmp_path, log_dir=tmp_path / "a" / "logs"), cleanup).log_dir
    assert not passing.exists()
    assert kept == tmp_path / "a" / "logs"
    assert kept.is_dir()


def test_logs_that_cannot_be_written_are_refused_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with ExitStack() as cleanup, pytest.raises(NotUsableError, match=r"the logs cannot be written to .*file"):
        with_logs(StackOptions(template=tmp_path, log_dir=tmp_path / "file"), cleanup)

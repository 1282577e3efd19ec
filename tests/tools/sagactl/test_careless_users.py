"""Whatever is typed wrongly, or is not there, is one line on standard error that says what to do."""

import json
import socket
import uuid
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sagactl.app import app
from tests.tools.sagactl.conftest import Operator

NEED_A_STACK = [
    ("verify",),
    ("list",),
    ("show", "one"),
    ("cancel", "one"),
    ("rejected", "list"),
    ("rejected", "redrive"),
    ("republish", "one"),
    ("reconcile",),
]


def refused(*arguments: str, exit_code: int = 2) -> str:
    """The one line that a command says instead of its result."""
    outcome = CliRunner().invoke(app, arguments)
    assert outcome.exit_code == exit_code, outcome.output
    assert outcome.stdout == ""
    lines = outcome.stderr.splitlines()
    assert len(lines) == 1, outcome.stderr
    assert lines[0].startswith("sagactl: ")
    return lines[0]


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """An empty folder, and an endpoint where nobody listens."""
    monkeypatch.chdir(tmp_path)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}"


@pytest.mark.parametrize("command", NEED_A_STACK, ids=" ".join)
def test_no_stack_is_running(nobody: str, command: tuple[str, ...]) -> None:
    assert "is the stack up?" in refused(*command, "--endpoint-url", nobody)


def test_the_ready_file_outlived_its_stack(nobody: str) -> None:
    Path(".local-stack.json").write_text(json.dumps({"aws_endpoint": nobody, "region": "us-east-1"}))
    assert ".local-stack.json" in refused("list")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"region": "us-east-1"}'])
def test_the_ready_file_is_none(nobody: str, content: str) -> None:
    Path(".local-stack.json").write_text(content)
    assert "remove it or pass --endpoint-url" in refused("list")


def test_there_is_neither_a_region_nor_a_local_stack(nobody: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    assert "no region: pass --region" in refused("list")


def test_the_profile_does_not_exist(nobody: str) -> None:
    assert "profile (nobody)" in refused("list", "--profile", "nobody")


def test_another_stack_name(operator: Operator) -> None:
    line = refused("list", "--stack-name", "others", "--endpoint-url", operator.ready["aws_endpoint"])
    assert line.startswith("sagactl: there is no stack others (http://127.0.0.1:")


def test_the_ready_file_of_this_folder_is_found(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".local-stack.json").write_text(json.dumps(operator.ready))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "")
    assert CliRunner().invoke(app, ["list", "--limit", "1"]).exit_code == 0


def test_an_endpoint_comes_from_the_environment_too(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", operator.ready["aws_endpoint"])
    assert CliRunner().invoke(app, ["list", "--limit", "1"]).exit_code == 0


@pytest.mark.parametrize("execution_id", ["nobody", "a b", "#counter#python#0", "x" * 3000])
def test_show_of_what_is_not_there_without_the_api(operator: Operator, execution_id: str) -> None:
    line = refused("show", execution_id, "--direct", "--endpoint-url", operator.ready["aws_endpoint"], exit_code=1)
    assert "no saga for execution" in line


def test_show_of_what_is_not_there(operator: Operator) -> None:
    line = refused("show", "nobody", "--endpoint-url", operator.ready["aws_endpoint"], exit_code=1)
    assert "There is nothing of that name that you may see." in line


@pytest.mark.parametrize("execution_id", ["a b", "#counter#python#0", "x" * 3000])
def test_show_of_what_can_be_no_execution(operator: Operator, execution_id: str) -> None:
    line = refused("show", execution_id, "--endpoint-url", operator.ready["aws_endpoint"], exit_code=2)
    assert "an execution id has 1 to 64 letters" in line


def test_show_of_a_counter_that_is_there(operator: Operator) -> None:
    """Its item has the key of an execution, and is none."""
    counter = {"execution_id": {"S": "#counter#shown#0"}, "saga_name": {"S": "#counter"}, "n": {"N": "0"}}
    operator.client.dynamodb.put_item(TableName=operator.ready["table"], Item=counter)
    where = ("--endpoint-url", operator.ready["aws_endpoint"])
    assert "no saga for execution" in refused("show", "#counter#shown#0", "--direct", *where, exit_code=1)
    assert "an execution id has 1 to 64 letters" in refused("show", "#counter#shown#0", *where, exit_code=2)


@pytest.mark.parametrize("damage", [{"corr": None}, {"version": {"S": "1"}}, {"state": {"S": "paused"}}])
def test_a_saga_that_cannot_be_read(operator: Operator, damage: dict[str, Any]) -> None:
    """The command that looks closer is named; nobody sees a traceback."""
    key = {"execution_id": {"S": f"broken-{uuid.uuid4().hex}"}, "saga_name": {"S": "execution_saga"}}
    numbers = {name: {"N": "1"} for name in ("version", "dv", "created")}
    item = {**key, **numbers, "state": {"S": "failed"}, "corr": {"S": "c"}, **damage}
    table, where = operator.ready["table"], ("--endpoint-url", operator.ready["aws_endpoint"])
    stored = {name: value for name, value in item.items() if value is not None}
    operator.client.dynamodb.put_item(TableName=table, Item=stored)
    try:
        line = refused("show", key["execution_id"]["S"], *where, exit_code=1)
        assert "cannot be read" in line
        assert "sagactl reconcile --dry-run" in line
        for command in (("list", "--limit", "9999"), ("republish", "--since", "1h", "--yes")):
            outcome = CliRunner().invoke(app, [*command, *where])
            assert outcome.exit_code == 0, "the others are not to wait for its repair"
            assert f"{key['execution_id']['S']} was passed over: " in outcome.stderr
            assert "sagactl reconcile --dry-run" in outcome.stderr
    finally:
        operator.client.dynamodb.delete_item(TableName=table, Key=key)


def test_cancel_of_what_cannot_be(operator: Operator) -> None:
    assert "1 to 64" in refused("cancel", "a b", "--endpoint-url", operator.ready["aws_endpoint"])


@pytest.mark.parametrize(
    "arguments",
    [("nothing",), ("list", "--nothing"), ("list", "--output", "xml"), ("list", "--state", "x"), ("show",)],
    ids=" ".join,
)
def test_what_is_typed_wrongly_is_a_matter_of_usage(arguments: tuple[str, ...]) -> None:
    outcome = CliRunner().invoke(app, arguments)
    assert outcome.exit_code == 2
    assert "Usage: " in outcome.stderr
    assert "Traceback" not in outcome.output

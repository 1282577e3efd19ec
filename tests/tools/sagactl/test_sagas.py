"""The reader of the table: the newest over all, each condition, and one bad item among good ones."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from saga_testing.deployment import Deployment
from saga_testing.samples.sample_events import event
from sagactl.app import app
from sagactl.commands.list import _cursor, _placed
from sagactl.deployment import Deployment as Stack
from sagactl.errors import NotUsableError
from sagactl.table.sagas import Unreadable, Wanted, newest_of, readable, tell_unreadable

FIELD_CASES = ("newest-first", "one-bad-item", "list-json-goes-on")


def world(count: int) -> tuple[Deployment, Stack]:
    """So many executions, a second apart; and the stack as the command sees it."""
    deployment = Deployment({"DEFAULT_LANGUAGE_LIMIT": "1000"})
    for number in range(count):
        deployment.deliver(event("EXECUTION_REQUESTED", f"ex-{number:03}"))
        deployment.advance(1)
    connection: Any = SimpleNamespace(client=lambda _service: deployment.aws.dynamodb, is_local=True)
    return deployment, Stack("sagas", {"TableName": "sagas"}, connection)


def spoil(deployment: Deployment, execution_id: str) -> None:
    deployment.aws.dynamodb.update_item(
        TableName="sagas",
        Key={"execution_id": {"S": execution_id}, "saga_name": {"S": "execution_saga"}},
        UpdateExpression="SET #s = :bogus",
        ExpressionAttributeNames={"#s": "state"},
        ExpressionAttributeValues={":bogus": {"S": "bogus"}},
    )


def listed(stack: Stack, limit: int, **wanted: Any) -> list[str]:
    return [saga.execution_id for saga in newest_of(readable(stack, []), Wanted(**wanted), limit)]


def test_the_newest_come_first_over_all() -> None:
    _, stack = world(30)
    assert listed(stack, 10) == [f"ex-{number:03}" for number in range(29, 19, -1)]


def test_a_list_goes_on_where_it_ended_and_shows_each_saga_once() -> None:
    _, stack = world(23)
    seen: list[str] = []
    after = None
    while found := newest_of(readable(stack, []), Wanted(after=after), 10):
        seen += [saga.execution_id for saga in found]
        after = _placed(_cursor(found[-1]))
    assert seen == [f"ex-{number:03}" for number in range(22, -1, -1)]


@pytest.mark.parametrize("cursor", ["", "x", "1", "1,", "1,a", "yesterday,a,b"])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(NotUsableError, match="--after"):
        _placed(cursor)


def test_each_condition_is_kept() -> None:
    deployment, stack = world(3)
    deployment.deliver(event("EXECUTION_REQUESTED", "empty", script=""))
    deployment.deliver(event("EXECUTION_REQUESTED", "r", language="r", metadata={**META, "user_id": "bob"}))
    assert listed(stack, 9, state="failed") == ["empty"]
    assert listed(stack, 9, reason="script_empty") == ["empty"]
    assert listed(stack, 9, language="r") == ["r"]
    assert listed(stack, 9, owner="bob") == ["r"]
    assert listed(stack, 9, saga_name="another") == []
    assert set(listed(stack, 9, since=deployment.now)) == {"empty", "r"}


META = event("EXECUTION_REQUESTED")["metadata"]


def test_one_bad_item_is_named_and_keeps_nobody_from_seeing_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    deployment, stack = world(5)
    spoil(deployment, "ex-002")
    unreadable: list[Unreadable] = []

    found = newest_of(readable(stack, unreadable), Wanted(), 9)

    assert [saga.execution_id for saga in found] == ["ex-004", "ex-003", "ex-001", "ex-000"]
    tell_unreadable(unreadable)
    first, last = capsys.readouterr().err.splitlines()
    assert first.startswith("sagactl: ex-002 was passed over: ")
    assert last == "sagactl: 1 unreadable; see `sagactl reconcile --dry-run`"


def test_what_is_kept_beside_the_sagas_is_no_saga() -> None:
    deployment, stack = world(1)
    deployment.aws.dynamodb.put_item(
        TableName="sagas", Item={"execution_id": {"S": "#queue#python"}, "saga_name": {"S": "5#1"}}
    )
    unreadable: list[Unreadable] = []
    assert len(list(readable(stack, unreadable))) == 1
    assert unreadable == []


def test_a_program_that_lists_cannot_overlook_that_there_are_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """120 run; the cursor stands beside the sagas, and with it all are found."""
    _, stack = world(120)
    monkeypatch.setattr("sagactl.commands.list.deployment", lambda _target: stack)
    seen: list[str] = []
    more: list[str] = []
    while not seen or more:
        outcome = CliRunner().invoke(app, ["list", "--state", "running", "--output", "json", *more])
        answer = json.loads(outcome.stdout)
        assert set(answer) == {"sagas", "next", "unreadable"}
        seen += [saga["execution_id"] for saga in answer["sagas"]]
        more = ["--after", answer["next"]] if answer["next"] else []
        assert ("there are more" in outcome.stderr) == bool(more)
    assert seen == [f"ex-{number:03}" for number in range(119, -1, -1)]


def test_a_long_list_fits_a_hundred_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    deployment, stack = world(1)
    long, owner = "long-" + "x" * 54 + "-tail", "owner-" + "y" * 122
    deployment.deliver(event("EXECUTION_REQUESTED", long, script="", metadata={**META, "user_id": owner}))
    monkeypatch.setattr("sagactl.commands.list.deployment", lambda _target: stack)
    shown = CliRunner().invoke(app, ["list"], env={"COLUMNS": "100"}).stdout
    assert max(map(len, shown.splitlines())) <= 100
    assert "…" in shown
    assert "-tail" in shown, "ids differ in their ends"
    for whole in ("script_empty", "failed", "running"):
        assert whole in shown
    (first, _) = json.loads(CliRunner().invoke(app, ["list", "--output", "json"]).stdout)["sagas"]
    assert (first["execution_id"], first["owner"]) == (long, owner)

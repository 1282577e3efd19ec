"""One item that cannot be read is named and passed over, whatever reads it and whatever is odd about it."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner, Result

from saga_testing.moto_world import World
from saga_testing.samples.sample_events import event
from sagactl.app import app
from sagactl.deployment import Deployment as Stack
from sagactl.rejected.items import open_items
from sagactl.rejected.on_failure import undelivered

KEY = {"execution_id": {"S": "ex-1"}, "saga_name": {"S": "execution_saga"}}


@pytest.fixture
def table(world: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The client of a table with two executions; every command is on their stack."""
    for name in ("ex-1", "ex-2"):
        world.deliver(event("EXECUTION_REQUESTED", name))
    client = world.at.sdk.dynamodb
    connection: Any = SimpleNamespace(client=lambda _service: client, is_local=True, place="here")
    outputs = {"TableName": "sagas", "RelayFunctionName": "relay", "OperatorTableName": "operator"}
    for command in ("list", "show", "slots", "republish"):
        monkeypatch.setattr(f"sagactl.commands.{command}.deployment", lambda _: Stack("sagas", outputs, connection))
    monkeypatch.setattr("sagactl.commands.show.relay_lag", lambda _: None)
    return client


def run(*command: str) -> Result:
    outcome = CliRunner().invoke(app, [*command, "--output", "json"])
    assert outcome.exit_code == 0, outcome.output
    return outcome


def put(table: Any, **attributes: Any) -> None:
    """`ex-1` once more, under another saga's name and with something odd."""
    item = table.get_item(TableName="sagas", Key=KEY)["Item"]
    table.put_item(TableName="sagas", Item={**item, "saga_name": {"S": "other_saga"}, **attributes})


ODD = {
    "a state of nobody": {"state": {"S": "hovering"}},
    "a version that is text": {"version": {"S": "one"}},
    "a timeline that is no list": {"timeline": {"S": "1 R e saga_started#1"}},
    "a claim that is a number": {"claim": {"N": "1"}},
    "a request that is text": {"req": {"S": "all of it"}},
    "no whole number": {"created": {"N": "1.5"}},
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("command", [("list",), ("slots",), ("show", "ex-1")], ids=" ".join)
def test_a_saga_that_cannot_be_read_hides_no_other(table: Any, command: tuple[str, ...], odd: dict[str, Any]) -> None:
    put(table, **odd)

    outcome = run(*command)

    assert "ex-1" in outcome.stdout
    assert "other_saga" not in outcome.stdout
    assert "sagactl: ex-1 was passed over: " in outcome.stderr


def test_a_moment_that_no_calendar_has_is_shown_as_its_number(table: Any) -> None:
    put(table, created={"N": "1" + "0" * 30}, expires={"N": "-" + "9" * 30})

    assert {saga["created_at"] for saga in json.loads(run("show", "ex-1").stdout)} >= {"1" + "0" * 30 + " ms"}
    assert "other_saga" in run("list").stdout


@pytest.mark.parametrize("number", [{"N": "1.5"}, {"S": "three"}, {"M": {}}])
def test_a_counter_that_counts_nothing_is_named_and_the_others_are_shown(table: Any, number: dict[str, Any]) -> None:
    counter = {"execution_id": {"S": "#counter#ruby#0"}, "saga_name": {"S": "#counter"}, "n": number}
    table.put_item(TableName="sagas", Item=counter)

    outcome = run("slots")

    assert [(each["language"], each["taken"]) for each in json.loads(outcome.stdout)] == [("python", 2)]
    assert "sagactl: #counter#ruby#0 was passed over: holds no whole number" in outcome.stderr


def test_what_is_republished_leaves_out_the_one_that_cannot_be_read(
    table: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def call(_stack: Stack, _function: str, payload: Any) -> Any:
        asked.extend(payload["republish"])
        return SimpleNamespace(body={"published": [], "skipped": []})

    monkeypatch.setattr("sagactl.invoking.call_function", call)
    put(table, state={"S": "hovering"})

    outcome = run("republish", "--since", "3000d", "--yes")

    assert sorted(each["execution_id"] for each in asked) == ["ex-1", "ex-2"]
    assert {each["saga_name"] for each in asked} == {"execution_saga"}
    assert "ex-1 was passed over" in outcome.stderr
    asked.clear()
    assert "ex-1 was passed over" in run("republish", "ex-1").stderr
    assert [each["saga_name"] for each in asked] == ["execution_saga"]


def test_a_rejected_event_whose_item_is_odd_is_listed_all_the_same() -> None:
    odd = {
        "pk": {"S": "rejected#abc"},
        "sk": {"S": "event"},
        "at": {"S": "2026-01-01T00:00:00.000Z"},
        "copies": {"N": "1.5"},
        "reason": {"N": "7"},
        "position": {"S": "["},
        "key": {"L": []},
    }
    pages = iter([{"Items": [odd]}])
    client = SimpleNamespace(query=lambda **_request: next(pages, {"Items": []}))
    stack = Stack("sagas", {"OperatorTableName": "o"}, SimpleNamespace(client=lambda _service: client))  # type: ignore[arg-type]  # what is asked of it

    (kept,) = open_items(stack, 5)

    assert (kept.id, kept.copies, kept.reason, kept.key, kept.position) == ("abc", 1, "", "", {})


def test_an_on_failure_object_that_expires_while_it_is_listed_hides_no_other() -> None:
    def get_object(**request: Any) -> Any:
        if request["Key"] == "aws/lambda/gone":
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": SimpleNamespace(read=lambda: b"\xff no JSON")}

    keys = [{"Key": f"aws/lambda/{name}", "LastModified": SimpleNamespace(isoformat=str)} for name in ("gone", "there")]
    pages = SimpleNamespace(paginate=lambda **_request: [{"Contents": keys}])
    client = SimpleNamespace(get_paginator=lambda _name: pages, get_object=get_object)
    stack = Stack("sagas", {"PayloadBucketName": "b"}, SimpleNamespace(client=lambda _service: client))  # type: ignore[arg-type]  # what is asked of it

    assert [each.key for each in undelivered(stack)] == ["aws/lambda/there"]

"""`sagactl compare`: every execution of the window gets one verdict, and nothing unreadable passes for agreement."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from saga_testing.deployment import Deployment
from saga_testing.samples.sample_events import event, iso
from sagactl.app import app
from sagactl.commands import compare as command
from sagactl.comparing.outcomes import outcomes_in
from sagactl.deployment import Deployment as Stack

Compare = Callable[..., Result]


@pytest.fixture
def deployment() -> Deployment:
    """Four executions, a minute apart: completed, failed, running, and one that only an early event tells of."""
    made = Deployment()
    for name in ("ex-a", "ex-b", "ex-c"):
        made.deliver(event("EXECUTION_REQUESTED", name, timestamp=iso(made.now)))
        made.advance(60)
    made.deliver(event("EXECUTION_COMPLETED", "ex-a"))
    made.deliver(event("EXECUTION_FAILED", "ex-b"))
    made.deliver(event("EXECUTION_STARTED", "ex-d"))
    return made


@pytest.fixture
def compare(deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Compare:
    connection: Any = SimpleNamespace(client=lambda _service: deployment.aws.dynamodb, is_local=True)
    monkeypatch.setattr(command, "deployment", lambda _target: Stack("sagas", {"TableName": "sagas"}, connection))

    def run(*lines: Any, options: tuple[str, ...] = ("--output", "json")) -> Result:
        file = tmp_path / "theirs.jsonl"
        file.write_bytes(b"\n".join(each if isinstance(each, bytes) else json.dumps(each).encode() for each in lines))
        return CliRunner().invoke(app, ["compare", str(file), *options])

    return run


def line(execution_id: str, state: str, **more: Any) -> dict[str, Any]:
    return {"execution_id": execution_id, "state": state, **more}


ALIKE = (line("ex-a", "completed"), line("ex-b", "FAILED", other=1), line("ex-c", "running"), line("ex-d", "created"))


def test_what_agrees_is_counted_and_is_success(compare: Compare) -> None:
    outcome = compare(*ALIKE, ALIKE[0], b"  ")

    assert outcome.exit_code == 0
    facts = json.loads(outcome.stdout)
    assert facts["agreeing"] == 4
    assert [facts[name] for name in ("differing", "only_here", "only_there", "unreadable_lines")] == [[], [], [], []]


def test_each_difference_says_what_either_side_has(compare: Compare) -> None:
    outcome = compare(line("ex-a", "failed"), line("ex-c", "running"), line("ex-d", "created"), line("ex-z", "timeout"))

    assert outcome.exit_code == 1
    facts = json.loads(outcome.stdout)
    assert facts["agreeing"] == 2
    assert facts["differing"] == [
        {"execution_id": "ex-a", "here": "completed", "reason": "execution_completed", "there": "failed"}
    ]
    assert facts["only_here"] == [
        {"execution_id": "ex-b", "here": "failed", "reason": "execution_failed", "there": None}
    ]
    assert facts["only_there"] == [{"execution_id": "ex-z", "here": None, "reason": None, "there": "timeout"}]


def test_people_see_the_same(compare: Compare) -> None:
    outcome = compare(line("ex-a", "failed"), *ALIKE[1:], options=())

    assert outcome.exit_code == 1
    assert outcome.stdout.splitlines()[0].strip() == "3 executions agreeing, 1 not"
    assert all(word in outcome.stdout for word in ("ex-a", "completed", "failed"))
    assert "ex-b" not in outcome.stdout


@pytest.mark.parametrize(
    ("bad", "detail"),
    [
        (b"{", "is no JSON"),
        (b"\xff", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b"[]", "is no JSON object"),
        (line("", "completed"), "execution_id: is missing or no text"),
        ({"state": "completed"}, "execution_id: is missing or no text"),
        (
            line("ex-e", "done"),
            "state: is none of created, running, compensating, completed, failed, timeout, cancelled",
        ),
        ({"execution_id": "ex-e"}, None),
        (line("ex-e", "failed", created_at="yesterday"), "created_at: is no RFC 3339 time with an offset"),
        (line("ex-e", "failed", created_at="2026-05-01T12:00:00"), "created_at: is no RFC 3339 time with an offset"),
        (line("ex-e", "failed", created_at=7), "created_at: is no RFC 3339 time with an offset"),
        (line("ex-a", "failed"), "ex-a is completed in line 1"),
    ],
)
def test_an_unreadable_line_is_named_and_is_no_success(compare: Compare, bad: Any, detail: str | None) -> None:
    outcome = compare(*ALIKE, bad)

    assert outcome.exit_code == 1
    facts = json.loads(outcome.stdout)
    (told,) = facts["unreadable_lines"]
    assert told["line"] == 5
    assert detail is None or told["detail"] == detail
    assert facts["agreeing"] == 4
    assert f"line 5 was passed over: {told['detail']}" in outcome.stderr


def test_an_unreadable_saga_is_no_success(compare: Compare, deployment: Deployment) -> None:
    deployment.aws.dynamodb.update_item(
        TableName="sagas",
        Key={"execution_id": {"S": "ex-a"}, "saga_name": {"S": "execution_saga"}},
        UpdateExpression="SET #s = :bogus",
        ExpressionAttributeNames={"#s": "state"},
        ExpressionAttributeValues={":bogus": {"S": "bogus"}},
    )

    outcome = compare(*ALIKE)

    assert outcome.exit_code == 1
    assert [each["execution_id"] for each in json.loads(outcome.stdout)["unreadable"]] == ["ex-a"]


def test_the_window_leaves_out_what_neither_side_created_in_it(compare: Compare, deployment: Deployment) -> None:
    start = deployment.now - 180_000
    window = ("--since", iso(start + 60_000), "--until", iso(start + 120_000), "--output", "json")

    outcome = compare(
        line("ex-a", "failed", created_at=iso(start)),  # before
        line("ex-b", "failed", created_at={"$date": iso(start + 61_000)}),
        line("ex-x", "failed", created_at=iso(start + 59_000)),  # before
        line("ex-y", "failed", created_at=iso(start + 60_000)),
        line("ex-z", "failed", created_at=iso(start + 120_000)),  # after
        options=window,
    )

    facts = json.loads(outcome.stdout)
    assert (outcome.exit_code, facts["agreeing"], facts["differing"], facts["only_here"]) == (1, 1, [], [])
    assert [each["execution_id"] for each in facts["only_there"]] == ["ex-y"]


def test_one_that_the_other_side_created_in_the_window_is_compared_whenever_we_heard_of_it(
    compare: Compare, deployment: Deployment
) -> None:
    start = deployment.now - 180_000

    outcome = compare(
        line("ex-a", "failed", created_at=iso(start + 61_000)),
        line("ex-b", "failed"),
        options=("--since", iso(start + 60_000), "--until", iso(start + 62_000), "--output", "json"),
    )

    facts = json.loads(outcome.stdout)
    assert [each["execution_id"] for each in facts["differing"]] == ["ex-a"]
    assert (facts["agreeing"], facts["only_there"]) == (1, [])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("compare", "/nowhere/at/all"), "cannot be read"),
        (("compare", "-", "--until", "later"), "--until later: neither a time"),
        (("compare", "-", "--since", "later"), "--since later: neither a time"),
    ],
)
def test_what_cannot_be_compared_at_all_is_told_apart(arguments: tuple[str, ...], message: str) -> None:
    outcome = CliRunner().invoke(app, [*arguments])

    assert outcome.exit_code == 2
    assert message in outcome.stderr


def test_only_sagas_of_the_definition_asked_for_are_compared(compare: Compare) -> None:
    outcome = compare(options=("--saga", "other_saga", "--output", "json"))

    assert (outcome.exit_code, json.loads(outcome.stdout)["only_here"]) == (0, [])


def test_standard_input_is_read_too() -> None:
    found = outcomes_in(iter([b'{"execution_id": "a", "state": "timeout"}\n', b"\n"]))

    assert found.of["a"].state == "timeout"
    assert found.unreadable == []

"""`sagactl operations`: the count first, then a yes, then the progress to its end; Ctrl-C leaves it running."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from saga_orchestrator.batch_bootstrap import BatchResources
from saga_orchestrator.domain.flow.terms import Answer
from saga_orchestrator.domain.instants import rfc3339
from saga_orchestrator.entrypoints.runner_function import RunOperations
from saga_testing.lambda_context import Context
from saga_testing.samples.parked_orders import replied, reserved_order
from tests.tools.sagactl.test_verbs_over_http import Counter

WHY = ("--reason", "the carrier is back")


@pytest.fixture
def counter(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter]:
    counter = Counter()
    monkeypatch.setattr("sagactl.commands.operations.deployment", lambda _target: counter.stack)
    refused = replied(reserved_order(), "ship_order#1", Answer.REFUSED)
    undo_parked = replied(refused, "release_stock#1", Answer.REFUSED)
    counter.put(*(replace(undo_parked, execution_id=f"o-{number}") for number in range(3)))
    counter.deployment.advance(1)
    yield counter
    counter.front.close()


def run(counter: Counter) -> None:
    RunOperations(BatchResources(counter.deployment.at)).run({}, Context(300_000))


def prepared(counter: Counter, *words: str) -> Any:
    before = ("--before", rfc3339(counter.deployment.now))
    given = words or ("retry", "--reason-code", "refused")
    return counter.gets("operations", "prepare", *given, *before, *WHY)


def identity(counter: Counter, *words: str) -> str:
    return str(prepared(counter, *words)["operation"]["id"])


def test_what_is_prepared_is_counted_and_nothing_is_done(counter: Counter) -> None:
    told = prepared(counter)

    assert (told["operation"]["count"], told["operation"]["state"]) == (3, "prepared")
    before = ("--before", rfc3339(counter.deployment.now))
    shown = counter.types("operations", "prepare", "retry", "--step", "reserve_stock", *before, *WHY)
    assert "is prepared for 3 sagas" in shown.stdout
    assert "Its set: 3 sagas" in shown.stdout
    assert "sagactl operations start" in " ".join(shown.stdout.split())
    assert counter.deployment.aws.functions.invoked == []


def test_it_asks_first_and_without_a_yes_does_nothing(counter: Counter) -> None:
    operation = identity(counter)
    code, line = counter.told("operations", "start", operation, *WHY)

    assert code != 0
    assert "retry for 3 sagas" in line
    assert counter.gets("operations", "show", operation)["state"] == "prepared"


def test_it_is_followed_to_its_end(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    operation = identity(counter)
    monkeypatch.setattr("sagactl.commands.operations.time.sleep", lambda _seconds: run(counter))
    outcome = counter.types("operations", "start", operation, "--yes", *WHY)

    assert outcome.exit_code == 0, outcome.output
    assert "ended, 3 done of 3" in outcome.stdout
    assert "running, 0 done, 3 left of 3" in outcome.stderr
    shown = counter.gets("operations", "show", operation)
    assert [item["outcome"] for item in shown["items"]] == ["done"] * 3
    assert counter.gets("operations", "list")["operations"][0]["id"] == operation
    assert operation in counter.types("operations", "list").stdout


def test_what_was_not_done_is_pointed_at_and_listed(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    operation = identity(counter)
    counter.deployment.aws.dynamodb.delete_item(
        TableName="sagas", Key={"execution_id": {"S": "o-1"}, "saga_name": {"S": "order_saga"}}
    )
    monkeypatch.setattr("sagactl.commands.operations.time.sleep", lambda _seconds: run(counter))
    outcome = counter.types("operations", "start", operation, "--yes", *WHY)

    assert f"sagactl operations show {operation}" in outcome.stderr
    shown = counter.types("operations", "show", operation).stdout
    assert "1 saga not done" in shown
    assert "vanished" in shown
    assert "o-0" not in shown


def test_whoever_goes_leaves_it_running_and_is_told_so(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    operation = identity(counter)
    monkeypatch.setattr("sagactl.commands.operations.time.sleep", interrupted)
    code, line = counter.told("operations", "start", operation, "--yes", *WHY)

    assert code == 1
    assert "it runs on without this command" in line
    assert counter.gets("operations", "show", operation)["state"] == "running"
    assert counter.gets("operations", "abort", operation)["state"] == "aborted"
    run(counter)
    assert counter.gets("operations", "show", operation)["progress"]["left"] == 3


def test_each_refusal_says_what_to_do(counter: Counter) -> None:
    before = ("--before", rfc3339(counter.deployment.now))
    code, line = counter.told("operations", "prepare", "retry", *before, *WHY)
    assert (code, "at least one part" in line) == (2, True)
    code, line = counter.told("operations", "prepare", "retry", "--step", "ship", *before, *WHY)
    assert (code, line.split(":")[0]) == (1, "nothing_fits")
    assert counter.told("operations", "prepare", "retry", "--step", "ship", "--before", "yesterday", *WHY)[0] == 2
    assert counter.told("operations", "show", "../acts")[0] == 1
    assert counter.told("operations", "abort", "0" * 24)[0] == 1
    counter.outputs.clear()
    assert "Api=iam" in counter.told("operations", "list")[1]


def test_the_same_key_again_prepares_it_once(counter: Counter) -> None:
    words = ("retry", "--reason-code", "refused", "--key", "k-7")

    assert prepared(counter, *words)["operation"]["id"] == prepared(counter, *words)["operation"]["id"]
    assert prepared(counter, *words)["replayed"] is True

"""`sagactl reconcile` as it is typed, against a stack that runs."""

import json
import uuid
from typing import Any

import pytest

from sagactl.table import recounting
from tests.tools.local_stack.outside import event
from tests.tools.sagactl.conftest import Operator


def counter(operator: Operator, language: str, shard: int) -> dict[str, Any]:
    return {
        "TableName": operator.ready["table"],
        "Key": {"execution_id": {"S": f"#counter#{language}#{shard}"}, "saga_name": {"S": "#counter"}},
    }


def taken(operator: Operator, language: str, shard: int) -> int:
    return int(operator.client.dynamodb.get_item(**counter(operator, language, shard))["Item"]["n"]["N"])


def set_counter(operator: Operator, language: str, shard: int, number: int) -> None:
    operator.client.dynamodb.update_item(
        **counter(operator, language, shard),
        UpdateExpression="SET n = :n",
        ExpressionAttributeValues={":n": {"N": str(number)}},
    )


@pytest.fixture
def slot(operator: Operator) -> tuple[str, int]:
    """A slot that a running saga holds; the language is this test's alone."""
    one = f"holds-{uuid.uuid4().hex}"
    operator.client.over_eventbridge(event("EXECUTION_REQUESTED", one, language=f"l{uuid.uuid4().hex[:8]}"))
    operator.is_in(one, "running")
    held = operator.gets("show", one)[0]["slot"]
    return held["language"], held["shard"]


@pytest.mark.parametrize("drifted", [0, 7])
def test_a_counter_that_drifted_is_corrected_once(operator: Operator, slot: tuple[str, int], drifted: int) -> None:
    set_counter(operator, *slot, drifted)
    fact = {
        "item": f"{slot[0]}#{slot[1]}",
        "problem": "counter_differs",
        "found": f"says {drifted}, 1 saga held",
        "repair": "set it to 1",
    }
    assert operator.gets("reconcile", "--dry-run", exit_code=1) == [{**fact, "outcome": "planned"}]
    assert taken(operator, *slot) == drifted
    assert operator.gets("reconcile", "--yes") == [{**fact, "outcome": "repaired"}]
    assert taken(operator, *slot) == 1
    assert operator.gets("reconcile", "--yes") == []
    sound = "nothing to repair: every saga is sound, every counter equals the slots held\n"
    assert operator.types("reconcile", "--yes").stdout == sound


def test_a_counter_that_is_gone_comes_back(operator: Operator, slot: tuple[str, int]) -> None:
    operator.client.dynamodb.delete_item(**counter(operator, *slot))
    outcome = operator.types("reconcile", "--yes")
    assert outcome.exit_code == 0
    assert "1 problem" in outcome.stdout
    assert "says 0, 1 saga held" in outcome.stdout
    assert taken(operator, *slot) == 1


def test_a_counter_that_moves_meanwhile_is_left_alone(
    operator: Operator, slot: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def moved(*arguments: Any) -> list[recounting.Drift]:
        drifts = steady(*arguments)
        set_counter(operator, *slot, 6)
        return drifts

    steady = recounting.steady_drifts
    monkeypatch.setattr("sagactl.commands.reconcile.steady_drifts", moved)
    set_counter(operator, *slot, 5)
    outcome = operator.types("reconcile", "--yes", "--output", "json")
    assert outcome.exit_code == 1
    assert outcome.stderr.endswith("\nsagactl: 1 moved meanwhile and left alone: run it again\n")
    (fact,) = json.loads(outcome.stdout)
    assert fact["outcome"] == "moved"
    assert taken(operator, *slot) == 6
    monkeypatch.undo()
    operator.gets("reconcile", "--yes")


def test_a_saga_that_could_not_end_does_so_after_the_repair(operator: Operator, slot: tuple[str, int]) -> None:
    """The settings are the stack's own: the deadline is the one that the function had set."""
    (saga,) = [saga for saga in operator.gets("list", "--state", "running")["sagas"] if saga["language"] == slot[0]]
    one = saga["execution_id"]
    edit(operator, one, "REMOVE deadline, deadline_shard")

    planned = operator.types("reconcile", "--dry-run")

    assert planned.exit_code == 1
    assert planned.stderr == "sagactl: 1 to repair, without --dry-run\n"
    assert "1 problem; nothing was changed" in planned.stdout
    assert one in planned.stdout
    assert "runs and cannot time out: no deadline, no index shard" in planned.stdout
    assert operator.gets("show", one)[0]["deadline"] is None
    (fact,) = operator.gets("reconcile", "--yes")
    assert (fact["item"], fact["problem"], fact["outcome"]) == (one, "never_due", "repaired")
    assert operator.gets("show", one)[0]["deadline"] == saga["deadline"]
    assert operator.gets("reconcile", "--yes") == []
    edit(operator, one, "SET deadline = :due", {":due": {"N": "1"}})
    checker = {output["OutputKey"]: output["OutputValue"] for output in outputs(operator)}["TimeoutCheckerFunctionName"]
    operator.aws("lambda").invoke(FunctionName=checker, Payload=b"{}")
    assert operator.client.state(one) == "timeout"
    assert taken(operator, *slot) == 0


def test_what_cannot_be_read_is_named_and_keeps_nothing_from_being_repaired(
    operator: Operator, slot: tuple[str, int]
) -> None:
    one = f"broken-{uuid.uuid4().hex}"
    key = {"execution_id": {"S": one}, "saga_name": {"S": "execution_saga"}}
    operator.client.dynamodb.put_item(TableName=operator.ready["table"], Item={**key, "state": {"S": "running"}})
    set_counter(operator, *slot, 3)
    try:
        outcome = operator.types("reconcile", "--yes", "--output", "json")
        assert outcome.exit_code == 1
        assert outcome.stderr.endswith("\nsagactl: 1 to be mended by hand\n")
        assert "Repair 1 problem, on stack saga-orchestrator" in outcome.stderr
        facts = {fact["item"]: fact for fact in json.loads(outcome.stdout)}
        assert facts[one]["outcome"] == "by_hand"
        assert facts[one]["found"].endswith("missing: version, dv, created, corr")
        assert taken(operator, *slot) == 1
    finally:
        operator.client.dynamodb.delete_item(TableName=operator.ready["table"], Key=key)
    assert operator.gets("reconcile", "--yes") == []


def edit(operator: Operator, execution_id: str, expression: str, values: Any = None) -> None:
    operator.client.dynamodb.update_item(
        TableName=operator.ready["table"],
        Key={"execution_id": {"S": execution_id}, "saga_name": {"S": "execution_saga"}},
        UpdateExpression=expression,
        **({"ExpressionAttributeValues": values} if values else {}),
    )


def outputs(operator: Operator) -> list[dict[str, str]]:
    (stack,) = operator.aws("cloudformation").describe_stacks(StackName="saga-orchestrator")["Stacks"]
    found: list[dict[str, str]] = stack["Outputs"]
    return found

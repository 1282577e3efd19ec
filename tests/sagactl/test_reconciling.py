"""`sagactl reconcile`: after it each counter is the number of sagas that hold a slot of it."""

import uuid
from typing import Any

import pytest

from sagactl import reconciling
from tests.local_stack.outside import event
from tests.sagactl.conftest import Operator


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
    fact = {"language": slot[0], "shard": slot[1], "counter": drifted, "held": 1}
    assert operator.gets("reconcile", "--dry-run", exit_code=1) == [{**fact, "corrected": False}]
    assert taken(operator, *slot) == drifted
    assert operator.gets("reconcile") == [{**fact, "corrected": True}]
    assert taken(operator, *slot) == 1
    assert operator.gets("reconcile") == []
    assert operator.types("reconcile").stdout == "every counter equals the number of sagas that hold a slot of it\n"


def test_a_counter_that_is_gone_comes_back(operator: Operator, slot: tuple[str, int]) -> None:
    operator.client.dynamodb.delete_item(**counter(operator, *slot))
    outcome = operator.types("reconcile")
    assert outcome.exit_code == 0
    assert "Counters that differed" in outcome.stdout
    assert taken(operator, *slot) == 1


def test_a_counter_that_moves_meanwhile_is_left_alone(
    operator: Operator, slot: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def moved(*arguments: Any) -> list[reconciling.Drift]:
        drifts = steady(*arguments)
        set_counter(operator, *slot, 6)
        return drifts

    steady = reconciling.steady_drifts
    monkeypatch.setattr(reconciling, "steady_drifts", moved)
    set_counter(operator, *slot, 5)
    (fact,) = operator.gets("reconcile", exit_code=1)
    assert fact["corrected"] is False
    assert taken(operator, *slot) == 6
    monkeypatch.undo()
    operator.gets("reconcile")

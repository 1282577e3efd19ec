"""`sagactl reconcile` while the functions go on: whoever writes in between wins, and nothing of theirs is lost."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from saga_orchestrator.domain.repair import Problem
from saga_testing.samples.sample_events import event, eventbridge
from saga_testing.wire import Wire
from sagactl.commands.reconcile import Outcome
from tests.proof.exhaustion.deployment import Delivery
from tests.proof.reconcile.corrupt_items import CASES, Case, n
from tests.proof.reconcile.corrupt_table import Scene, sound
from tests.proof.reconcile.test_repairs import named

_WRITES: Final = ("update_item", "transact_write_items")
_LIVE: Final = {
    "stub": "EXECUTION_FAILED",
    "running": "EXECUTION_COMPLETED",
    "started": "EXECUTION_COMPLETED",
    "started early": "EXECUTION_CANCELLED",
    "failed": "EXECUTION_STARTED",
    "timed out": "EXECUTION_STARTED",
    "cancelled": "EXECUTION_STARTED",
    "refused": "EXECUTION_STARTED",
}
"""What can still happen to a saga in each state. A completed one is not written again, it only expires."""
SAGA_ALONE: Final = [case for case in CASES if Problem.COUNTER_DIFFERS not in case.found]


def just_before(scene: Scene, operations: tuple[str, ...], happens: Callable[[], object], call: int = 1) -> None:
    """`happens` once, when the command makes the given call of those."""
    seen = 0

    def before(operation: str) -> None:
        nonlocal seen
        seen += operation in operations
        if operation in operations and seen == call:
            happens()

    scene.wire.before_call = before


def arrives(scene: Scene, event_type: str, execution_id: str = "ex-1") -> Callable[[], object]:
    """The real function handles it, on the same table."""
    delivery = Delivery(event_type, event_type, eventbridge(event(event_type, execution_id)))
    return lambda: scene.on.invoke(delivery, Wire())


@pytest.mark.parametrize("case", [case for case in SAGA_ALONE if case.base in _LIVE], ids=named)
def test_a_function_that_writes_in_between_wins(case: Case) -> None:
    scene, alone = Scene.of(case), Scene.of(case)
    arrives(alone, _LIVE[case.base])()
    live = arrives(scene, _LIVE[case.base])
    just_before(scene, _WRITES, live)

    findings = scene.repair()

    assert {finding.outcome for finding in findings} == {Outcome.MOVED}
    left, expected = scene.item(), alone.item()
    assert left is not None
    assert expected is not None
    assert _without_event_ids(left) == _without_event_ids(expected), "exactly what the function wrote"
    scene.wire.before_call = lambda _operation: None
    assert {finding.outcome for finding in scene.repair()} <= {Outcome.REPAIRED}
    assert scene.plan() == []
    scene.check_sagas()
    scene.check_counters()
    scene.live_on()


@pytest.mark.parametrize("case", SAGA_ALONE, ids=named)
def test_a_saga_that_expires_in_between_does_not_come_back(case: Case) -> None:
    scene = Scene.of(case)
    key = {"execution_id": {"S": "ex-1"}, "saga_name": {"S": "execution_saga"}}
    just_before(scene, _WRITES, lambda: scene.table.delete_item(TableName="sagas", Key=key))

    assert {finding.outcome for finding in scene.repair()} == {Outcome.MOVED}
    assert scene.item() is None


@pytest.mark.parametrize("counter", [None, 0, 5, {"n": {"S": "5"}}])
def test_a_counter_that_moves_before_its_correction_is_left_alone(counter: Any) -> None:
    scene = Scene([sound("running")], {"python#0": counter})
    key = {"execution_id": {"S": "#counter#python#0"}, "saga_name": {"S": "#counter"}}

    def moves() -> None:
        values = {":moved": n(2)}
        scene.table.update_item(
            TableName="sagas", Key=key, UpdateExpression="SET n = :moved", ExpressionAttributeValues=values
        )

    just_before(scene, _WRITES, moves)
    (finding,) = scene.repair()
    assert finding.outcome is Outcome.MOVED
    assert scene.item("#counter#python#0") == {**key, "n": n(2)}


def test_a_difference_that_only_one_pass_saw_is_none() -> None:
    """The scan met the counter before a request, and its saga after it."""
    scene = Scene([], {"python#0": 0})
    stale = scene.table.scan(TableName="sagas", ConsistentRead=True)
    arrives(scene, "EXECUTION_REQUESTED")()
    fresh = scene.table.scan(TableName="sagas", ConsistentRead=True)
    torn = {**fresh, "Items": [*stale["Items"], *(item for item in fresh["Items"] if "state" in item)]}
    passes = iter([torn, fresh])
    scene.table.scan = lambda **_request: next(passes)  # type: ignore[method-assign]  # one torn reading, then a whole one
    assert scene.repair() == []


def test_a_saga_in_somebodys_transaction_each_time_is_left_for_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sagactl.table.store.time.sleep", lambda _seconds: None)
    scene = Scene([sound("running") | {"expires": n(1)}], {"python#0": 1})

    def conflict(operation: str) -> None:
        if operation == "update_item":
            error: Any = {"Error": {"Code": "TransactionConflictException", "Message": ""}}
            raise ClientError(error, "UpdateItem")

    scene.wire.before_call = conflict
    (finding,) = scene.repair()
    assert (finding.problem, finding.outcome) == (Problem.EXPIRES_WHILE_RUNNING, Outcome.MOVED)
    scene.wire.before_call = lambda _operation: None
    assert [finding.outcome for finding in scene.repair()] == [Outcome.REPAIRED]


def test_what_the_way_to_the_table_refuses_is_not_swallowed() -> None:
    scene = Scene([sound("running") | {"expires": n(1)}], {"python#0": 1})

    def refuse(operation: str) -> None:
        if operation == "update_item":
            error: Any = {"Error": {"Code": "AccessDeniedException", "Message": ""}}
            raise ClientError(error, "UpdateItem")

    scene.wire.before_call = refuse
    with pytest.raises(ClientError, match="AccessDenied"):
        scene.repair()


def test_every_page_of_the_table_is_read() -> None:
    whole = Scene([sound("running", f"ex-{number}") | {"expires": n(1)} for number in range(5)], {"python#0": 5})
    read = whole.table.scan
    whole.table.scan = lambda **request: read(**{**request, "Limit": 2})  # type: ignore[method-assign]  # small pages
    assert len(whole.repair()) == 5
    assert whole.plan() == []


def _without_event_ids(item: dict[str, Any]) -> dict[str, Any]:
    """Two deliveries of the same kind differ in nothing else."""
    lines = [entry["S"].split(" ") for entry in item.get("timeline", {"L": []})["L"]]
    early = [entry["M"]["e"]["S"].split(" ")[:2] for entry in item.get("early", {"L": []})["L"]]
    return item | {"timeline": [[line[0], line[1], *line[3:]] for line in lines], "early": early}

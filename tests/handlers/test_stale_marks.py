"""What a release without marks left in the index of parked sagas: shown nowhere, counted nowhere, and taken off."""

import itertools
from dataclasses import replace
from typing import Any

import pytest

from saga_orchestrator.adapters.saga_codec import decode, encode
from saga_orchestrator.application.stale_marks import LOOKED_AT
from saga_orchestrator.domain.flow.ledger import Ledger
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.domain.states import SagaState
from saga_testing.deployment import EXECUTIONS_AND_ORDERS, Deployment
from saga_testing.http_door import READER, HttpDoor
from saga_testing.samples.parked_orders import reserved_order
from saga_testing.telemetry import RecordingTelemetry
from tests.handlers.http_api.parked_sagas import NAME, UNDO_PARKED, parked, store


@pytest.fixture
def told() -> RecordingTelemetry:
    return RecordingTelemetry()


@pytest.fixture
def stack(told: RecordingTelemetry) -> Deployment:
    return Deployment({"GAUGES": "true"}, sagas=EXECUTIONS_AND_ORDERS, telemetry=told)


ENDED = replace(
    reserved_order(), state=SagaState.COMPLETED, ledger=Ledger(()), deadline=None, deadline_shard=None, version=9
)
FAILED = replace(ENDED, state=SagaState.FAILED, ended_at=1_000)


def left(stack: Deployment, saga: Saga, key: str, since: int) -> dict[str, Any]:
    """As a release before marks leaves it, which wrote what it knew and nothing else."""
    was, now = encode(parked(UNDO_PARKED, key, since)), encode(replace(saga, execution_id=key))
    item = {**{name: value for name, value in now.items() if name not in {"mark", "mark_at"}}}
    item |= {"mark": was["mark"], "mark_at": was["mark_at"]}
    stack.aws.dynamodb.put_item(TableName="sagas", Item=item)
    return item


def stored(stack: Deployment, key: str) -> dict[str, Any]:
    name = {"execution_id": {"S": key}, "saga_name": {"S": NAME}}
    found: dict[str, Any] = stack.aws.dynamodb.get_item(TableName="sagas", Key=name)["Item"]
    return found


def summary(stack: Deployment) -> dict[str, Any]:
    found: dict[str, Any] = HttpDoor(stack.at).get("summary", READER).json["parked"]
    return found


def test_it_is_counted_by_nobody_who_is_asked(stack: Deployment) -> None:
    for number in range(5):
        left(stack, ENDED, f"gone-{number}", stack.now - 1_000)
    assert (summary(stack)["count"], summary(stack)["oldest"]) == (0, None)

    store(stack, parked(UNDO_PARKED, "here", stack.now - 10))
    assert (summary(stack)["count"], summary(stack)["more"]) == (1, False)
    assert summary(stack)["oldest"] == summary(stack)["newest"] is not None


def test_the_checker_takes_it_off_and_its_gauges_are_true(stack: Deployment, told: RecordingTelemetry) -> None:
    store(stack, parked(UNDO_PARKED, "here", stack.now - 7_000))
    before = left(stack, ENDED, "gone", stack.now - 90_000)
    again = replace(parked(UNDO_PARKED, "again", stack.now - 5_000), version=11)
    left(stack, again, "again", stack.now - 80_000)
    left(stack, FAILED, "failed", stack.now - 70_000)
    stack.check()
    told.counts.clear()
    stack.check()

    assert (told.counts["ParkedSagas"], told.counts["OldestParkedSeconds"]) == (2, 7)
    assert stored(stack, "gone") == {name: value for name, value in before.items() if name not in {"mark", "mark_at"}}
    for key in ("here", "again", "failed"):
        assert stored(stack, key) == encode(decode(stored(stack, key)))  # each where it stands
    ended = HttpDoor(stack.at).get("sagas", READER, query={"order": "ended"}).json["sagas"]
    assert [each["execution_id"] for each in ended] == ["failed"]


def test_nothing_is_sent_for_it(stack: Deployment) -> None:
    left(stack, ENDED, "gone", stack.now)
    sent = len(stack.published)
    stack.check()

    assert "mark" not in stored(stack, "gone")
    assert len(stack.published) == sent


@pytest.mark.parametrize("what", ["changed", "gone", "unreadable"])
def test_what_is_not_as_it_was_is_left_alone(stack: Deployment, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    item = left(stack, ENDED, "o-1", stack.now)
    left(stack, ENDED, "behind", stack.now + 1)
    key = {"execution_id": {"S": "o-1"}, "saga_name": {"S": NAME}}
    parked_again = encode(replace(parked(UNDO_PARKED, "o-1", stack.now), version=12))
    original = stack.aws.dynamodb.update_item

    def meanwhile(**request: Any) -> Any:
        if request["Key"] == key and what == "changed":
            stack.aws.dynamodb.put_item(TableName="sagas", Item=parked_again)
        if request["Key"] == key and what == "gone":
            stack.aws.dynamodb.delete_item(TableName="sagas", Key=key)
        return original(**request)

    if what == "unreadable":
        stack.aws.dynamodb.put_item(TableName="sagas", Item={**item, "state": {"S": "?"}})
    monkeypatch.setattr(stack.aws.dynamodb, "update_item", meanwhile)
    stack.check()
    monkeypatch.undo()

    items = [each for each in stack.aws.dynamodb.scan(TableName="sagas")["Items"] if each["execution_id"]["S"] == "o-1"]
    assert items == {"changed": [parked_again], "gone": [], "unreadable": [{**item, "state": {"S": "?"}}]}[what]
    assert "mark" not in stored(stack, "behind")


def test_a_run_looks_at_so_many_and_the_next_ones_at_the_rest(stack: Deployment) -> None:
    store(stack, *(parked(UNDO_PARKED, f"here-{number}", stack.now - number) for number in range(20)))
    for number in range(120):
        left(stack, ENDED, f"gone-{number}", stack.now - 5_000 + number)
    marked = [sum("mark" in item for item in stack.aws.dynamodb.scan(TableName="sagas")["Items"])]
    while marked[-1] > 20 and len(marked) < 40:
        stack.check()
        marked.append(sum("mark" in item for item in stack.aws.dynamodb.scan(TableName="sagas")["Items"]))

    assert marked[-1] == 20
    assert max(one - next_one for one, next_one in itertools.pairwise(marked)) <= LOOKED_AT


def test_where_nothing_is_parked_it_costs_nothing(stack: Deployment) -> None:
    stack.check()
    idle = len(stack.wire.calls)
    stack.wire.calls.clear()
    stack.check()
    assert len(stack.wire.calls) == idle

    left(stack, ENDED, "gone", stack.now)
    stack.wire.calls.clear()
    stack.check()
    assert len(stack.wire.calls) == idle + 8 + 2

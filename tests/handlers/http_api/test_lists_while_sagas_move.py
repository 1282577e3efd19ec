"""Lists, groups and frozen sets while sagas move, are added and vanish: what stands still is in each exactly once."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from saga_orchestrator.adapters.saga_codec import encode
from saga_orchestrator.domain.saga import Saga
from saga_testing.aws.account import SimulatedAws
from saga_testing.deployment import EXECUTIONS_AND_ORDERS, Deployment
from saga_testing.http_door import OPERATOR, HttpDoor
from saga_testing.samples.sample_events import NOW_MS, event
from saga_testing.telemetry import RecordingTelemetry
from tests.handlers.http_api.operations.desk import Desk
from tests.handlers.http_api.parked_sagas import NAME, STUCK, UNDO_PARKED, parked, store

OWNER = {"order": "owner", "owner": "ada"}
ENDED = {"order": "ended"}
AT = {"ended": "mark_at", "owner": "created"}


def a_stack() -> Deployment:
    aws = SimulatedAws(lambda: NOW_MS, owner_index=True)
    return Deployment(sagas=EXECUTIONS_AND_ORDERS, aws=aws, telemetry=RecordingTelemetry())


class Crowd:
    """Copies of one saga that ended badly and is ada's: some stand still, the others do not."""

    def __init__(self, at: str, seed: int) -> None:
        self.stack, self.at, self.rng = a_stack(), at, random.Random(seed)
        self.door = HttpDoor(self.stack.at, owner_claim="user", owner_index=True)
        self.item = _ended(self.stack)
        self.still = {f"still-{number}" for number in range(30)}
        self.moving = [f"moving-{number}" for number in range(40)]
        for name in (*sorted(self.still), *self.moving):
            self.put(name, self.stack.now + self.rng.randrange(20))

    def put(self, name: str, at: int) -> None:
        own = {"execution_id": {"S": name}, "owner": {"S": "ada"}, self.at: {"N": str(at)}}
        shard = {"mark": {"S": f"ended#{self.rng.randrange(8)}"}}
        self.stack.aws.dynamodb.put_item(TableName="sagas", Item={**self.item, **shard, **own})

    def stir(self, turn: int) -> None:
        """One vanishes, one stands elsewhere from now on, one comes between those that are there, one before all."""
        gone, moved = self.moving[turn * 2 % 40], self.moving[(turn * 2 + 1) % 40]
        key = {"execution_id": {"S": gone}, "saga_name": {"S": "execution_saga"}}
        self.stack.aws.dynamodb.delete_item(TableName="sagas", Key=key)
        self.put(moved, self.stack.now + self.rng.randrange(-30, 30))
        self.put(f"between-{turn}", self.stack.now + self.rng.randrange(20))
        self.put(f"newest-{turn}", self.stack.now + 1000 + turn)


def _ended(stack: Deployment) -> dict[str, Any]:
    for name in ("REQUESTED", "STARTED", "FAILED"):
        stack.deliver(event(f"EXECUTION_{name}", "template"))
    saga = stack.saga("template")
    assert saga is not None
    key = {"execution_id": {"S": "template"}, "saga_name": {"S": "execution_saga"}}
    stack.aws.dynamodb.delete_item(TableName="sagas", Key=key)
    return dict(encode(saga))


@pytest.mark.parametrize("size", [1, 4, 13])
@pytest.mark.parametrize("query", [ENDED, OWNER], ids=["ended", "owner"])
def test_what_stands_still_appears_once_while_others_move_come_and_vanish(query: dict[str, str], size: int) -> None:
    crowd = Crowd(AT[query["order"]], seed=size)
    seen: list[str] = []
    token: str | None = None
    for turn in range(500):
        asked = {**query, "page_size": str(size), **({"page_token": token} if token else {})}
        told = crowd.door.get("sagas", OPERATOR, query=asked)
        assert told.status == 200, told.body
        seen += [saga["execution_id"] for saga in told.json["sagas"]]
        token = told.json["next_page_token"]
        if token is None:
            break
        crowd.stir(turn)

    assert token is None
    assert sorted(name for name in seen if name in crowd.still) == sorted(crowd.still)


@contextmanager
def meanwhile(stack: Deployment, happens: Callable[[int], None]) -> Iterator[list[int]]:
    """Something happens after each read, so also between those of one request."""
    client: Any = stack.aws.dynamodb
    originals, turns = {name: getattr(client, name) for name in ("query", "batch_get_item")}, list[int]()

    def disturbed(original: Callable[..., Any]) -> Callable[..., Any]:
        def read(**arguments: Any) -> Any:
            answer = original(**arguments)
            turns.append(len(turns))
            happens(turns[-1])
            return answer

        return read

    for name, original in originals.items():
        setattr(client, name, disturbed(original))
    try:
        yield turns
    finally:
        for name, original in originals.items():
            setattr(client, name, original)


def crowded(stack: Deployment, still: Saga, moving: Saga) -> tuple[set[str], Callable[[int], None]]:
    """Enough of what is parked that one request reads it in several stretches."""
    rng = random.Random(3)
    keys = {f"still-{number}" for number in range(500)}
    for key in sorted(keys):
        store(stack, parked(still, key, stack.now - 1000 - rng.randrange(50)))
    others = [f"moving-{number}" for number in range(200)]
    for key in others:
        store(stack, parked(moving, key, stack.now - 1000 - rng.randrange(50)))

    def stir(turn: int) -> None:
        if turn >= 100:
            return
        gone, moved = others[2 * turn], others[2 * turn + 1]
        key = {"execution_id": {"S": gone}, "saga_name": {"S": NAME}}
        stack.aws.dynamodb.delete_item(TableName="sagas", Key=key)
        store(stack, parked(moving, moved, stack.now - 1000 - rng.randrange(-50, 100)))
        store(stack, parked(moving, f"new-{turn}", stack.now - 1000 - rng.randrange(50)))

    return keys, stir


def test_a_group_counts_what_stands_still_once() -> None:
    stack = a_stack()
    still, stir = crowded(stack, UNDO_PARKED, STUCK)
    with meanwhile(stack, stir) as turns:
        told = HttpDoor(stack.at).get("groups", OPERATOR, query={"of": "parked"}).json

    counts = {each["step"]: each["count"] for each in told["groups"]}
    assert len(turns) > 8
    assert counts["reserve_stock"] == len(still)


def test_a_set_holds_what_stands_still_once() -> None:
    stack = a_stack()
    still, stir = crowded(stack, UNDO_PARKED, replace(UNDO_PARKED, reason="moved"))
    desk = Desk.of(stack)
    with meanwhile(stack, stir) as turns:
        identity = desk.prepared()

    found = Counter(item["execution_id"] for item in desk.items(identity))
    assert len(turns) > 8
    assert {key: found[key] for key in still} == dict.fromkeys(still, 1)


def test_a_group_of_what_ended_counts_what_stands_still_once() -> None:
    stack = a_stack()
    template = _ended(stack)
    rng = random.Random(4)

    def put(name: str, reason: str, at: int) -> None:
        own = {"execution_id": {"S": name}, "mark_at": {"N": str(at)}, "reason": {"S": reason}}
        mark = {"mark": {"S": f"ended#{rng.randrange(8)}"}}
        stack.aws.dynamodb.put_item(TableName="sagas", Item={**template, **mark, **own})

    for number in range(600):
        put(f"still-{number}", "execution_failed", stack.now + rng.randrange(40))
    for number in range(100):
        put(f"moving-{number}", "worker_lost", stack.now + rng.randrange(40))

    def stir(turn: int) -> None:
        put(f"moving-{turn % 100}", "worker_lost", stack.now + rng.randrange(-40, 80))
        put(f"new-{turn}", "worker_lost", stack.now + 100 + turn)
        gone = {"execution_id": {"S": f"moving-{(7 * turn) % 100}"}, "saga_name": {"S": "execution_saga"}}
        stack.aws.dynamodb.delete_item(TableName="sagas", Key=gone)

    with meanwhile(stack, stir) as turns:
        told = HttpDoor(stack.at).get("groups", OPERATOR, query={"of": "ended"}).json

    assert len(turns) > 8
    assert {each["reason"]: each["count"] for each in told["groups"]}["execution_failed"] == 600

"""Groups hold the same sagas that the lists show, by what they have in common."""

import random
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from saga_orchestrator.adapters.saga_codec import encode
from saga_orchestrator.domain.flow.terms import Answer
from saga_orchestrator.domain.instants import rfc3339
from saga_testing.deployment import Deployment
from saga_testing.http_door import READER, HttpDoor, Told
from saga_testing.samples.parked_orders import replied, reserved_order, stuck_order
from saga_testing.samples.sample_events import event
from tests.handlers.http_api.numbers.ended_sagas import failed
from tests.handlers.http_api.numbers.unread import spoil
from tests.handlers.http_api.parked_sagas import UNDO_PARKED, parked, store


def grouped(door: HttpDoor, of: str = "parked") -> Told:
    told = door.get("groups", READER, query={"of": of})
    assert told.status == 200, told.body
    return told


def test_what_is_parked_is_counted_by_what_it_has_in_common(stack: Deployment, door: HttpDoor) -> None:
    now = stack.now
    store(stack, *(parked(UNDO_PARKED, f"r-{number}", now - number) for number in range(3)))
    store(stack, *(parked(stuck_order(), f"s-{number}", now - 100 - number) for number in range(2)))
    store(stack, parked(stuck_order(), "broken", now - 500))
    spoil(stack, "broken")

    told = grouped(door).json

    kinds = [(each["reason"], each["step"], each["count"], each["unreadable"]) for each in told["groups"]]
    assert kinds == [
        ("refused", "reserve_stock", 3, False),
        ("no_answer", "ship", 2, False),
        ("corrupt_saga", None, 1, True),
    ]
    assert [each["sample"]["execution_id"] for each in told["groups"]] == ["r-2", "s-1", "broken"]
    assert told["groups"][0]["oldest"] < told["groups"][0]["newest"]
    assert {each["saga_name"] for each in told["groups"]} == {"order_saga"}
    assert (told["read"], told["more"], told["of"]) == (6, False, "parked")


def test_groups_hold_what_the_list_shows(stack: Deployment, door: HttpDoor) -> None:
    """What has left the list and is still in its index is in neither; what cannot be read is in both."""
    now = stack.now
    store(stack, *(parked(UNDO_PARKED if number % 3 else stuck_order(), f"o-{number}", now) for number in range(130)))
    for number in range(0, 130, 10):
        moved_on = replace(reserved_order(), execution_id=f"o-{number}")
        left = {"mark": {"S": "parked#0"}, "mark_at": {"N": str(now)}}
        stack.aws.dynamodb.put_item(TableName="sagas", Item={**encode(moved_on), **left})
    spoil(stack, "o-7")

    shown: list[dict[str, Any]] = []
    token = None
    while token is not None or not shown:
        query = {"order": "parked", "page_size": "100", **({"page_token": token} if token else {})}
        page = door.get("sagas", READER, query=query).json
        shown += page["sagas"]
        token = page["next_page_token"]
    listed = Counter(None if "unreadable" in saga else saga["parked"][0] for saga in shown)

    counted = {each["step"]: each["count"] for each in grouped(door).json["groups"]}
    assert counted == dict(listed)
    assert sum(counted.values()) == 117


def test_what_runs_is_counted_by_where_it_stands(stack: Deployment, door: HttpDoor) -> None:
    for number in range(3):
        stack.deliver(event("EXECUTION_REQUESTED", f"ex-{number}"))
    store(stack, reserved_order())

    told = grouped(door, "deadlines").json

    kinds = {(each["saga_name"], each["step"], each["language"]): each["count"] for each in told["groups"]}
    assert kinds == {("execution_saga", None, "python"): 3, ("order_saga", "ship", None): 1}
    assert {each["reason"] for each in told["groups"]} == {None}


def test_a_saga_with_two_parked_undos_is_in_both_groups(stack: Deployment, door: HttpDoor) -> None:
    both = replied(UNDO_PARKED, "release_credit#1", Answer.REFUSED)
    if len(both.ledger.parked) < 2:
        entry = both.ledger.of("reserve_credit")
        stuck = both.ledger.parked[0]
        assert entry is not None
        again = replace(entry, standing=stuck.standing, since=stuck.since, undo=1)
        both = replace(both, ledger=both.ledger.with_entry(again))
    store(stack, both)

    assert {each["step"]: each["count"] for each in grouped(door).json["groups"]} == {
        "reserve_stock": 1,
        "reserve_credit": 1,
    }


def test_groups_end_at_a_thousand_and_say_so(stack: Deployment, door: HttpDoor) -> None:
    item = encode(stuck_order())
    for number in range(1003):
        mark = {"S": f"parked#{number % 8}"}
        own = {"execution_id": {"S": f"o-{number}"}, "mark": mark, "mark_at": {"N": str(stack.now + number // 5)}}
        stack.aws.dynamodb.put_item(TableName="sagas", Item={**item, **own})

    told = grouped(door).json
    assert (told["read"], told["more"], [each["count"] for each in told["groups"]]) == (1000, True, [1000])
    parts = door.get("summary", READER).json
    assert (parts["parked"]["count"], parts["parked"]["more"]) == (1000, True)
    for number in range(3):
        name = {"execution_id": {"S": f"o-{number}"}, "saga_name": {"S": "order_saga"}}
        stack.aws.dynamodb.delete_item(TableName="sagas", Key=name)
    told = grouped(door).json
    assert (told["read"], told["more"], [each["count"] for each in told["groups"]]) == (1000, False, [1000])


@pytest.mark.parametrize("query", [{}, {"of": ""}, {"of": "PARKED"}, {"of": "all"}, {"of": "parked", "x": "1"}])
def test_a_group_that_is_not_served_is_told_what_is(stack: Deployment, door: HttpDoor, query: dict[str, str]) -> None:
    told = door.get("groups", READER, query=query)

    assert told.status == 400
    assert told.code in {"unknown_order", "unknown_parameter"}
    assert stack.wire.calls == []


def test_what_ended_badly_is_grouped_the_newest_first(stack: Deployment, door: HttpDoor) -> None:
    now = stack.now
    failed(stack, now - 3, now - 1, now - 7)
    refused = replied(reserved_order(), "ship_order#1", Answer.REFUSED)
    for number in (2, 1):
        refused = replied(refused, f"release_{('credit', 'stock')[number - 1]}#1", Answer.DONE)
    assert str(refused.state) == "failed"
    store(stack, *(replace(refused, execution_id=f"o-{number}", ended_at=now - number) for number in range(2)))

    told = grouped(door, "ended").json

    kinds = [(each["saga_name"], each["reason"], each["step"], each["language"]) for each in told["groups"]]
    assert kinds == [("execution_saga", "execution_failed", None, "python"), ("order_saga", "refused", "ship", None)]
    (executions, orders) = told["groups"]
    assert (executions["count"], executions["oldest"], executions["newest"]) == (3, rfc3339(now - 7), rfc3339(now - 1))
    assert (executions["sample"]["execution_id"], orders["sample"]["execution_id"]) == ("e-1", "o-0")


@pytest.mark.parametrize("shards", ["8", "256"])
def test_a_list_is_read_to_its_end_once_over_however_many_partitions(stack: Deployment, shards: str) -> None:
    """A key of each partition at a time, it took a query of every partition for each saga of a group."""
    stack.reconfigure(DEADLINE_SHARDS=shards)
    spread = list(range(400))
    random.Random(1).shuffle(spread)
    for number, at in enumerate(spread):
        shard = number % int(shards)
        saga = replace(reserved_order(), execution_id=f"e-{at}", deadline=stack.now + at, deadline_shard=shard)
        store(stack, saga)
    stack.wire.calls.clear()
    told = HttpDoor(stack.at).get("groups", READER, query={"of": "deadlines"}).json

    assert ([each["count"] for each in told["groups"]], told["read"], told["more"]) == ([400], 400, False)
    assert told["groups"][0]["sample"]["execution_id"] == "e-0"
    assert Counter(stack.wire.calls) == {"query": int(shards), "batch_get_item": 4}

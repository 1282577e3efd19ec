"""Groups and the summary: the same sagas that the lists show, by kind and in numbers, and never a zero for "unread"."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from saga_orchestrator.adapters.saga_codec import encode
from saga_orchestrator.domain.flow.terms import Answer
from saga_orchestrator.domain.saga import Saga
from saga_testing.deployment import Deployment
from saga_testing.http_door import READER, HttpDoor, Told
from saga_testing.samples.parked_orders import replied, reserved_order, stuck_order
from saga_testing.samples.sample_events import event
from tests.handlers.aws_answers import refusal

REFUSED = replied(replied(reserved_order(), "ship_order#1", Answer.REFUSED), "release_stock#1", Answer.REFUSED)
"""Shipping was refused, and stock cannot be given back."""


def parked(saga: Saga, key: str, since: int) -> Saga:
    entry = saga.ledger.parked[0]
    return replace(saga, execution_id=key, ledger=saga.ledger.with_entry(replace(entry, since=since)))


def store(stack: Deployment, *sagas: Saga) -> None:
    for saga in sagas:
        stack.aws.dynamodb.put_item(TableName="sagas", Item=encode(saga))


def spoil(stack: Deployment, key: str) -> None:
    name = {"execution_id": {"S": key}, "saga_name": {"S": "order_saga"}}
    stack.aws.dynamodb.update_item(TableName="sagas", Key=name, UpdateExpression="REMOVE dv")


def grouped(door: HttpDoor, of: str = "parked") -> Told:
    told = door.get("groups", READER, query={"of": of})
    assert told.status == 200, told.body
    return told


@contextmanager
def index_answers(stack: Deployment, index: str, code: str, status: int) -> Iterator[None]:
    """Every query of that index is answered with an error."""
    client: Any = stack.aws.dynamodb
    original = client.query

    def query(**arguments: Any) -> Any:
        if arguments.get("IndexName") == index:
            raise refusal(code, status)
        return original(**arguments)

    client.query = query
    try:
        yield
    finally:
        client.query = original


def test_what_is_parked_is_counted_by_what_it_has_in_common(stack: Deployment, door: HttpDoor) -> None:
    now = stack.now
    store(stack, *(parked(REFUSED, f"r-{number}", now - number) for number in range(3)))
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
    store(stack, *(parked(REFUSED if number % 3 else stuck_order(), f"o-{number}", now) for number in range(130)))
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
    both = replied(REFUSED, "release_credit#1", Answer.REFUSED)
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


def test_the_summary_says_how_much_and_since_when(stack: Deployment, door: HttpDoor) -> None:
    stack.deliver(event("EXECUTION_REQUESTED", "late"))
    stack.advance(301)
    for number in range(2):
        stack.deliver(event("EXECUTION_REQUESTED", f"ex-{number}"))
    store(stack, parked(replace(REFUSED, deadline=None, deadline_shard=None), "o-1", stack.now - 60_000))

    told = door.get("summary", READER)

    assert told.status == 200
    late = door.saga("late").json["deadline"]
    ok = {"more": False, "unavailable": None}
    assert told.json["overdue"] == {"count": 1, "oldest": late, **ok}
    assert told.json["running"] == {"count": 3, "oldest": late, **ok}
    assert told.json["parked"]["count"] == 1
    assert told.json["parked"]["oldest"] == door.saga("o-1", "order_saga").json["steps"][1]["parked_since"]


@pytest.mark.parametrize(
    ("code", "status", "told_code"),
    [
        ("ValidationException", 400, "store_refuses"),  # what a missing index, and one being built, are answered with
        ("ProvisionedThroughputExceededException", 400, "unavailable"),
        ("InternalServerError", 500, "unavailable"),
    ],
)
def test_what_cannot_be_read_says_so_and_is_no_zero(
    stack: Deployment, door: HttpDoor, code: str, status: int, told_code: str
) -> None:
    stack.deliver(event("EXECUTION_REQUESTED", "ex-1"))
    store(stack, parked(REFUSED, "o-1", stack.now))
    with index_answers(stack, "marks", code, status):
        told = door.get("summary", READER)
        assert told.status == 200
        assert told.json["running"]["count"] == 2
        assert told.json["parked"]["count"] is None
        assert told.json["parked"]["unavailable"]["code"] == told_code
        groups = door.get("groups", READER, query={"of": "parked"})
        assert (groups.status, groups.code) == (503, told_code)
        with index_answers(stack, "deadlines", code, status):
            nothing = door.get("summary", READER)
            assert (nothing.status, nothing.code) == (503, told_code)
            assert "0" not in nothing.json["detail"]


def test_numbers_read_places_and_no_sagas(stack: Deployment, door: HttpDoor) -> None:
    store(stack, *(parked(REFUSED, f"o-{number}", stack.now) for number in range(40)))
    stack.wire.calls.clear()
    door.get("summary", READER)

    assert set(stack.wire.calls) == {"query"}
    assert len(stack.wire.calls) == 24

"""Groups and the summary: the same sagas that the lists show, by kind and in numbers, and never a zero for "unread"."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import pytest

from saga_orchestrator.adapters.counters.counter_items import counter_key
from saga_orchestrator.adapters.saga_codec import encode
from saga_orchestrator.domain.flow.terms import Answer
from saga_orchestrator.domain.instants import rfc3339
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.entrypoints.http_api.counting import PARTS
from saga_testing.deployment import EXECUTIONS_AND_ORDERS, Deployment
from saga_testing.http_door import READER, HttpDoor, Told
from saga_testing.samples.parked_orders import replied, reserved_order, stuck_order
from saga_testing.samples.rejected_events import reject, unknown_version
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


def running(key: str, deadline: int, shard: int) -> Saga:
    return replace(reserved_order(), execution_id=key, deadline=deadline, deadline_shard=shard)


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


@contextmanager
def no_counters(stack: Deployment) -> Iterator[None]:
    """Whatever is read of the counters is answered with an error."""
    client: Any = stack.aws.dynamodb
    original = client.get_item

    def get_item(**arguments: Any) -> Any:
        raise refusal("ThrottlingException", 400)

    client.get_item = get_item
    try:
        yield
    finally:
        client.get_item = original


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
    assert told.json["overdue"] == {"count": 1, "oldest": late, "newest": late, **ok}
    last = door.saga("ex-1").json["deadline"]
    assert told.json["running"] == {"count": 3, "oldest": late, "newest": last, **ok}
    assert late < last
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
            told = door.get("summary", READER)
            assert told.status == 200
            assert {name for name in PARTS if told.json[name]["unavailable"]} == {
                "parked",
                "overdue",
                "running",
                "ended",
            }


@pytest.mark.parametrize("part", ["rejected", "slots"])
def test_each_of_the_other_parts_is_unread_alone(stack: Deployment, door: HttpDoor, part: str) -> None:
    reject(stack, unknown_version())
    unread = index_answers(stack, "by_time", "ThrottlingException", 400) if part == "rejected" else no_counters(stack)
    with unread:
        told = door.get("summary", READER)

    assert told.status == 200
    assert [name for name in PARTS if told.json[name]["unavailable"]] == [part]
    assert {told.json[part][name] for name in ("count", "more", "oldest", "newest")} == {None}


def test_where_nothing_can_be_read_the_answer_is_503_and_no_number(stack: Deployment, door: HttpDoor) -> None:
    with ExitStack() as unread:
        for index in ("marks", "deadlines", "by_time"):
            unread.enter_context(index_answers(stack, index, "ThrottlingException", 400))
        unread.enter_context(no_counters(stack))
        nothing = door.get("summary", READER)

    assert (nothing.status, nothing.code) == (503, "unavailable")
    assert "0" not in nothing.json["detail"]


@pytest.mark.parametrize("part", ["cap", "gen"], ids=["shard", "head"])
def test_a_counter_that_cannot_be_read_leaves_nobody_to_say_how_many_are_full(
    stack: Deployment, door: HttpDoor, part: str
) -> None:
    stack.deliver(event("EXECUTION_REQUESTED", "ex-1"))
    stack.check()
    assert door.get("summary", READER).json["slots"]["count"] == 0
    stack.aws.dynamodb.update_item(
        TableName="sagas",
        Key=counter_key("python", 0),
        UpdateExpression=f"SET {part} = :x",
        ExpressionAttributeValues={":x": {"S": "x"}},
    )

    assert door.get("summary", READER).json["slots"]["unavailable"]["code"] == "unavailable"


def test_the_summary_counts_full_languages_and_what_was_rejected() -> None:
    stack = Deployment({"LANGUAGE_LIMITS": '{"python": 1, "ruby": "closed"}'}, sagas=EXECUTIONS_AND_ORDERS)
    door = HttpDoor(stack.at)
    for language in ("python", "julia"):
        stack.deliver(event("EXECUTION_REQUESTED", f"of-{language}", language=language))
    stack.check()
    reject(stack, unknown_version("ex-7"))
    stack.advance(5)
    reject(stack, unknown_version("ex-8"))

    told = door.get("summary", READER).json

    assert told["slots"] == {"count": 1, "more": False, "oldest": None, "newest": None, "unavailable": None}
    listed = [each["first_at"] for each in door.get("rejected", READER).json["rejected"]]
    assert (told["rejected"]["count"], told["rejected"]["more"]) == (2, False)
    assert (told["rejected"]["newest"], told["rejected"]["oldest"]) == (listed[0], listed[1])


def failed(stack: Deployment, *moments: int) -> None:
    """Executions that ended badly then, `e-0` at the first moment."""
    for name in ("REQUESTED", "STARTED", "FAILED"):
        stack.deliver(event(f"EXECUTION_{name}", "template"))
    template = stack.saga("template")
    assert template is not None
    key = {"execution_id": {"S": "template"}, "saga_name": {"S": "execution_saga"}}
    stack.aws.dynamodb.delete_item(TableName="sagas", Key=key)
    store(stack, *(replace(template, execution_id=f"e-{n}", ended_at=at) for n, at in enumerate(moments)))


DAY = 86_400_000


def test_what_ended_badly_counts_for_a_day(stack: Deployment, door: HttpDoor) -> None:
    now = stack.now
    failed(stack, now, now - 5, now - DAY, now - DAY - 1, now - 9 * DAY)

    told = door.get("summary", READER).json["ended"]

    assert told == {
        "count": 3,
        "more": False,
        "oldest": rfc3339(now - DAY),
        "newest": rfc3339(now),
        "unavailable": None,
    }


def test_of_what_ended_too_often_the_oldest_is_not_known(stack: Deployment, door: HttpDoor) -> None:
    failed(stack, *(stack.now - number for number in range(1001)))

    told = door.get("summary", READER).json["ended"]

    assert (told["count"], told["more"], told["oldest"], told["newest"]) == (1000, True, None, rfc3339(stack.now))


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
    store(stack, *(running(f"e-{at}", stack.now + at, number % int(shards)) for number, at in enumerate(spread)))
    stack.wire.calls.clear()
    told = HttpDoor(stack.at).get("groups", READER, query={"of": "deadlines"}).json

    assert ([each["count"] for each in told["groups"]], told["read"], told["more"]) == ([400], 400, False)
    assert told["groups"][0]["sample"]["execution_id"] == "e-0"
    assert Counter(stack.wire.calls) == {"query": int(shards), "batch_get_item": 4}


def test_numbers_read_places_and_no_sagas(stack: Deployment, door: HttpDoor) -> None:
    store(stack, *(parked(REFUSED, f"o-{number}", stack.now) for number in range(40)))
    stack.wire.calls.clear()
    door.get("summary", READER)

    assert Counter(stack.wire.calls) == {"query": 40, "get_item": 1}

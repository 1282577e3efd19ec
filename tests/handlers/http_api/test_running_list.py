"""The list of what runs: in the order of deadlines, in pages, with nothing left out that stands still."""

import base64
import itertools
import json
import random
from typing import Any

import pytest

from saga_orchestrator.adapters.saga_codec import encode
from saga_orchestrator.application.paging import MAX_KEYS_READ
from saga_testing.deployment import Deployment
from saga_testing.http_door import READER, HttpDoor, Told
from saga_testing.samples.sample_events import event
from saga_testing.samples.sample_orders import order_event

DEADLINES = {"order": "deadlines"}


def listed(door: HttpDoor, **query: str) -> Told:
    return door.get("sagas", READER, query={**DEADLINES, **query})


def pages(door: HttpDoor, size: int) -> list[list[dict[str, Any]]]:
    found, token = [], ""
    for _ in range(1000):
        told = listed(door, page_size=str(size), **({"page_token": token} if token else {}))
        assert told.status == 200, told.body
        found.append(told.json["sagas"])
        token = told.json["next_page_token"]
        if not token:
            return found
    raise AssertionError("the list has no end")


def store(stack: Deployment, places: list[tuple[str, int, int]]) -> None:
    """Copies of one running saga: an id, a shard, a deadline."""
    stack.deliver(event("EXECUTION_REQUESTED", "template"))
    saga = stack.saga("template")
    assert saga is not None
    item = encode(saga)
    stack.aws.dynamodb.delete_item(TableName="sagas", Key={name: item[name] for name in ("execution_id", "saga_name")})
    for execution_id, shard, deadline in places:
        own = {"execution_id": {"S": execution_id}, "deadline": {"N": str(deadline)}}
        stack.aws.dynamodb.put_item(TableName="sagas", Item={**item, **own, "deadline_shard": {"N": str(shard)}})


@pytest.mark.parametrize("size", [1, 2, 7, 50, 100])
@pytest.mark.parametrize("spread", [1, 3, 40], ids=["one deadline for all", "few deadlines", "many deadlines"])
def test_each_appears_once_and_in_order(stack: Deployment, door: HttpDoor, size: int, spread: int) -> None:
    rng = random.Random(size * spread)
    places = [(f"e-{number}", rng.randrange(8), stack.now + rng.randrange(spread)) for number in range(40)]
    store(stack, places)

    found = pages(door, size)

    assert all(len(page) <= size for page in found)
    shown = [saga for page in found for saga in page]
    assert sorted(saga["execution_id"] for saga in shown) == sorted(name for name, _, _ in places)
    deadlines = [saga["deadline"] for saga in shown]
    assert deadlines == sorted(deadlines)


def test_what_stands_still_appears_once_while_others_move(stack: Deployment, door: HttpDoor) -> None:
    rng = random.Random(7)
    still = {f"still-{number}" for number in range(30)}
    moving = [f"moving-{number}" for number in range(30)]
    deadlines = {name: (rng.randrange(8), stack.now + rng.randrange(20)) for name in (*sorted(still), *moving)}
    store(stack, [(name, *place) for name, place in deadlines.items()])
    seen: list[str] = []
    token: str | None = None
    for turn in itertools.count():
        told = listed(door, page_size="4", **({"page_token": token} if token else {}))
        seen += [saga["execution_id"] for saga in told.json["sagas"]]
        token = told.json["next_page_token"]
        for name in moving[turn * 2 : turn * 2 + 2]:  # one ends, another moves, each maybe the last one shown
            change = "REMOVE deadline, deadline_shard" if turn % 2 else "SET deadline = deadline + :far"
            values = {} if turn % 2 else {"ExpressionAttributeValues": {":far": {"N": str(rng.randrange(-30, 30))}}}
            key = {"execution_id": {"S": name}, "saga_name": {"S": "execution_saga"}}
            stack.aws.dynamodb.update_item(TableName="sagas", Key=key, UpdateExpression=change, **values)
        if token is None:
            break

    assert sorted(name for name in seen if name in still) == sorted(still)


def test_only_what_runs_or_is_taken_back_is_in_it(stack: Deployment, door: HttpDoor) -> None:
    for number in range(4):
        stack.deliver(event("EXECUTION_REQUESTED", f"ex-{number}"))
    stack.deliver(event("EXECUTION_COMPLETED", "ex-1"))
    stack.deliver(event("EXECUTION_STARTED", "early"))
    stack.deliver(order_event("PLACED"))
    stack.deliver(order_event("CANCELLED"))

    told = listed(door)

    states = {saga["execution_id"]: saga["state"] for saga in told.json["sagas"]}
    assert states == {"ex-0": "running", "ex-2": "running", "ex-3": "running", "o-1": "compensating"}
    assert (told.json["next_page_token"], told.json["order"]) == (None, "deadlines")
    assert told.json["as_of"].endswith("Z")
    assert all(saga["etag"].startswith('"v') for saga in told.json["sagas"])


def test_what_the_index_still_shows_and_has_ended_is_left_out(stack: Deployment, door: HttpDoor) -> None:
    stack.deliver(event("EXECUTION_REQUESTED", "ex-0"))
    stack.deliver(event("EXECUTION_REQUESTED", "ex-1"))
    stack.aws.dynamodb.update_item(
        TableName="sagas",
        Key={"execution_id": {"S": "ex-1"}, "saga_name": {"S": "execution_saga"}},
        UpdateExpression="SET #s = :s",
        ExpressionAttributeNames={"#s": "state"},
        ExpressionAttributeValues={":s": {"S": "completed"}},
    )

    assert [saga["execution_id"] for saga in listed(door).json["sagas"]] == ["ex-0"]


def test_a_page_costs_a_query_a_shard_and_one_batch(stack: Deployment, door: HttpDoor) -> None:
    store(stack, [(f"e-{number}", number % 8, stack.now + number) for number in range(120)])
    stack.wire.calls.clear()

    assert len(listed(door).json["sagas"]) == 50
    assert sorted(stack.wire.calls) == ["batch_get_item", *["query"] * 8]


def test_no_page_reads_more_keys_than_it_may(stack: Deployment) -> None:
    stack.reconfigure(DEADLINE_SHARDS="256")
    door = HttpDoor(stack.at)
    store(stack, [(f"e-{number}", number % 256, stack.now + number // 256) for number in range(600)])

    found = pages(door, 100)

    assert sorted(saga["execution_id"] for page in found for saga in page) == sorted(f"e-{n}" for n in range(600))
    assert MAX_KEYS_READ == 500


@pytest.mark.parametrize(("size", "least"), [(50, 50), (100, 60)])
def test_a_page_over_many_partitions_is_no_single_line(
    stack: Deployment, monkeypatch: pytest.MonkeyPatch, size: int, least: int
) -> None:
    """One key of each is all that a page may cost at first: what is left of it goes to those that come first."""
    stack.reconfigure(DEADLINE_SHARDS="256")
    door = HttpDoor(stack.at)
    store(stack, [(f"e-{number}", number % 256, stack.now + number) for number in range(700)])
    read, original = [0], stack.aws.dynamodb.query

    def query(**request: Any) -> Any:
        answer = original(**request)
        read[-1] += len(answer["Items"])
        return answer

    def page(token: str | None) -> Told:
        read.append(0)
        return listed(door, page_size=str(size), **({"page_token": token} if token else {}))

    monkeypatch.setattr(stack.aws.dynamodb, "query", query)
    told = [page(None)]
    while token := told[-1].json["next_page_token"]:
        told.append(page(token))
    found = [each.json["sagas"] for each in told]

    assert [saga["execution_id"] for page in found for saga in page] == [f"e-{number}" for number in range(700)]
    assert min(map(len, found[:-1])) >= least
    assert max(read) <= MAX_KEYS_READ


def test_a_partition_of_which_little_is_read_is_not_passed_over(stack: Deployment) -> None:
    """One key a query: what stands behind it comes before what the other partitions show."""
    stack.reconfigure(DEADLINE_SHARDS="256")
    door = HttpDoor(stack.at)
    crowded = [(f"first-{number}", 0, stack.now + number) for number in range(6)]
    others = [(f"later-{shard}", shard, stack.now + 100 + shard) for shard in range(1, 10)]
    store(stack, [*crowded, *others])

    shown = [saga["execution_id"] for page in pages(door, 100) for saga in page]

    assert shown == [name for name, _, _ in (*crowded, *others)]


@pytest.mark.parametrize("query", [{}, {"order": ""}, {"order": "created"}, {"order": "DEADLINES"}, {"order": "a,b"}])
def test_an_order_that_is_not_served_is_told_what_is(stack: Deployment, door: HttpDoor, query: dict[str, str]) -> None:
    told = door.get("sagas", READER, query=query)

    assert (told.status, told.code) == (400, "unknown_order")
    assert "order=deadlines" in told.json["detail"]
    assert stack.wire.calls == []


@pytest.mark.parametrize("size", ["0", "-1", "", "x", "1.5", "\u0661", "1e3", "9" * 40, "5,5"])
def test_a_size_is_a_number(door: HttpDoor, size: str) -> None:
    assert listed(door, page_size=size).code == "bad_page_size"


def test_a_page_larger_than_the_largest_is_cut(stack: Deployment, door: HttpDoor) -> None:
    store(stack, [(f"e-{number}", number % 8, stack.now + number) for number in range(110)])

    assert [len(page) for page in pages(door, 100_000)] == [100, 10]


def token(content: Any) -> str:
    text = content if isinstance(content, str) else json.dumps(content)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


GOOD = {"order": "deadlines", "at": 1, "partition": "3", "key": ["ex-1", "execution_saga"]}


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "x",
        "!!!!",
        "ä",
        "A" * 9000,
        token("[]"),
        token("{"),
        token({}),
        token({**GOOD, "order": "marks"}),
        token({**GOOD, "more": 1}),
        token({**GOOD, "at": "1"}),
        token({**GOOD, "at": -1}),
        token({**GOOD, "at": True}),
        token({**GOOD, "at": 1.5}),
        token({**GOOD, "at": 10**15}),
        token({**GOOD, "partition": "8"}),
        token({**GOOD, "partition": "-1"}),
        token({**GOOD, "partition": "03"}),
        token({**GOOD, "partition": 3}),
        token({**GOOD, "partition": ["3"]}),
        token({**GOOD, "key": []}),
        token({**GOOD, "key": ["ex-1"]}),
        token({**GOOD, "key": ["ex-1", "execution_saga", "x"]}),
        token({**GOOD, "key": ["#counter#python#0", "counter"]}),
        token({**GOOD, "key": [1, 2]}),
        token({**GOOD, "key": "ab"}),
        token('{"order":"deadlines","at":1,"at":2,"partition":"3","key":["ex-1","execution_saga"]}'),
        token('{"order":"deadlines","at":NaN,"partition":"3","key":["ex-1","execution_saga"]}'),
    ],
)
def test_a_forged_token_is_refused_before_anything_is_read(stack: Deployment, door: HttpDoor, forged: str) -> None:
    told = listed(door, page_token=forged)

    assert (told.status, told.code) == (400, "bad_page_token")
    assert stack.wire.calls == []


def test_a_token_in_our_own_shape_is_only_a_place_in_the_list(stack: Deployment, door: HttpDoor) -> None:
    store(stack, [(f"e-{number}", 3, stack.now + number) for number in range(3)])

    told = listed(door, page_token=token({**GOOD, "at": stack.now + 1, "partition": "2"}))

    assert [saga["execution_id"] for saga in told.json["sagas"]] == ["e-1", "e-2"]

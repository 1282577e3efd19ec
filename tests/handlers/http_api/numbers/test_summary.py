"""The summary: how much of what and since when, and never a zero for "unread"."""

from collections import Counter
from contextlib import ExitStack
from dataclasses import replace

import pytest

from saga_orchestrator.adapters.counters.counter_items import counter_key
from saga_orchestrator.domain.instants import rfc3339
from saga_orchestrator.entrypoints.http_api.counting import PARTS
from saga_testing.deployment import EXECUTIONS_AND_ORDERS, Deployment
from saga_testing.http_door import READER, HttpDoor
from saga_testing.samples.rejected_events import reject, unknown_version
from saga_testing.samples.sample_events import event
from tests.handlers.http_api.numbers.ended_sagas import failed
from tests.handlers.http_api.numbers.unread import index_answers, no_counters
from tests.handlers.http_api.parked_sagas import UNDO_PARKED, parked, store


def test_the_summary_says_how_much_and_since_when(stack: Deployment, door: HttpDoor) -> None:
    stack.deliver(event("EXECUTION_REQUESTED", "late"))
    stack.advance(301)
    for number in range(2):
        stack.deliver(event("EXECUTION_REQUESTED", f"ex-{number}"))
    store(stack, parked(replace(UNDO_PARKED, deadline=None, deadline_shard=None), "o-1", stack.now - 60_000))

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
    store(stack, parked(UNDO_PARKED, "o-1", stack.now))
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


def test_numbers_read_places_and_of_sagas_the_parked_alone(stack: Deployment, door: HttpDoor) -> None:
    store(stack, *(parked(UNDO_PARKED, f"o-{number}", stack.now) for number in range(40)))
    stack.wire.calls.clear()
    door.get("summary", READER)

    assert Counter(stack.wire.calls) == {"query": 40, "batch_get_item": 1, "get_item": 1}

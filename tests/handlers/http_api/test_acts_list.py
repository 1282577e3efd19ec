"""What people did to anything, the newest first: each act once, narrowed by when, who and what."""

import base64
import json
from typing import Any

import pytest

from saga_orchestrator.domain.instants import rfc3339
from saga_testing.deployment import Deployment
from saga_testing.http_door import ADMIN, OPERATOR, READER, HttpDoor, Told
from saga_testing.samples.sample_events import event

GOOD = {"list": "acts", "at": "2026-01-01T00:00:00.000Z", "partition": "act", "key": ["act#saga:a:b", "x#k"]}


def listed(door: HttpDoor, **query: str) -> Told:
    return door.get("acts", READER, query=query)


def token(fields: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")


def note(door: HttpDoor, number: int, who: str = OPERATOR) -> None:
    told = door.act("note", "ex-1", arn=who, idempotency_key=f"k-{number}", body=json.dumps({"reason": f"n-{number}"}))
    assert told.status == 200, told.body


@pytest.fixture
def noted(stack: Deployment, door: HttpDoor) -> Deployment:
    """Twelve notes, three in each millisecond, every third one by an administrator."""
    stack.deliver(event("EXECUTION_REQUESTED"))
    for number in range(12):
        stack.now += number % 3 == 0
        note(door, number, ADMIN if number % 3 == 0 else OPERATOR)
    return stack


def pages(door: HttpDoor, meanwhile: Any = None, **query: str) -> list[str]:
    found, behind = [], None
    while True:
        told = listed(door, **query, **({"page_token": behind} if behind else {}))
        assert told.status == 200, told.body
        found += [act["reason"] for act in told.json["acts"]]
        behind = told.json["next_page_token"]
        if behind is None:
            return found
        if meanwhile is not None:
            meanwhile()


@pytest.mark.parametrize("size", ["1", "2", "5", "100"])
def test_each_appears_once_while_people_act(noted: Deployment, door: HttpDoor, size: str) -> None:
    new = iter(range(100, 200))

    def act() -> None:
        noted.now += 1
        note(door, next(new))

    found = pages(door, act, page_size=size)

    assert sorted(each for each in found if len(each) < 5) == sorted(f"n-{number}" for number in range(12))
    assert {each[2:] for each in found[:3]} == {"9", "10", "11"} or size in {"1", "2"}


def test_they_are_narrowed_by_who_what_and_when(noted: Deployment, door: HttpDoor) -> None:
    assert sorted(pages(door, actor="user/root-of-sagas", page_size="1")) == ["n-0", "n-3", "n-6", "n-9"]
    assert pages(door, verb="cancel") == []
    assert len(pages(door, verb="note", since=rfc3339(noted.now - 1), page_size="2")) == 6
    assert pages(door, since=rfc3339(noted.now + 1)) == []


def test_a_later_since_ends_the_list_wherever_it_stands(noted: Deployment, door: HttpDoor) -> None:
    """DynamoDB refuses to go on from a place that the question leaves out."""
    behind = listed(door, page_size="7").json["next_page_token"]

    for since, left in ((noted.now - 9, 5), (noted.now - 2, 2), (noted.now - 1, 0), (noted.now, 0), (noted.now + 9, 0)):
        told = listed(door, since=rfc3339(since), page_token=behind)
        assert told.status == 200, told.body
        assert (len(told.json["acts"]), told.json["next_page_token"]) == (left, None)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"verb": ""}, "bad_filter"),
        ({"verb": "cancle"}, "bad_filter"),
        ({"verb": "cancel,note"}, "bad_filter"),
        ({"actor": ""}, "bad_filter"),
        ({"actor": "a b"}, "bad_filter"),
        ({"actor": "x" * 129}, "bad_filter"),
        ({"since": ""}, "bad_since"),
        ({"since": "yesterday"}, "bad_since"),
        ({"since": "2026-01-01"}, "bad_since"),
        ({"since": "2026-01-01T00:00:00"}, "bad_since"),
        ({"since": "1900-01-01T00:00:00Z"}, "bad_since"),
        ({"since": "\ud800"}, "bad_since"),
        ({"page_size": "0"}, "bad_page_size"),
        ({"order": "newest"}, "unknown_parameter"),
        *(({"page_token": forged}, "bad_page_token") for forged in ("", "x", "!", "\ud800", "A" * 5_000)),
        *(
            ({"page_token": token({**GOOD, **changed})}, "bad_page_token")
            for changed in (
                {"list": "rejected/newest"},
                {"at": 1},
                {"at": "2026-01-01"},
                {"partition": "settled"},
                {"partition": ["act"]},
                {"key": ["rejected#x", "x"]},
                {"key": ["act#x", ""]},
                {"key": ["act#x"]},
                {"key": ["act#\ud800", "x"]},
                {"key": ["act#x", "y" * 500]},
                {"more": 1},
            )
        ),
    ],
    ids=str,
)
def test_what_is_not_served_is_told_before_anything_is_read(
    stack: Deployment, door: HttpDoor, query: dict[str, str], code: str
) -> None:
    told = listed(door, **query)

    assert (told.status, told.code) == (400, code)
    assert stack.wire.calls == []


def test_a_token_in_our_own_shape_is_only_a_place_in_the_list(noted: Deployment, door: HttpDoor) -> None:
    assert listed(door, page_token=token(GOOD)).json["acts"] == []
    late = token({**GOOD, "at": "2999-01-01T00:00:00.000Z"})
    assert len(listed(door, page_token=late).json["acts"]) == 12


ODD_PARTS: tuple[dict[str, Any], ...] = (
    {"at": {"S": "zzz"}},
    {"at": {"S": "2026-11-24T06:00:00"}},
    {"at": {"S": "9999-12-31T23:59:59-23:59"}},
    {"before": {"S": "x"}, "after": {"N": "1.5"}},
    {"verb": {"N": "1"}, "reason": {"L": []}, "actor": {"BOOL": True}},
)


@pytest.mark.parametrize("odd", ODD_PARTS, ids=str)
def test_an_act_that_was_written_oddly_hides_no_other(noted: Deployment, door: HttpDoor, odd: dict[str, Any]) -> None:
    """Whoever breaks the glass writes acts by himself."""
    items = noted.aws.dynamodb.scan(TableName="operator")["Items"]
    act = next(item for item in items if item.get("reason", {}).get("S") == "n-5")
    noted.aws.dynamodb.put_item(TableName="operator", Item={**act, **odd})

    assert len(pages(door, page_size="100")) == 12
    path = {"name": "execution_saga", "key": "ex-1"}
    assert len(door.get("sagas/{name}/{key}/acts", READER, path=path).json["acts"]) == 12

"""What is prepared is a set that somebody saw: of what fits, up to a cut-off, once, and never everything by mistake."""

import json
from typing import Any

import pytest

from saga_orchestrator.adapters.saga_codec import encode
from saga_orchestrator.domain.instants import rfc3339
from saga_testing.deployment import Deployment
from saga_testing.http_door import ADMIN, OPERATOR, READER, HttpDoor
from saga_testing.wire import Wire
from tests.handlers.http_api.operations.desk import Desk
from tests.handlers.http_api.parked_sagas import NAME, STUCK, UNDO_PARKED, parked, store, store_parked


@pytest.mark.parametrize(
    "changes",
    [
        {"filter": {}},
        {"filter": None},
        {"filter": []},
        {"filter": "all"},
        {"filter": {"reason": ""}},
        {"filter": {"reason": None}},
        {"filter": {"reason": 7}},
        {"filter": {"reason": ["refused"]}},
        {"filter": {"reason": "a b"}},
        {"filter": {"reason": "refused\n"}},
        {"filter": {"reason": "r" * 65}},
        {"filter": {"step": ""}},
        {"filter": {"step": "Ship"}},
        {"filter": {"saga_name": ""}},
        {"filter": {"language": ""}},
        {"filter": {"reason": "refused", "state": "running"}},
        {"filter": {"owner": "ada"}},
        {"filter": {"unreadable": True}},
        {"before": None},
        {"before": ""},
        {"before": 7},
        {"before": "now"},
        {"before": "2026-05-01"},
        {"before": "2026-05-01T12:00:00"},
        {"before": "2026-13-01T12:00:00Z"},
        {"before": "9999-12-31T23:59:59Z"},
        {"before": "0001-01-01T00:00:00+14:00"},
        {"verb": None},
        {"verb": ""},
        {"verb": "undo"},
        {"verb": "RETRY"},
        {"verb": "delete"},
        {"verb": "cancel"},
        {"of": None},
        {"of": "all"},
        {"of": "ended"},
        {"of": "deadlines"},
        {"reason": None},
        {"reason": ""},
        {"reason": "  "},
        {"reason": "a\nb"},
        {"reason": "r" * 201},
        {"limit": 10},
    ],
    ids=json.dumps,
)
def test_what_is_no_filter_is_never_everything(stack: Deployment, desk: Desk, changes: dict[str, Any]) -> None:
    store_parked(stack, 2)
    told = desk.prepare(**changes)

    assert (told.status, told.headers["content-type"]) == (400, "application/problem+json"), told.body
    assert stack.aws.dynamodb.scan(TableName="operator")["Items"] == []


def test_a_cut_off_in_the_future_is_refused(stack: Deployment, desk: Desk) -> None:
    store_parked(stack, 2)

    assert desk.prepare(before=rfc3339(stack.now + 1)).code == "malformed"
    assert desk.prepare(before=rfc3339(stack.now)).status == 201


@pytest.mark.parametrize(
    ("who", "verb", "status"),
    [
        (READER, "retry", 403),
        (READER, "note", 403),
        (OPERATOR, "skip", 403),
        (OPERATOR, "resolve", 201),
        (ADMIN, "skip", 201),
    ],
)
def test_each_verb_wants_its_role(stack: Deployment, desk: Desk, who: str, verb: str, status: int) -> None:
    store_parked(stack, 2)

    assert desk.prepare(who, verb=verb).status == status


def test_the_set_is_what_stood_there_before_the_cut_off_and_fits(stack: Deployment, desk: Desk) -> None:
    now = stack.now
    store(stack, parked(UNDO_PARKED, "early", now - 2), parked(UNDO_PARKED, "at", now - 1))
    store(
        stack, parked(UNDO_PARKED, "late", now), parked(STUCK, "other", now - 5), parked(UNDO_PARKED, "broken", now - 9)
    )
    name = {"execution_id": {"S": "broken"}, "saga_name": {"S": NAME}}
    stack.aws.dynamodb.update_item(TableName="sagas", Key=name, UpdateExpression="REMOVE dv")

    told = desk.prepare(before=rfc3339(now - 1), key="p-1").json
    assert [item["execution_id"] for item in told["items"]] == ["early"]
    assert told["operation"]["unreadable"] == 1  # of which nobody can say whether it fits
    told = desk.prepare(before=rfc3339(now), filter={"saga_name": NAME}, key="p-2").json
    assert [item["execution_id"] for item in told["items"]] == ["other", "early", "at"]
    assert [item["step"] for item in told["items"]] == ["ship", "reserve_stock", "reserve_stock"]
    for nothing in ({"language": "python"}, {"reason": "corrupt_saga"}, {"reason": "refused", "step": "ship"}):
        assert desk.prepare(filter=nothing, key="p-3").code == "nothing_fits"


def test_more_than_a_thousand_are_refused_and_a_thousand_are_not(stack: Deployment, desk: Desk) -> None:
    item = encode(UNDO_PARKED)
    for number in range(1001):
        own = {"execution_id": {"S": f"o-{number}"}, "mark": {"S": f"parked#{number % 8}"}}
        stack.aws.dynamodb.put_item(TableName="sagas", Item={**item, **own})

    before = rfc3339(stack.now)
    stack.advance(1)
    told = desk.prepare(before=rfc3339(stack.now))
    assert (told.status, told.code) == (409, "too_many")
    assert "narrow" in told.json["detail"]
    name = {"execution_id": {"S": "o-7"}, "saga_name": {"S": NAME}}
    stack.aws.dynamodb.delete_item(TableName="sagas", Key=name)
    identity = desk.prepared(before=rfc3339(stack.now), key="p-2")
    assert len({item["execution_id"] for item in desk.items(identity)}) == 1000
    assert desk.prepare(before=before, key="p-3").code == "nothing_fits"
    parts = [each for each in stack.aws.dynamodb.scan(TableName="operator")["Items"] if "sagas" in each]
    assert len(parts) == 20
    assert max(len(json.dumps(part)) for part in parts) < 20_000


def test_the_same_request_again_prepares_nothing_twice(stack: Deployment, desk: Desk) -> None:
    store_parked(stack, 3)
    first = desk.prepare()
    stack.advance(60)
    store(stack, parked(UNDO_PARKED, "new", stack.now - 120_000))
    before = first.json["operation"]["before"]
    again = desk.prepare(before=before)

    assert (again.status, again.json["replayed"]) == (201, True)
    assert again.json["operation"] == first.json["operation"]
    assert again.json["items"] == first.json["items"]
    assert desk.prepare(before=before, verb="resolve").code == "key_reused"
    assert desk.prepare(before=before, filter={"step": "reserve_stock"}).code == "key_reused"
    assert desk.prepare(ADMIN, before=before).json["operation"]["id"] != first.json["operation"]["id"]
    assert desk.prepare(key=None).code == "idempotency_key_needed"
    assert desk.prepare(key="operation:x").code == "malformed"


def test_of_two_that_prepare_at_once_one_set_stands(stack: Deployment) -> None:
    """The other one reads another set meanwhile; what both are told is the one that stands."""
    store_parked(stack, 3)
    told: list[dict[str, Any]] = []

    def overtake(operation: str) -> None:
        if operation == "put_item" and not told:
            told.append({})
            store(stack, parked(UNDO_PARKED, "new", stack.now - 5))
            told.append(Desk(stack, HttpDoor(stack.container(seed=2))).prepare().json)

    late = Desk(stack, HttpDoor(stack.container(wire=Wire(before_call=overtake)))).prepare().json

    assert (told[1]["replayed"], late["replayed"]) == (False, True)
    assert late["items"] == told[1]["items"]
    assert len(late["items"]) == 4

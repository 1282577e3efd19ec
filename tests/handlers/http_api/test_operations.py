"""One verb for many sagas: what was shown is what is done, each once, and each with what became of it."""

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from saga_orchestrator.adapters.saga_codec import encode
from saga_orchestrator.domain.instants import rfc3339
from saga_testing.deployment import Deployment
from saga_testing.faults import Fault, Killed
from saga_testing.http_door import ADMIN, OPERATION_RUNNER, OPERATOR, READER, HttpDoor
from saga_testing.samples.sample_events import event
from saga_testing.wire import Wire
from tests.handlers.http_api.operation_desk import (
    NAME,
    STUCK,
    UNDO_PARKED,
    Desk,
    acts,
    park_again,
    parked,
    store,
    store_parked,
    undos,
)

UNKNOWN_ID = "0123456789abcdef01234567"


@pytest.fixture
def desk(stack: Deployment) -> Desk:
    return Desk.of(stack)


def test_what_was_prepared_is_run_and_each_saga_has_its_act(stack: Deployment, desk: Desk) -> None:
    keys = store_parked(stack, 60)
    store_parked(stack, 3, STUCK, "s")

    told = desk.prepare()
    assert told.status == 201
    operation = told.json["operation"]
    assert (operation["state"], operation["count"], operation["verb"]) == ("prepared", 60, "retry")
    assert operation["filter"] == {"reason": "refused", "step": None, "saga_name": None, "language": None}
    assert operation["prepared"]["actor"].startswith("role/on-call")
    assert [item["execution_id"] for item in told.json["items"]] == keys[:50]
    assert acts(stack) == []
    assert {undos(stack, key) for key in keys} == {1}

    started = desk.started(operation["id"])
    assert (started["state"], started["progress"]["left"]) == ("running", 60)
    assert stack.aws.functions.invoked == [(OPERATION_RUNNER, {"operation": operation["id"]})]
    desk.run({"operation": operation["id"]})

    ended = desk.one(operation["id"]).json
    assert (ended["state"], ended["progress"]) == (
        "ended",
        {"done": 60, "changed": 0, "refused": 0, "failed": 0, "left": 0},
    )
    assert {undos(stack, key) for key in keys} == {2}
    of_sagas = [act for act in acts(stack) if act["target"]["S"].startswith("saga:")]
    assert {act["operation"]["S"] for act in acts(stack)} == {operation["id"]}
    assert len(of_sagas) == 60
    assert {(act["verb"]["S"], act["actor"]["S"], act["reason"]["S"]) for act in of_sagas} == {
        ("retry", operation["prepared"]["actor"], "as agreed")
    }
    assert [item["outcome"] for item in desk.items(operation["id"])] == ["done"] * 60
    (shown,) = desk.door.get("sagas/{name}/{key}/acts", READER, path={"name": NAME, "key": "o-0"}).json["acts"]
    assert shown["operation"] == operation["id"]


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


def test_running_ones_are_cancelled_by_when_they_began(stack: Deployment, desk: Desk) -> None:
    stack.deliver(event("EXECUTION_REQUESTED", "old"))
    stack.advance(10)
    stack.deliver(event("EXECUTION_REQUESTED", "young"))
    cut = rfc3339(stack.now)
    stack.advance(1)

    identity = desk.prepared(verb="cancel", of="deadlines", filter={"language": "python"}, before=cut)
    desk.started(identity)
    desk.run({"operation": identity})

    states = {key: saga.state for key in ("old", "young") if (saga := stack.saga(key)) is not None}
    assert states == {"old": "cancelled", "young": "running"}
    assert desk.progress(identity)["done"] == 1
    assert stack.slots() == 1


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


@pytest.mark.parametrize(
    "fault", [Fault.REPLY_LOST, Fault.SDK_RETRIED, Fault.NOT_APPLIED, Fault.THROTTLED, Fault.KILLED_AFTER]
)
@pytest.mark.parametrize("part", ["prepare", "start", "abort"])
def test_a_call_that_goes_wrong_is_asked_again_and_done_once(stack: Deployment, part: str, fault: Fault) -> None:
    """At each call of AWS: the same request again ends as if nothing had happened."""
    store_parked(stack, 60)
    desk = Desk.of(stack)
    for number in range(40):
        wire = Wire(plan={number: fault})
        broken = Desk(stack, HttpDoor(stack.container(wire=wire, seed=number)))
        key = f"k-{number}"
        identity = "" if part == "prepare" else desk.prepared(key=f"p-{number}", reason=f"r {number}")
        tag = None if part == "prepare" else desk.one(identity).headers["etag"]

        def ask(at: Desk, key: str = key, identity: str = identity, tag: str | None = tag) -> Any:
            if part == "prepare":
                return at.prepare(key=key)
            return at.start(identity, key=key, if_match=tag) if part == "start" else at.abort(identity, key=key)

        wire.calls.clear()
        with suppress(Killed):
            assert ask(broken).status in {200, 201, 202, 503}
        told = ask(desk)
        assert told.status in {200, 201, 202}, told.body
        operation = told.json["operation"]
        assert operation["state"] == {"prepare": "prepared", "start": "running", "abort": "aborted"}[part]
        assert len(desk.items(operation["id"])) == 60
        of_it = [act for act in acts(stack) if act["target"]["S"] == f"operation:{operation['id']}"]
        assert len(of_it) == (part != "prepare")
        if len(wire.calls) <= number:
            return
    raise AssertionError("more calls than were tried")


def test_start_is_judged_in_order(stack: Deployment, desk: Desk) -> None:
    store_parked(stack, 2)
    identity = desk.prepared(ADMIN, verb="skip")
    tag = desk.one(identity).headers["etag"]

    assert desk.start(identity, READER).code == "forbidden"
    assert desk.start(identity, OPERATOR).code == "forbidden"  # a skip is an admin's, whoever prepared it
    assert desk.start(UNKNOWN_ID, ADMIN, if_match='"v1-1"').code == "not_found"
    assert desk.start("../acts", ADMIN, if_match='"v1-1"').code == "not_found"
    assert desk.start(identity, ADMIN, body="{}").code == "bad_body"
    assert desk.start(identity, ADMIN, body='{"reason":" "}').code == "malformed"
    assert desk.start(identity, ADMIN, key=None).code == "idempotency_key_needed"
    assert desk.start(identity, ADMIN, if_match=None).code == "if_match_needed"
    assert desk.start(identity, ADMIN, if_match='"v2-1"').code == "changed"
    assert acts(stack) == []
    assert stack.aws.functions.invoked == []
    started = desk.start(identity, ADMIN, if_match=tag)
    assert (started.status, started.json["replayed"]) == (202, False)
    again = desk.start(identity, ADMIN, if_match=tag)
    assert (again.status, again.json["replayed"]) == (202, True)
    assert desk.start(identity, ADMIN, if_match=tag, body='{"reason":"other"}').code == "key_reused"
    assert desk.start(identity, ADMIN, key="s-2").code == "already_started"
    assert [act["verb"]["S"] for act in acts(stack)] == ["start"]


def test_whoever_lost_his_role_starts_nothing(stack: Deployment, desk: Desk) -> None:
    store_parked(stack, 2)
    identity = desk.prepared()
    demoted = Desk(stack, HttpDoor(stack.at, roles="role/on-call:reader,user/root-of-sagas:admin"))

    tag = desk.one(identity).headers["etag"]
    assert demoted.start(identity, if_match=tag).code == "forbidden"
    assert desk.one(identity).json["state"] == "prepared"
    assert demoted.start(identity, ADMIN, if_match=tag).status == 202


def test_what_was_prepared_long_ago_is_not_started(stack: Deployment, desk: Desk) -> None:
    store_parked(stack, 2)
    identity = desk.prepared()
    stack.advance(3600)
    assert desk.one(identity).json["state"] == "prepared"
    stack.advance(1)

    assert desk.one(identity).json["state"] == "expired"
    assert desk.start(identity).code == "expired"
    assert desk.abort(identity).code == "expired"
    assert acts(stack) == []


def test_two_that_start_at_once_start_it_once(stack: Deployment, desk: Desk) -> None:
    store_parked(stack, 3)
    identity = desk.prepared()
    tag = desk.one(identity).headers["etag"]
    first: list[int] = []

    def overtake(operation: str) -> None:
        if operation == "transact_write_items" and not first:
            first.append(desk.start(identity, ADMIN, if_match=tag).status)

    late = Desk(stack, HttpDoor(stack.container(wire=Wire(before_call=overtake)))).start(identity, if_match=tag)

    assert (first, late.status, late.code) == ([202], 412, "changed")
    desk.run({"operation": identity})
    assert {act["actor"]["S"].partition("/")[0] for act in acts(stack)} == {"user"}


def test_what_changed_since_is_left_alone(stack: Deployment, desk: Desk) -> None:
    keys = store_parked(stack, 6)
    identity = desk.prepared()
    recovered, cancelled, vanished, broken, again, left = keys
    for key in (recovered, again):
        desk.door.act("retry", key, NAME, ADMIN)
    park_again(stack, again)
    saga = stack.saga(cancelled, NAME)
    assert saga is not None
    store(stack, replace(saga, version=saga.version + 1))
    name = {"execution_id": {"S": vanished}, "saga_name": {"S": NAME}}
    stack.aws.dynamodb.delete_item(TableName="sagas", Key=name)
    name["execution_id"]["S"] = broken
    stack.aws.dynamodb.update_item(TableName="sagas", Key=name, UpdateExpression="REMOVE dv")
    before = {key: stack.item(key, NAME) for key in (recovered, cancelled, vanished, broken, again)}

    desk.started(identity)
    desk.run({"operation": identity})

    outcomes = {item["execution_id"]: (item["outcome"], item["code"]) for item in desk.items(identity)}
    assert outcomes == {
        recovered: ("changed", "changed"),
        cancelled: ("changed", "changed"),
        vanished: ("changed", "vanished"),
        broken: ("refused", "corrupt_saga"),
        again: ("changed", "changed"),
        left: ("done", None),
    }
    assert {key: stack.item(key, NAME) for key in before} == before
    assert desk.progress(identity) == {"done": 1, "changed": 4, "refused": 1, "failed": 0, "left": 0}


def test_what_a_saga_does_not_allow_is_listed_with_its_reason(stack: Deployment, desk: Desk) -> None:
    store_parked(stack, 2, STUCK)
    identity = desk.prepared(ADMIN, verb="skip", filter={"step": "ship"})
    desk.started(identity, ADMIN)
    desk.run({"operation": identity})

    assert {(item["outcome"], item["code"]) for item in desk.items(identity)} == {
        ("refused", "a_pivot_cannot_be_skipped")
    }


def test_a_note_for_many_changes_none_of_them(stack: Deployment, desk: Desk) -> None:
    keys = store_parked(stack, 3)
    before = stack.items()
    identity = desk.prepared(verb="note")
    desk.started(identity, body='{"reason":"I have them"}')
    desk.run({"operation": identity})

    assert stack.items() == before
    notes = [act for act in acts(stack) if act["verb"]["S"] == "note"]
    assert {act["target"]["S"] for act in notes} == {f"saga:{NAME}:{key}" for key in keys}
    assert {act["reason"]["S"] for act in notes} == {"I have them"}
    assert desk.progress(identity)["done"] == 3


def test_aborted_before_its_start_it_never_runs(stack: Deployment, desk: Desk) -> None:
    keys = store_parked(stack, 2)
    identity = desk.prepared()
    told = desk.abort(identity, body='{"reason":"not yet"}')

    assert (told.status, told.json["operation"]["state"]) == (200, "aborted")
    assert told.json["operation"]["aborted"]["reason"] == "not yet"
    assert desk.abort(identity, body='{"reason":"not yet"}').json["replayed"] is True
    assert desk.abort(identity, key="a-2").code == "already_ended"
    assert desk.start(identity).code == "already_ended"
    desk.run({"operation": identity})
    desk.run()
    assert {undos(stack, key) for key in keys} == {1}
    assert desk.abort(identity, READER).code == "forbidden"


def test_they_are_listed_the_newest_first_in_pages(stack: Deployment, desk: Desk) -> None:
    store_parked(stack, 2)
    made = []
    for number in range(7):
        made.append(desk.prepared(key=f"p-{number}"))
        stack.advance(0 if number % 2 else 1)
    found: list[str] = []
    token: str | None = None
    while token is not None or not found:
        query = {"page_size": "3", **({"page_token": token} if token else {})}
        told = desk.door.get("operations", READER, query=query)
        found += [operation["id"] for operation in told.json["operations"]]
        token = told.json["next_page_token"]

    assert sorted(found) == sorted(made)
    moments = [desk.one(identity).json["prepared"]["at"] for identity in found]
    assert moments == sorted(moments, reverse=True)


@pytest.mark.parametrize("forged", ["", "x", "A" * 900, "e30", "eyJvcGVyYXRpb24iOiJ4IiwibmV4dCI6MX0"])
def test_a_forged_token_reads_nothing(stack: Deployment, desk: Desk, forged: str) -> None:
    store_parked(stack, 2)
    identity = desk.prepared()
    query = {"page_token": forged}

    assert desk.door.get("operations", READER, query=query).code == "bad_page_token"
    path = {"operation_id": identity}
    assert desk.door.get("operations/{operation_id}/items", READER, path=path, query=query).code == "bad_page_token"


def test_the_token_of_another_operation_is_none_of_this_one(stack: Deployment, desk: Desk) -> None:
    store_parked(stack, 6)
    one, other = desk.prepared(key="p-1"), desk.prepared(key="p-2")
    path = {"operation_id": one}
    told = desk.door.get("operations/{operation_id}/items", READER, path=path, query={"page_size": "2"})
    query = {"page_token": told.json["next_page_token"]}

    path = {"operation_id": other}
    assert desk.door.get("operations/{operation_id}/items", READER, path=path, query=query).code == "bad_page_token"


def test_what_is_unknown_is_one_404(desk: Desk) -> None:
    told = {
        desk.one(identity).body for identity in (UNKNOWN_ID, "", "x", "#counter", "act#x", "../..", UNKNOWN_ID.upper())
    }
    assert len(told) == 1
    assert desk.abort(UNKNOWN_ID).body in told


def test_a_runner_that_cannot_be_called_makes_it_late_and_nothing_else(stack: Deployment) -> None:
    keys = store_parked(stack, 2)
    desk = Desk.of(stack)
    identity = desk.prepared()
    refused = Wire(plan={4: Fault.THROTTLED})
    broken = Desk(stack, HttpDoor(stack.container(wire=refused)))
    tag = desk.one(identity).headers["etag"]

    assert broken.start(identity, if_match=tag).status == 202
    assert refused.calls[4] == "invoke", refused.calls
    assert stack.aws.functions.invoked == []
    desk.run()  # the schedule's tick finds it
    assert desk.one(identity).json["state"] == "ended"
    assert {undos(stack, key) for key in keys} == {2}

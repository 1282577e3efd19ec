"""The verbs on what is parked, over the door: each for those whose it is, with its act, once."""

import json
from dataclasses import replace
from typing import Any

import pytest

from saga_orchestrator.adapters.saga_codec import encode
from saga_orchestrator.domain.flow.ledger import Standing
from saga_orchestrator.domain.flow.terms import Answer
from saga_orchestrator.domain.saga import Saga
from saga_testing.deployment import Deployment
from saga_testing.faults import Fault
from saga_testing.http_door import ADMIN, OPERATOR, READER, HttpDoor, Told
from saga_testing.samples.parked_orders import replied, reserved_order, stuck_order
from saga_testing.samples.sample_events import event
from saga_testing.wire import Wire

NAME = "order_saga"
WHY = json.dumps({"reason": "seen to"})


def store(stack: Deployment, *sagas: Saga) -> None:
    for saga in sagas:
        stack.aws.dynamodb.put_item(TableName="sagas", Item=encode(saga))


def undo_parked() -> Saga:
    """Shipping was refused, and stock cannot be given back."""
    refused = replied(reserved_order(), "ship_order#1", Answer.REFUSED)
    return replied(refused, "release_stock#1", Answer.REFUSED)


def acts(stack: Deployment) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stack.aws.dynamodb.scan(TableName="operator")["Items"]
    return found


def tag(door: HttpDoor, key: str = "o-1") -> str:
    return door.saga(key, NAME).headers["etag"]


@pytest.mark.parametrize(
    ("saga", "verb", "arn", "standing", "state"),
    [
        (undo_parked(), "retry", OPERATOR, "undo asked", "compensating"),
        (undo_parked(), "resolve", OPERATOR, "resolved by hand", "compensating"),
        (undo_parked(), "skip", ADMIN, "undo skipped", "compensating"),
        (stuck_order(), "retry", OPERATOR, "asked", "running"),
        (stuck_order(), "resolve", ADMIN, "done", "completed"),
        (stuck_order(*[Answer.FAILED] * 3), "undo", ADMIN, "given up", "compensating"),
    ],
)
def test_a_verb_is_done_and_on_record(
    stack: Deployment, door: HttpDoor, saga: Saga, verb: str, arn: str, standing: str, state: str
) -> None:
    step = saga.ledger.parked[0].step
    for key, named in (("o-1", {"step": step}), ("o-2", {})):
        store(stack, replace(saga, execution_id=key))
        body = json.dumps({"reason": "seen to", **named})
        told = door.act(verb, key, NAME, arn, if_match=tag(door, key), body=body)

        assert (told.status, told.json["replayed"]) == (200, False), told.body
        assert told.json["saga"] == door.saga(key, NAME).json
        found = {each["step"]: each["standing"] for each in told.json["saga"]["steps"]}
        assert (found[step], told.json["saga"]["state"]) == (standing, state)
        (act,) = door.get("sagas/{name}/{key}/acts", READER, path={"name": NAME, "key": key}).json["acts"]
        assert (act["verb"], act["door"], act["verified"], act["reason"]) == (verb, "iam", True, "seen to")
        assert (act["version_before"], act["version_after"]) == (saga.version, saga.version + 1)


def test_a_note_changes_nothing_of_any_saga(stack: Deployment, door: HttpDoor) -> None:
    stack.deliver(event("EXECUTION_REQUESTED"))
    before = door.saga("ex-1")
    told = door.act("note", "ex-1", body='{"reason":"I have it"}')

    assert (told.status, told.json["saga"]) == (200, before.json)
    assert [act["reason"]["S"] for act in acts(stack)] == ["I have it"]


@pytest.mark.parametrize(
    ("verb", "arn", "parts", "status", "code"),
    [
        ("skip", OPERATOR, {"body": WHY}, 403, "forbidden"),
        ("undo", OPERATOR, {"body": WHY}, 403, "forbidden"),
        *((verb, READER, {"body": "{"}, 403, "forbidden") for verb in ("retry", "resolve", "skip", "undo", "note")),
        *((verb, ADMIN, {"body": WHY}, 428, "if_match_needed") for verb in ("resolve", "skip", "undo")),
        *((verb, ADMIN, {"if_match": '"v1-1"'}, 400, "malformed") for verb in ("resolve", "skip", "undo")),
        ("note", ADMIN, {}, 400, "malformed"),
        ("note", ADMIN, {"body": '{"reason":"x","step":"ship_order"}'}, 400, "bad_body"),
        ("retry", ADMIN, {"body": '{"step":7}'}, 400, "bad_body"),
        ("retry", ADMIN, {"body": '{"step":["ship_order"]}'}, 400, "bad_body"),
        ("retry", ADMIN, {"body": '{"steps":"ship_order"}'}, 400, "bad_body"),
        ("retry", ADMIN, {"body": '{"step":"reserve_credit"}'}, 409, "not_parked"),
        ("retry", ADMIN, {"body": '{"step":""}'}, 409, "not_parked"),
        ("retry", ADMIN, {"if_match": '"v1-1"'}, 412, "changed"),
        ("cancel", ADMIN, {}, 409, "too_late"),
        ("cancel", ADMIN, {"body": '{"step":"ship_order"}'}, 400, "bad_body"),
    ],
)
def test_whoever_is_refused_leaves_nothing_behind(
    stack: Deployment, door: HttpDoor, verb: str, arn: str, parts: dict[str, Any], status: int, code: str
) -> None:
    store(stack, stuck_order())
    before = stack.items()
    told = door.act(verb, "o-1", NAME, arn, **parts)

    assert (told.status, told.code) == (status, code), told.body
    assert told.json["detail"][0].isupper()
    assert (stack.items(), acts(stack)) == (before, [])


@pytest.mark.parametrize(
    ("saga", "verb", "code"),
    [
        (stuck_order(), "skip", "a_pivot_cannot_be_skipped"),
        (stuck_order(), "undo", "unanswered"),
        (undo_parked(), "undo", "only_a_pivot_can_be_undone"),
        (reserved_order(), "resolve", "not_parked"),
    ],
)
def test_what_the_saga_does_not_allow_is_said_in_a_sentence(
    stack: Deployment, door: HttpDoor, saga: Saga, verb: str, code: str
) -> None:
    store(stack, saga)
    told = door.act(verb, "o-1", NAME, ADMIN, if_match=tag(door), body=WHY)

    assert (told.status, told.code, told.json["etag"]) == (409, code, tag(door))
    assert "As the saga stands" not in told.json["detail"]
    assert acts(stack) == []


def test_a_lost_reply_to_a_retry_asks_once(stack: Deployment) -> None:
    """The step is asked again and parks again; the same key comes three times, and each is told what is now."""
    store(stack, undo_parked())
    lost = HttpDoor(stack.container(wire=Wire(plan={2: Fault.REPLY_LOST})))
    assert lost.act("retry", "o-1", NAME).status == 503
    door = HttpDoor(stack.at)
    asked = stack.saga("o-1", NAME)
    assert asked is not None
    entry = asked.ledger.of("reserve_stock")
    assert entry is not None
    assert (entry.undo, entry.standing) == (2, Standing.UNDO_ASKED)
    again = replace(entry, standing=Standing.UNDO_PARKED, since=stack.now, due=None)
    parked_again = replace(asked, version=asked.version + 1, ledger=asked.ledger.with_entry(again))
    store(stack, parked_again)
    before = stack.items()

    for _ in range(3):
        told = door.act("retry", "o-1", NAME)
        assert (told.status, told.json["replayed"], told.json["saga"]["parked"]) == (200, True, ["reserve_stock"])
        assert told.headers["etag"] == tag(door)
    assert door.act("skip", "o-1", NAME, ADMIN, body=WHY, if_match=tag(door)).status == 200  # another's key is his own
    store(stack, parked_again)
    for verb, body in (("resolve", WHY), ("retry", '{"step":"reserve_stock"}'), ("note", WHY)):
        assert door.act(verb, "o-1", NAME, if_match=tag(door), body=body).code == "key_reused"
    for bad in ('"k-1"', "k" * 129):
        assert door.act("retry", "o-1", NAME, idempotency_key=bad).status == 400
    assert stack.items() == before


def test_of_two_at_one_version_one_wins(stack: Deployment) -> None:
    store(stack, undo_parked())
    seen = tag(HttpDoor(stack.at))
    told: list[Told] = []

    def overtake(operation: str) -> None:
        if operation == "transact_write_items" and not told:
            told.append(HttpDoor(stack.at).act("skip", "o-1", NAME, ADMIN, if_match=seen, body=WHY))

    late = HttpDoor(stack.container(wire=Wire(before_call=overtake)))
    lost = late.act("resolve", "o-1", NAME, if_match=seen, body=WHY)

    assert (told[0].status, lost.status, lost.code) == (200, 412, "changed")
    assert len(acts(stack)) == 1


def test_what_is_parked_is_listed_the_longest_first(stack: Deployment, door: HttpDoor) -> None:
    orders = []
    for number in range(12):
        saga = undo_parked() if number % 2 else stuck_order()
        entry = saga.ledger.parked[0]
        moved = saga.ledger.with_entry(replace(entry, since=stack.now - number))
        orders.append(replace(saga, execution_id=f"o-{number}", ledger=moved))
    store(stack, *orders)
    stack.deliver(event("EXECUTION_REQUESTED"))

    listed: list[str] = []
    token: str | None = None
    for _ in range(20):
        more = {"page_token": token} if token else {}
        told = door.get("sagas", READER, query={"order": "parked", "page_size": "5", **more})
        listed += [saga["execution_id"] for saga in told.json["sagas"]]
        token = told.json["next_page_token"]
        if token is None:
            break

    assert listed == [f"o-{number}" for number in reversed(range(12))]
    stolen = door.get("sagas", READER, query={"order": "parked", "page_size": "1"}).json["next_page_token"]
    assert door.get("sagas", READER, query={"order": "deadlines", "page_token": stolen}).code == "bad_page_token"


def test_acts_are_of_one_saga_that_is_there(stack: Deployment, door: HttpDoor) -> None:
    for key in ("ex-1", "ex-2"):
        stack.deliver(event("EXECUTION_REQUESTED", key))
        for number in range(3):
            stack.advance(1)
            door.act("note", key, idempotency_key=f"k-{number}", body=json.dumps({"reason": f"{key} {number}"}))

    told = door.get("sagas/{name}/{key}/acts", READER, path={"name": "execution_saga", "key": "ex-1"})

    assert [act["reason"] for act in told.json["acts"]] == ["ex-1 0", "ex-1 1", "ex-1 2"]
    for key in ("ex-3", "#counter#python#0"):
        assert door.get("sagas/{name}/{key}/acts", path={"name": "execution_saga", "key": key}).code == "not_found"

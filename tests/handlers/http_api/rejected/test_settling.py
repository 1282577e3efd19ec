"""A rejected event is delivered again, or dropped: once, and on record."""

import json
from typing import Any

import pytest

from saga_testing.deployment import Deployment
from saga_testing.http_door import ADMIN, OPERATOR, READER, HttpDoor, Told
from saga_testing.samples.rejected_events import come_again, item, reject, unknown_version
from tests.handlers.http_api.rejected.settled import WHY, acts, mended


def test_redrive_delivers_it_and_it_leaves_the_list(stack: Deployment, door: HttpDoor) -> None:
    one = mended(stack)
    told = door.event("redrive", one)

    assert (told.status, told.json["result"], told.json["replayed"]) == (200, "redriven", False), told.body
    assert told.json["rejected"]["state"] == "redriven"
    assert told.json["rejected"]["settled_by"] == "role/on-call/olga"
    assert stack.saga("ex-1").state == "running"  # type: ignore[union-attr]  # it is there
    assert acts(stack) == [("redrive", ""), ("redrive", "redriven")]
    assert door.get("rejected").json["rejected"] == []
    shown = door.get("rejected/{id}", READER, path={"id": one}).json
    assert [(act["door"], act["verified"], act["result"]) for act in shown["acts"]] == [
        ("iam", True, ""),
        ("iam", True, "redriven"),
    ]


def test_the_act_is_written_before_the_call_and_the_result_after(stack: Deployment, door: HttpDoor) -> None:
    one = mended(stack)
    seen: list[list[tuple[str, str]]] = []
    name = "takes-execution-requested"
    taking = stack.aws.functions.handlers[name]

    def looking(payload: Any) -> Any:
        seen.append(acts(stack))
        return taking(payload)

    stack.aws.functions.handlers[name] = looking
    door.event("redrive", one)

    assert seen == [[("redrive", "")]]


def test_what_is_rejected_again_stays_and_says_so(stack: Deployment, door: HttpDoor) -> None:
    one = reject(stack, unknown_version())
    told = door.event("redrive", one)

    assert (told.status, told.json["result"]) == (200, "rejected_again")
    assert (told.json["rejected"]["state"], told.json["rejected"]["copies"]) == ("open", 2)
    assert [each["id"] for each in door.get("rejected").json["rejected"]] == [one]
    again = door.event("redrive", one)
    assert (again.json["replayed"], again.json["result"]) == (True, "rejected_again")
    assert len(stack.aws.functions.called) == 1


def test_drop_takes_it_off_with_a_reason(stack: Deployment, door: HttpDoor) -> None:
    one = reject(stack, unknown_version())
    for body in (None, "{}", '{"reason":" "}'):
        assert door.event("drop", one, body=body).code == "malformed"
    assert acts(stack) == []

    told = door.event("drop", one, body=WHY)

    assert (told.status, told.json["result"], told.json["rejected"]["state"]) == (200, "dropped", "dropped")
    assert acts(stack) == [("drop", "dropped")]
    assert stack.aws.functions.called == []
    again = door.event("drop", one, body=WHY)
    assert (again.status, again.json["replayed"], again.json["result"]) == (200, True, "dropped")
    assert acts(stack) == [("drop", "dropped")]


@pytest.mark.parametrize(("verb", "body"), [("redrive", None), ("drop", WHY)])
def test_what_is_settled_stays_so_until_it_comes_again(
    stack: Deployment, door: HttpDoor, verb: str, body: str | None
) -> None:
    dropped, redriven = reject(stack, unknown_version("ex-1")), mended(stack, "ex-2")
    door.event("drop", dropped, body=WHY)
    door.event("redrive", redriven)
    before, called = acts(stack), len(stack.aws.functions.called)

    for one, code in ((dropped, "already_dropped"), (redriven, "already_redriven")):
        told = door.event(verb, one, ADMIN, idempotency_key="k-2", body=body)
        assert (told.status, told.code) == (409, code)
        assert told.headers["etag"] == told.json["etag"]
    assert (acts(stack), len(stack.aws.functions.called)) == (before, called)

    come_again(stack, dropped)
    assert [each["id"] for each in door.get("rejected").json["rejected"]] == [dropped]


@pytest.mark.parametrize(
    ("arn", "parts", "status", "code"),
    [
        (READER, {"body": "{"}, 403, "forbidden"),
        (OPERATOR, {"body": "{"}, 400, "bad_json"),
        (OPERATOR, {"body": '{"because":"x"}'}, 400, "bad_body"),
        (OPERATOR, {"body": '{"reason":7}'}, 400, "bad_body"),
        (OPERATOR, {"body": json.dumps({"reason": "a\nb"})}, 400, "malformed"),
        (OPERATOR, {"body": json.dumps({"reason": "x" * 201})}, 400, "malformed"),
        (OPERATOR, {"idempotency_key": None}, 400, "idempotency_key_needed"),
        (OPERATOR, {"idempotency_key": "k~result"}, 400, "malformed"),
        (OPERATOR, {"idempotency_key": '"k"'}, 400, "malformed"),
        (OPERATOR, {"if_match": "x"}, 400, "bad_if_match"),
        (OPERATOR, {"if_match": '"v1-1"'}, 412, "changed"),
        (OPERATOR, {"query": {"force": "1"}}, 400, "unknown_parameter"),
    ],
)
@pytest.mark.parametrize("verb", ["redrive", "drop"])
def test_whoever_is_refused_leaves_nothing_behind(
    stack: Deployment, door: HttpDoor, verb: str, arn: str, parts: dict[str, Any], status: int, code: str
) -> None:
    one = reject(stack, unknown_version())
    before = item(stack, one)
    told = door.event(verb, one, arn, **{"body": WHY, **parts})

    assert (told.status, told.code) == (status, code)
    assert (acts(stack), item(stack, one), stack.aws.functions.called) == ([], before, [])
    assert door.event(verb, "0123456789ab", arn, **{"body": WHY, **parts}).status in {status, 404}


def test_a_copy_that_came_since_is_another_matter(stack: Deployment, door: HttpDoor) -> None:
    one = reject(stack, unknown_version())
    tag = door.get("rejected/{id}", path={"id": one}).headers["etag"]
    come_again(stack, one)

    told = door.event("drop", one, body=WHY, if_match=tag)

    assert (told.status, told.code) == (412, "changed")
    assert door.event("drop", one, body=WHY, if_match=told.headers["etag"]).status == 200


def test_a_key_means_one_thing(stack: Deployment, door: HttpDoor) -> None:
    one = mended(stack)
    door.event("redrive", one)
    assert door.event("redrive", one, body=WHY).code == "key_reused"
    assert door.event("drop", one, body=WHY).code == "key_reused"
    assert door.event("redrive", one).json["replayed"] is True
    assert len(stack.aws.functions.called) == 1


@pytest.mark.parametrize(("who", "key"), [(ADMIN, "k-2"), (OPERATOR, "k-1")], ids=["two people", "one request twice"])
def test_two_at_once_do_it_once(stack: Deployment, door: HttpDoor, who: str, key: str) -> None:
    """The other one's whole request runs while the first one waits for the function."""
    one, name = mended(stack), "takes-execution-requested"
    taking = stack.aws.functions.handlers[name]
    others: list[Told] = []

    def meanwhile(payload: Any) -> Any:
        stack.aws.functions.handlers[name] = taking
        others.append(door.event("redrive", one, who, idempotency_key=key))
        return taking(payload)

    stack.aws.functions.handlers[name] = meanwhile
    first = door.event("redrive", one)

    assert (first.json["result"], others[0].json["result"]) == ("redriven", "redriven")
    saga = stack.saga("ex-1")
    assert saga is not None
    assert len(saga.timeline) == 1
    assert item(stack, one)["state"]["S"] == "redriven"

"""Who may override what, and that it is done once."""

import json

import pytest

from saga_orchestrator.adapters.counters.counter_items import counter_key
from saga_testing.deployment import EXECUTIONS_AND_ORDERS, Deployment
from saga_testing.faults import Fault, possible_at
from saga_testing.http_door import ADMIN, OPERATOR, READER, HttpDoor
from saga_testing.telemetry import RecordingTelemetry
from saga_testing.wire import Wire
from tests.handlers.http_api.slots.limits_desk import Json, acts, head, limiting, one, run, until


@pytest.mark.parametrize(
    ("verb", "who", "parts", "status", "code"),
    [
        *((verb, OPERATOR, {"body": {"x": 1}}, 403, "forbidden") for verb in ("close", "open", "override")),
        *((verb, READER, {}, 403, "forbidden") for verb in ("close", "open", "override")),
        ("close", ADMIN, {}, 400, "malformed"),
        ("close", ADMIN, {"body": {"reason": "x", "limit": 3}}, 400, "bad_body"),
        ("open", ADMIN, {"body": {"until": "x"}}, 400, "bad_body"),
        ("open", ADMIN, {}, 409, "no_override"),
        ("override", ADMIN, {"body": {"reason": "x"}}, 400, "malformed"),
        ("override", ADMIN, {"body": {"reason": "x", "limit": 3}}, 400, "malformed"),
        *(
            ("override", ADMIN, {"body": {"reason": "x", "limit": limit, "until": "2026-11-24T07:00:00Z"}}, 400, code)
            for limit, code in ((0, "malformed"), (-1, "malformed"), (10**7, "malformed"), ("3", "bad_body"))
        ),
        *(
            ("override", ADMIN, {"body": {"reason": "x", "limit": 3, "until": moment}}, 400, "malformed")
            for moment in ("x", "", "2026-11-24T05:00:00Z", "2026-11-24", "9999-12-31T00:00:00Z", "2026-11-24T07:00:00")
        ),
        ("close", ADMIN, {"body": {"reason": "x"}, "if_match": None}, 428, "if_match_needed"),
        ("close", ADMIN, {"body": {"reason": "x"}, "if_match": '"v1-100"'}, 412, "changed"),
        ("close", ADMIN, {"body": {"reason": "x"}, "if_match": '"v0-99"'}, 412, "changed"),
        ("close", ADMIN, {"body": {"reason": "x"}, "idempotency_key": None}, 400, "idempotency_key_needed"),
    ],
)
def test_whoever_is_refused_leaves_nothing_behind(
    stack: Deployment, door: HttpDoor, verb: str, who: str, parts: Json, status: int, code: str
) -> None:
    run(stack, "ex-1")
    before = head(stack)

    told = limiting(door, verb, who=who, **parts)

    assert (told.status, told.code) == (status, code), told.body
    assert (head(stack), acts(stack)) == (before, [])


@pytest.mark.parametrize("language", ["cobol", "", "Python", "#counter#python#0", "../x", "python\n"])
def test_a_language_that_was_never_limited_is_the_one_404(stack: Deployment, door: HttpDoor, language: str) -> None:
    run(stack, "ex-1")
    told = limiting(door, "close", language, body={"reason": "x"}, if_match='"v0-100"')

    assert (told.status, told.code) == (404, "not_found")
    assert acts(stack) == []


def test_whatever_a_saga_takes_slots_of_can_be_limited(stack: Deployment, door: HttpDoor) -> None:
    """Not languages alone, whose names are shorter."""
    run(stack, "ex-1")
    longest = "d" * 64
    stack.aws.dynamodb.put_item(TableName="sagas", Item={**head(stack), **counter_key(longest, 0)})

    assert one(door, longest)["language"] == longest
    assert limiting(door, "close", longest, body={"reason": "x"}).status == 200
    stack.reconfigure(LANGUAGE_LIMITS=json.dumps({longest: 3}))


@pytest.mark.parametrize(("word", "code"), [("unlimited", "unlimited"), ("closed", "closed_by_setting")])
def test_what_no_override_could_bring_about_is_said(stack: Deployment, door: HttpDoor, word: str, code: str) -> None:
    run(stack, "ex-1")
    stack.reconfigure(LANGUAGE_LIMITS=f'{{"python": "{word}"}}')
    door = HttpDoor(stack.at)
    for verb in ("close", "override"):
        body = {"reason": "x", **({"limit": 3, "until": until(stack)} if verb == "override" else {})}
        assert limiting(door, verb, body=body).code == code
    assert acts(stack) == []


def test_a_key_means_one_thing_and_the_same_again_is_told_as_it_is(stack: Deployment, door: HttpDoor) -> None:
    run(stack, "ex-1")
    tag, body = one(door)["etag"], {"limit": 3, "until": until(stack), "reason": "x"}
    assert limiting(door, "override", body=body, if_match=tag).json["replayed"] is False
    again = limiting(door, "override", body=body, if_match=tag)
    assert (again.status, again.json["replayed"], again.json["override"]["limit"]) == (200, True, 3)
    assert limiting(door, "override", body={**body, "limit": 4}, if_match=tag).code == "key_reused"
    assert limiting(door, "close", body={"reason": "x"}, if_match=tag).code == "key_reused"
    assert limiting(door, "close", body={"reason": "x"}, if_match=tag, idempotency_key="k-2").code == "changed"
    stack.advance(7200)
    assert limiting(door, "override", body=body, if_match=tag).json["replayed"] is True
    assert acts(stack) == ["override"]


def test_whichever_call_fails_the_same_key_does_what_is_left() -> None:
    operations = ["get_item", "get_item", "transact_write_items"]  # counter, act, and both in one transaction
    assert _played(None, None) == operations
    for place, operation in enumerate(operations):
        for fault in possible_at(operation):
            if fault not in {Fault.KILLED_BEFORE, Fault.KILLED_AFTER}:
                _played(place, fault)


def _played(place: int | None, fault: Fault | None) -> list[str]:
    """The calls that the first request made."""
    wire = Wire()
    stack = Deployment(sagas=EXECUTIONS_AND_ORDERS, telemetry=RecordingTelemetry(), wire=wire)
    door = HttpDoor(stack.at)
    run(stack, "ex-1")
    tag, body = one(door)["etag"], {"reason": "x"}
    wire.calls.clear()
    if place is not None and fault is not None:
        wire.plan[place] = fault
    first = limiting(door, "close", body=body, if_match=tag)
    wire.plan.clear()
    calls = list(wire.calls)
    second = limiting(door, "close", body=body, if_match=tag)

    said = (place, fault, first.body, second.body)
    assert first.status in {200, 503}, said
    assert (second.status, second.json["override"]["limit"]) == (200, 0), said
    assert (acts(stack), head(stack)["ov"]) == (["close"], {"N": "1"}), said
    return calls

"""Every verb against every state that refuses it, through both doors: the same code, and nothing written."""

import json
from dataclasses import replace
from typing import Final

import pytest

from saga_orchestrator.domain.flow.terms import Answer
from saga_testing.deployment import EXECUTIONS_AND_ORDERS, Deployment
from saga_testing.http_door import ADMIN, OPERATOR, READER, HttpDoor, Who, claims_of
from saga_testing.samples.parked_orders import reserved_order, stuck_order
from saga_testing.samples.sample_events import event
from saga_testing.telemetry import RecordingTelemetry
from tests.handlers.http_api.parked_sagas import UNDO_PARKED, store

VERBS: Final = ("cancel", "retry", "resolve", "skip", "undo", "note", "republish")
NOT_PARKED: Final = dict.fromkeys(("retry", "resolve", "skip", "undo"), "not_parked")
ENDED: Final = {"cancel": "already_ended", **NOT_PARKED}
NOTHING: Final = dict.fromkeys(VERBS, "not_found")
REFUSED: Final = {
    ("execution_saga", "stub"): NOT_PARKED,
    ("execution_saga", "asked"): NOT_PARKED,
    ("execution_saga", "runs"): NOT_PARKED,
    ("execution_saga", "completed"): ENDED,
    ("execution_saga", "failed"): ENDED,
    ("execution_saga", "timed-out"): ENDED,
    ("execution_saga", "cancelled"): ENDED,
    ("execution_saga", "refused"): ENDED,
    ("execution_saga", "never-was"): NOTHING,
    ("other_saga", "runs"): NOTHING,
    ("order_saga", "ships"): {"cancel": "too_late", **NOT_PARKED},
    ("order_saga", "stuck"): {"cancel": "too_late", "skip": "a_pivot_cannot_be_skipped", "undo": "unanswered"},
    ("order_saga", "stuck-answered"): {"cancel": "too_late", "skip": "a_pivot_cannot_be_skipped"},
    ("order_saga", "undo-parked"): {"cancel": "compensating", "undo": "only_a_pivot_can_be_undone"},
}
"""By saga and verb, for somebody who has every role's right."""
ENDINGS: Final = {"completed": "COMPLETED", "failed": "FAILED", "timed-out": "TIMEOUT", "cancelled": "CANCELLED"}


class House:
    def __init__(self) -> None:
        self.stack = Deployment(sagas=EXECUTIONS_AND_ORDERS, telemetry=RecordingTelemetry())
        self.stack.deliver(event("EXECUTION_STARTED", "stub"))
        for key in ("asked", "runs", *ENDINGS):
            self.stack.deliver(event("EXECUTION_REQUESTED", key))
        self.stack.deliver(event("EXECUTION_REQUESTED", "refused", runtime_image="no such image"))
        self.stack.deliver(event("EXECUTION_STARTED", "runs"))
        for key, name in ENDINGS.items():
            self.stack.deliver(event(f"EXECUTION_{name}", key))
        answered = stuck_order(Answer.FAILED, Answer.FAILED, Answer.FAILED)
        orders = {"ships": reserved_order(), "stuck": stuck_order(), "stuck-answered": answered}
        orders["undo-parked"] = UNDO_PARKED
        store(self.stack, *(replace(saga, execution_id=key) for key, saga in orders.items()))
        self.door = HttpDoor(self.stack.at, owner_claim="user")
        self.before = self.stored()

    def stored(self) -> str:
        tables = (self.stack.aws.dynamodb.scan(TableName=name)["Items"] for name in ("sagas", "operator"))
        return json.dumps([list(items) for items in tables], sort_keys=True, default=str)


@pytest.fixture(scope="module")
def house() -> House:
    return House()


@pytest.mark.parametrize("who", [ADMIN, claims_of("root-of-sagas")], ids=["signed", "with a token"])
@pytest.mark.parametrize(("name", "key"), REFUSED, ids=[f"{name}-{key}" for name, key in REFUSED])
def test_what_a_state_refuses(house: House, name: str, key: str, who: Who) -> None:
    tag = house.door.saga(key, name, arn=who).headers.get("etag", '"v1-1"')
    codes = {}
    for verb, code in REFUSED[name, key].items():
        told = house.door.act(verb, key, name, who, if_match=tag, body='{"reason":"r"}')
        codes[verb] = told.code
        assert told.status == (404 if code == "not_found" else 409)
        assert told.headers.get("etag") == (None if code == "not_found" else tag)

    assert codes == REFUSED[name, key]
    assert house.stored() == house.before


@pytest.mark.parametrize(
    ("who", "role"),
    [
        (READER, "reader"),
        (claims_of("readers"), "reader"),
        (OPERATOR, "operator"),
        (claims_of("on-call"), "operator"),
        (claims_of(user="mallory"), "owner"),
    ],
    ids=["signed reader", "reader", "signed operator", "operator", "owner"],
)
def test_what_a_role_refuses_whatever_stands_there(house: House, who: Who, role: str) -> None:
    """Of what is not his an owner is told that there is nothing; nobody else is told by what is there."""
    refused = {"reader": VERBS, "operator": ("skip", "undo"), "owner": VERBS}[role]
    for name, key in REFUSED:
        for verb in refused:
            told = house.door.act(verb, key, name, who, if_match='"v1-1"', body='{"reason":"r"}')
            assert (told.status, told.code) == ((404, "not_found") if role == "owner" else (403, "forbidden"))
    assert house.stored() == house.before


@pytest.mark.parametrize("verb", ["resolve", "skip", "undo"])
def test_what_cannot_be_taken_back_wants_its_version_first(house: House, verb: str) -> None:
    for name, key in REFUSED:
        told = house.door.act(verb, key, name, ADMIN, body='{"reason":"r"}')
        assert (told.status, told.code) == (428, "if_match_needed")
    assert house.stored() == house.before


@pytest.mark.parametrize("verb", VERBS)
def test_who_decided_on_another_version_is_told_so_before_anything_is_decided(house: House, verb: str) -> None:
    for name, key in REFUSED:
        if REFUSED[name, key] is NOTHING:
            continue
        told = house.door.act(verb, key, name, ADMIN, if_match='"v99-99"', body='{"reason":"r"}')
        assert (told.status, told.code) == (412, "changed")
        assert told.json["etag"] == told.headers["etag"] == house.door.saga(key, name).headers["etag"]
    assert house.stored() == house.before

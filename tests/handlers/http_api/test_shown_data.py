"""Of what a saga began with, and what its steps have kept, people are told what its definition says, and no more."""

from dataclasses import replace

import pytest

from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.flow.terms import Kept
from saga_orchestrator.domain.registry import SagaRegistry
from saga_testing.deployment import Deployment
from saga_testing.http_door import ADMIN, OPERATOR, READER, HttpDoor, claims_of
from saga_testing.samples.sample_events import event
from saga_testing.samples.sample_orders import order_event, reply
from saga_testing.telemetry import RecordingTelemetry
from sagas.execution import EXECUTION_SAGA
from sagas.order import ORDER

CREDIT, STOCK, *OTHERS = ORDER.steps
assert ORDER.starts is not None
MARKED = replace(
    ORDER,
    starts=replace(ORDER.starts, shown=("customer", "items")),
    steps=(CREDIT, replace(STOCK, keeps={"reservation": Kept(str, 64, shown=True)}), *OTHERS),
)
UNMARKED = replace(
    ORDER,
    starts=replace(ORDER.starts, shown=()),
    steps=(CREDIT, replace(STOCK, keeps={"reservation": Kept(str, 64)}), *OTHERS),
)
HIDDEN = "Kn4rienV0gel"


def house(order: SagaDefinition) -> Deployment:
    stack = Deployment(sagas=SagaRegistry((EXECUTION_SAGA, order)), telemetry=RecordingTelemetry())
    stack.deliver(event("EXECUTION_REQUESTED", "ex-1", script=HIDDEN))
    stack.deliver(order_event("PLACED", customer="ada & co", amount=10, items=[{"sku": "s-1", "quantity": 2}]))
    stack.deliver(reply("reserve_credit#1"))
    stack.deliver(reply("reserve_stock#1", data={"reservation": "r-17"}))
    return stack


def door_of(order: SagaDefinition) -> HttpDoor:
    return HttpDoor(house(order).at, owner_claim="user")


@pytest.mark.parametrize("who", [READER, OPERATOR, ADMIN])
def test_what_is_marked_is_shown_to_whoever_operates(who: str) -> None:
    told = door_of(MARKED).saga("o-1", "order_saga", arn=who).json

    assert told["shown"] == [
        {"step": None, "name": "customer", "value": "ada & co"},
        {"step": None, "name": "items", "value": [{"sku": "s-1", "quantity": 2}]},
        {"step": "reserve_stock", "name": "reservation", "value": "r-17"},
    ]


def test_what_is_not_marked_is_shown_to_nobody() -> None:
    door = door_of(UNMARKED)
    for told in (
        door.saga("o-1", "order_saga", arn=ADMIN),
        door.get("executions/{execution_id}", ADMIN, path={"execution_id": "o-1"}),
    ):
        assert '"shown":[]' in told.body
        assert not any(secret in told.body for secret in ("ada & co", "s-1", "r-17"))
    assert door.saga("ex-1", arn=ADMIN).json["shown"] == []


def test_lists_and_owners_are_told_none_of_it() -> None:
    door = door_of(MARKED)
    listed = door.get("sagas", ADMIN, query={"order": "deadlines"})
    owner = door.saga("o-1", "order_saga", arn=ADMIN).json["owner"]
    own = door.saga("o-1", "order_saga", arn=claims_of(sub="x", user=owner))

    assert "o-1" in listed.body
    assert own.json["state"] == "running"
    assert not any("shown" in told.body or "r-17" in told.body for told in (listed, own))


def test_a_definition_that_this_code_does_not_know_shows_nothing() -> None:
    known = house(MARKED)
    without = Deployment(sagas=SagaRegistry((EXECUTION_SAGA,)), aws=known.aws, telemetry=RecordingTelemetry())

    assert HttpDoor(without.at).saga("o-1", "order_saga").json["shown"] == []

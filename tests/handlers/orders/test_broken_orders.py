"""A waiting saga's own functions raise, leave the process or say too much: only its own event suffers."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

from saga_orchestrator.domain.definition import SagaDefinition, Step, Undo
from saga_orchestrator.domain.flow.terms import Command, Start
from saga_orchestrator.domain.registry import SagaRegistry
from saga_testing.samples.sample_orders import order_event, reply
from sagas.execution import EXECUTION_SAGA
from sagas.order import ORDER
from tests.handlers.orders.shop import Shop


@dataclass(frozen=True)
class Made:
    amount: float

    def __post_init__(self) -> None:
        if self.amount == 13:
            raise ZeroDivisionError("a user's value")


def raising(*_seen: Any) -> Any:
    raise ZeroDivisionError("a user's value")


def leaving(*_seen: Any) -> Any:
    sys.exit("a user's value")


def saying(fields: Any) -> Callable[..., Any]:
    return lambda *_seen: fields


def nothing(*_seen: Any) -> dict[str, Any]:
    return {}


def parcel(body: Callable[..., Any] = nothing, **second: Any) -> SagaDefinition:
    """Its first step is asked for without its own functions; whatever is broken comes with the second."""
    steps = (Step("pack", sends="pack", within=30, undo=Undo(sends="unpack")), Step("send", **second))
    return SagaDefinition(
        "parcel_saga",
        1,
        steps,
        {"pack": Command("PACK_COMMAND"), "unpack": Command("UNPACK_COMMAND"), "post": Command("POST_COMMAND", body)},
        starts=Start("PARCEL_MADE", "order_id", Made),
        cancels="PARCEL_DROPPED",
    )


POST: Final[dict[str, Any]] = {"sends": "post", "within": 30}
BROKEN: Final = {
    "the condition raises": (parcel(when=raising, **POST), "definition_raised"),
    "the condition leaves": (parcel(when=leaving, **POST), "definition_raised"),
    "the check raises": (parcel(check=raising), "definition_raised"),
    "the check says no code": (parcel(check=saying("not a code!")), "definition_raised"),
    "the check says another type": (parcel(check=saying(7)), "definition_raised"),
    "the claim raises": (parcel(claims=raising), "definition_raised"),
    "the claim names no resource": (parcel(claims=saying("#counter#x")), "definition_raised"),
    "the body raises": (parcel(raising, **POST), "definition_raised"),
    "the body is no mapping": (parcel(saying(7), **POST), "definition_raised"),
    "the body is no JSON": (parcel(saying({"field": object()}), **POST), "definition_raised"),
    "the body is no number": (parcel(saying({"field": float("nan")}), **POST), "definition_raised"),
    "the body is no Unicode": (parcel(saying({"field": "\ud800"}), **POST), "definition_raised"),
    "the body is too large": (parcel(saying({"field": "x" * 900_000}), **POST), "message_too_large"),
}


def made(definition: SagaDefinition) -> Shop:
    shop = Shop(sagas=SagaRegistry((EXECUTION_SAGA, definition, ORDER)))
    shop.deliver(order_event("PLACED") | {"event_type": "PARCEL_MADE", "amount": 1.5})
    return shop


def packed(shop: Shop) -> None:
    shop.deliver(reply("pack#1") | {"in_reply_to": "parcel_saga:o-1:pack#1"})


@pytest.mark.parametrize(("definition", "reason"), BROKEN.values(), ids=BROKEN)
def test_the_event_is_rejected_nothing_is_changed_and_others_go_on(definition: SagaDefinition, reason: str) -> None:
    shop = made(definition)
    before = shop.stored("o-1", "parcel_saga")
    shop.order("PLACED")

    packed(shop)

    assert shop.reasons() == [reason]
    assert "a user's value" not in str(shop.rejected())
    assert shop.stored("o-1", "parcel_saga") == before
    shop.reply("reserve_credit#1")
    shop.wait(31, every=31)
    assert shop.standing("reserve_stock") == "asked"
    assert shop.relay_stream()


def test_an_input_model_that_raises_rejects_that_start_alone() -> None:
    shop = made(parcel(**POST))

    shop.deliver(order_event("PLACED", "o-2") | {"event_type": "PARCEL_MADE", "amount": 13})
    shop.deliver(order_event("PLACED", "o-3") | {"event_type": "PARCEL_MADE", "amount": 14})

    assert shop.reasons() == ["definition_raised"]
    assert shop.stored("o-2", "parcel_saga") is None
    assert shop.stored("o-3", "parcel_saga") is not None


def test_what_a_function_does_to_its_view_stays_there() -> None:
    def grabs(seen: Any) -> bool:
        seen.input["amount"] = 0
        seen.data.clear()
        return True

    shop = made(parcel(when=grabs, **POST))
    before = shop.stored("o-1", "parcel_saga")
    packed(shop)

    after = shop.stored("o-1", "parcel_saga")
    assert before is not None
    assert after is not None
    assert (after.input, after.data) == (before.input, before.data)
    assert after.has_emitted("post")


def test_no_body_says_who_it_is_from_or_what_it_answers() -> None:
    lies = {"message_id": "x", "operation_id": "y", "expires_at": "never", "order_id": "o-9", "saga_id": "z"}
    shop = made(parcel(saying(lies), **POST))
    packed(shop)
    shop.relay_stream()

    told = next(body for body in shop.published if body["message_type"] == "POST_COMMAND")
    assert told["message_id"] == "parcel_saga:o-1:post#1"
    assert (told["operation_id"], told["order_id"]) == ("parcel_saga:o-1:send", "o-1")
    assert told["expires_at"] != "never"


def test_a_broken_claim_of_a_saga_holds_no_slot() -> None:
    claiming = parcel(claims=saying("depot"), undo=Undo(releases=True))
    shop = made(claiming)
    packed(shop)

    found = shop.stored("o-1", "parcel_saga")
    assert found is not None
    assert (found.state, found.claim) == ("completed", None)


def test_a_claim_that_finds_no_room_refuses_and_compensates() -> None:
    claiming = replace(parcel(claims=saying("depot")), steps=(
        Step("pack", sends="pack", within=30, undo=Undo(sends="unpack")),
        Step("take", claims=saying("depot"), undo=Undo(releases=True)),
        Step("send", **POST),
    ))  # fmt: skip
    shop = Shop(
        {"LANGUAGE_LIMITS": '{"depot": 1}', "COUNTER_SHARDS": "1"}, sagas=SagaRegistry((EXECUTION_SAGA, claiming))
    )
    for order_id in ("o-1", "o-2"):
        shop.deliver(order_event("PLACED", order_id) | {"event_type": "PARCEL_MADE", "amount": 1.5})
        shop.deliver(reply("pack#1") | {"in_reply_to": f"parcel_saga:{order_id}:pack#1"})

    first, second = (shop.stored(order_id, "parcel_saga") for order_id in ("o-1", "o-2"))
    assert first is not None
    assert second is not None
    assert first.claim is not None
    assert (second.state, second.reason, second.claim) == ("compensating", "limit_reached", None)
    assert shop.slots() == 1

    shop.deliver(order_event("CANCELLED") | {"event_type": "PARCEL_DROPPED"})
    shop.deliver(reply("unpack#1") | {"in_reply_to": "parcel_saga:o-1:unpack#1"})

    ended = shop.stored("o-1", "parcel_saga")
    assert ended is not None
    assert (ended.state, ended.claim) == ("cancelled", None)
    assert shop.slots() == 0

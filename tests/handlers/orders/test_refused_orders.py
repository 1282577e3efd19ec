"""Orders and replies that are none, that cannot be carried out, or that somebody else sent."""

import json
from typing import Any

import pytest

from saga_orchestrator.domain.render import render
from saga_orchestrator.entrypoints.saga_functions import CommandReplyFunction, SagaEventFunction
from saga_testing.lambda_context import Context
from saga_testing.samples.sample_events import eventbridge
from saga_testing.samples.sample_orders import order_event, reply
from sagas.order import ORDER
from tests.handlers.orders.shop import Shop, placed


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"in_reply_to": "order_saga:o-1:reserve_credit"}, "malformed"),
        ({"in_reply_to": None}, "malformed"),
        ({"in_reply_to": "order_saga:o-1:reserve_credit#2"}, "never_sent"),
        ({"in_reply_to": "order_saga:o-1:reserve_stock#1"}, "never_sent"),
        ({"in_reply_to": "other_saga:o-1:reserve_credit#1"}, "never_sent"),
        ({"in_reply_to": "order_saga:o-1:saga_started#1"}, "not_awaited"),
        ({"in_reply_to": "execution_saga:o-1:create_pod#1"}, "never_sent"),
        ({"outcome": "perhaps"}, "malformed"),
        ({"outcome": None}, "malformed"),
        ({"event_id": ""}, "malformed"),
        ({"event_version": "2.0"}, "unknown_event_version"),
        ({"event_type": "ORDER_PLACED"}, "wrong_event_type"),
    ],
)
def test_a_reply_that_answers_nothing_is_rejected_with_its_own_reason(fields: dict[str, Any], reason: str) -> None:
    shop = placed()

    CommandReplyFunction(shop.at).run(eventbridge(reply("reserve_credit#1") | fields), Context())

    assert shop.reasons() == [reason]
    assert shop.standing("reserve_credit") == "asked"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"event_type": "ORDER_RETURNED"}, "wrong_event_type"),
        ({"event_version": 2}, "unknown_event_version"),
        ({"order_id": "o 1"}, "malformed"),
        ({"order_id": None}, "malformed"),
        ({"event_id": 7}, "malformed"),
        ({"timestamp": "2126-01-01T00:00:00Z"}, "timestamp_in_future"),
    ],
)
def test_an_order_that_is_none_is_rejected_with_its_reason(fields: dict[str, Any], reason: str) -> None:
    shop = Shop()

    SagaEventFunction(shop.at).run(eventbridge(order_event("PLACED") | fields), Context())

    assert shop.reasons() == [reason]
    assert "100" not in shop.rejected()[0]["detail"]
    assert shop.stored() is None


@pytest.mark.parametrize(
    ("fields", "explanation"),
    [
        ({"timestamp": "yesterday"}, "timestamp must be an RFC 3339 time with an offset"),
        ({"customer": ""}, "customer must have at least 1 characters"),
        ({"amount": 0}, "amount must be greater than 0"),
        ({"items": []}, "items must have at least 1 elements"),
        ({"items": [{"sku": "a", "quantity": 0.5}]}, "items.0.quantity must be a whole number"),
    ],
)
def test_an_order_that_cannot_be_carried_out_is_told_why_and_rings_nobody(
    fields: dict[str, Any], explanation: str
) -> None:
    shop = Shop()
    for delivery in ("one", "again"):
        SagaEventFunction(shop.at).run(
            eventbridge(order_event("PLACED") | fields | {"event_id": f"e-{delivery}"}), Context()
        )

    assert shop.reasons() == []
    saga = shop.found()
    assert (saga.state, saga.reason, saga.version) == ("failed", "invalid_request", 1)
    told = render(saga, "saga_failed#1", ORDER).body
    assert told["explanation"] == explanation


@pytest.mark.parametrize("amount", [1, 0.1, 1e22, 10**300, 99.99])
def test_an_amount_is_told_as_it_was_said(amount: float) -> None:
    shop = placed(amount=amount)
    shop.relay_stream()

    assert next(body for body in shop.published if body["message_type"] == "RESERVE_CREDIT_COMMAND")["amount"] == amount


def test_fields_that_nobody_declared_are_ignored() -> None:
    shop = Shop()
    odd = {"__class__": 1, "message_id": "x", "": 2, "\ud800": 3, "items ": [], "huge": float("inf")}

    shop.order("PLACED", **odd)

    assert json.loads(shop.found().input or "{}").keys() == {"customer", "amount", "items"}


@pytest.mark.parametrize("source", ["saga-operator", "elsewhere"])
def test_orders_and_replies_come_from_the_platform_alone(source: str) -> None:
    shop = placed()

    shop.order("PLACED", order_id="o-2", source=source)
    shop.deliver(reply("reserve_credit#1"), source)

    assert shop.reasons() == ["foreign_source", "foreign_source"]
    assert shop.stored("o-2") is None
    assert shop.standing("reserve_credit") == "asked"


def test_participants_may_have_sources_of_their_own() -> None:
    shop = placed(REPLY_SOURCES="warehouse, bank")

    shop.deliver(reply("reserve_credit#1"), "bank")
    shop.order("APPROVED", source="bank")

    assert shop.standing("reserve_credit") == "done"
    assert shop.reasons() == ["foreign_source"]

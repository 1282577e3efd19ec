"""From fields to the signals of waiting sagas: only what decides is required."""

import json
from typing import Any

import pytest

from saga_orchestrator.domain.errors import RejectedEvent, RejectReason
from saga_orchestrator.domain.flow.signals import CancelAsked, SagaOpened, StepReported
from saga_orchestrator.domain.flow.terms import Answer
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.entrypoints.saga_decoding import decode_reply, decode_saga_event
from sagas.order import ORDER

ROUTES = SagaRegistry((ORDER,)).routes
PLACED: dict[str, Any] = {
    "event_id": "e-1",
    "event_type": "order_placed",
    "order_id": "o-1",
    "timestamp": "2026-11-28T10:00:00+01:00",
    "metadata": {"user_id": "ada", "correlation_id": "c-1"},
    "customer": "c-1",
    "amount": 12.5,
    "items": [{"sku": "a", "quantity": 2, "colour": "red"}],
    "gift": True,
}
REPLY: dict[str, Any] = {"event_id": "r-1", "in_reply_to": "order_saga:o-1:reserve_credit#2", "outcome": "done"}


def signal(fields: dict[str, Any], *, by_operator: bool = False) -> Any:
    return decode_saga_event(fields, ROUTES[fields["event_type"].upper()], by_operator=by_operator)


def test_what_starts_a_saga_is_kept_as_its_model_says() -> None:
    opened = signal(PLACED)

    assert isinstance(opened, SagaOpened)
    assert (opened.key, opened.owner, opened.correlation_id) == ("o-1", "ada", "c-1")
    assert opened.requested_at == 1795856400000
    assert json.loads(opened.input) == {"customer": "c-1", "amount": 12.5, "items": [{"sku": "a", "quantity": 2}]}


def test_the_same_order_has_the_same_hash_and_another_owners_has_not() -> None:
    again = signal(PLACED | {"event_id": "e-2", "timestamp": "2026-11-28T11:00:00Z", "gift": False})
    other = signal(PLACED | {"metadata": {"user_id": "bob"}})

    assert signal(PLACED).request_hash == again.request_hash != other.request_hash


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": "12"}, "amount"),
        ({"items": []}, "items"),
        ({"items": [{"sku": "a", "quantity": 0}]}, "items.0.quantity"),
        ({"customer": None}, "customer"),
        ({"customer": "\ud83d"}, "customer"),
        ({"order_id": "o 1"}, "order_id"),
        ({"event_id": ""}, "event_id"),
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"timestamp": "2026-11-28T10:00:00"}, "timestamp"),
    ],
)
def test_what_cannot_start_a_saga_names_the_field_and_not_its_value(change: dict[str, Any], field: str) -> None:
    with pytest.raises(RejectedEvent) as rejected:
        signal(PLACED | change)

    assert rejected.value.reason is RejectReason.MALFORMED
    assert rejected.value.detail.startswith(f"{field}:")
    assert "yesterday" not in rejected.value.detail


@pytest.mark.parametrize("metadata", [None, "x", {"user_id": 7, "correlation_id": "\n"}, {"user_id": "\ud800"}])
def test_a_report_needs_its_identity_and_nothing_else(metadata: Any) -> None:
    fields = {"event_id": "e-1", "event_type": "ORDER_APPROVED", "order_id": "o-1", "metadata": metadata}
    reported = signal(fields)

    assert isinstance(reported, StepReported)
    assert (reported.actor, reported.correlation_id) == (None, "o-1")


def test_a_cancel_says_whether_an_operator_asks() -> None:
    fields = {"event_id": "e-1", "event_type": "ORDER_CANCELLED", "order_id": "o-1", "metadata": {"user_id": "ada"}}
    asked = signal(fields, by_operator=True)

    assert isinstance(asked, CancelAsked)
    assert (asked.actor, asked.by_operator) == ("ada", True)


def test_a_reply_names_saga_message_and_outcome() -> None:
    saga_name, answered = decode_reply(REPLY | {"reason": "no credit left!", "data": {"limit": 5}})

    assert (saga_name, answered.key, answered.message) == ("order_saga", "o-1", "reserve_credit#2")
    assert (answered.answer, answered.reason, answered.data) == (Answer.DONE, "unprintable", {"limit": 5})


@pytest.mark.parametrize("data", [None, [], "x", 7])
def test_data_that_is_no_object_is_no_data(data: Any) -> None:
    assert decode_reply(REPLY | {"data": data})[1].data == {}


@pytest.mark.parametrize(
    "change",
    [
        {"in_reply_to": None},
        {"in_reply_to": "order_saga:o-1:reserve_credit"},
        {"in_reply_to": "order_saga:o-1:reserve_credit#0"},
        {"in_reply_to": "order_saga:o/1:reserve_credit#1"},
        {"outcome": "perhaps"},
        {"outcome": None},
        {"outcome": ["done"]},
        {"event_id": "e 1"},
    ],
)
def test_a_reply_that_cannot_be_addressed_is_rejected(change: dict[str, Any]) -> None:
    with pytest.raises(RejectedEvent) as rejected:
        decode_reply(REPLY | change)

    assert rejected.value.reason is RejectReason.MALFORMED

"""From fields to the signals of waiting sagas: only what decides is required."""

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest

from saga_orchestrator.domain.errors import RejectedEvent, RejectReason
from saga_orchestrator.domain.flow.signals import CancelAsked, SagaOpened, StepReported
from saga_orchestrator.domain.flow.terms import Answer, Start
from saga_orchestrator.domain.registry import Role, Route, SagaRegistry
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


@dataclass(frozen=True, slots=True)
class Free:
    customer: str
    amount: float
    items: list[dict[str, Any]]
    prices: dict[str, int]


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
    ("change", "fault"),
    [
        ({"amount": 0}, "amount:greater_than=0"),
        ({"amount": "12"}, "amount:int_type"),
        ({"amount": float("inf")}, "amount:no_json"),
        ({"amount": True}, "amount:int_type"),
        ({"items": []}, "items:too_short=1"),
        ({"items": [{"sku": "a", "quantity": 0}]}, "items.0.quantity:greater_than_equal=1"),
        ({"items": [{"sku": "a", "quantity": 1.5}]}, "items.0.quantity:int_type"),
        ({"items": [{"quantity": 1}]}, "items.0.sku:missing"),
        ({"items": "many"}, "items:tuple_type"),
        ({"customer": None}, "customer:string_type"),
        ({"customer": "\ud83d"}, "customer:no_json"),
        ({"customer": ""}, "customer:string_too_short=1"),
        ({"timestamp": "yesterday"}, "timestamp:rfc3339"),
        ({"timestamp": "2026-11-28T10:00:00"}, "timestamp:rfc3339"),
        ({"timestamp": "20261128T100000Z"}, "timestamp:rfc3339"),
        ({"timestamp": 7}, "timestamp:rfc3339"),
    ],
)
def test_what_cannot_be_carried_out_is_a_start_whose_faults_name_fields_and_rules(
    change: dict[str, Any], fault: str
) -> None:
    opened = signal(PLACED | change)

    assert fault in opened.faults
    assert (opened.owner, opened.key, opened.input) == ("ada", "o-1", "{}")
    assert opened.request_hash == signal(PLACED | change | {"event_id": "e-2"}).request_hash
    assert opened.request_hash != signal(PLACED).request_hash


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"order_id": "o 1"}, "order_id"),
        ({"event_id": ""}, "event_id"),
        ({"metadata": {}}, "metadata.user_id"),
        ({"metadata": None, "amount": 0}, "metadata.user_id"),
        ({"metadata": {"user_id": "a\nb"}}, "metadata.user_id"),
    ],
)
def test_a_start_whose_sender_cannot_be_answered_is_rejected(change: dict[str, Any], field: str) -> None:
    with pytest.raises(RejectedEvent) as rejected:
        signal(PLACED | change)

    assert rejected.value.reason is RejectReason.MALFORMED
    assert rejected.value.detail.startswith(f"{field}:")


@pytest.mark.parametrize("metadata", [None, {}, {"user_id": None}])
def test_a_saga_may_be_nobodys_where_its_owner_decides_nothing(metadata: Any) -> None:
    undecided = replace(ORDER, steps=tuple(step for step in ORDER.steps if not step.awaits))
    route = Route(undecided, Role.STARTS)
    opened = decode_saga_event(PLACED | {"metadata": metadata}, route, by_operator=False)

    assert isinstance(opened, SagaOpened)
    assert (opened.owner, opened.faults) == (None, ())
    with pytest.raises(RejectedEvent):
        decode_saga_event(PLACED | {"metadata": {"user_id": 7}}, route, by_operator=False)


@pytest.mark.parametrize("moment", ["2026-11-28t10:00:00z", "2016-12-31T23:59:60Z", "2026-11-28T10:00:00.123456789Z"])
def test_every_time_of_the_standard_is_taken(moment: str) -> None:
    assert not signal(PLACED | {"timestamp": moment}).faults


@pytest.mark.parametrize("quantity", [2.0, 2])
def test_a_whole_number_is_one_however_it_is_written(quantity: float) -> None:
    opened = signal(PLACED | {"items": [{"sku": "a", "quantity": quantity}]})

    assert (opened.faults, opened.request_hash) == ((), signal(PLACED).request_hash)
    assert json.loads(opened.input)["items"] == [{"sku": "a", "quantity": 2}]


def _nested(levels: int) -> dict[str, Any]:
    return {"a": _nested(levels - 1)} if levels else {}


@pytest.mark.parametrize("field", ["event_version", "correlation_id", "unheard_of"])
def test_a_field_that_nobody_declared_may_be_as_deep_as_it_likes(field: str) -> None:
    assert signal(PLACED | {field: _nested(300)}).faults == ()


def test_a_declared_field_that_is_too_deep_is_named() -> None:
    assert signal(PLACED | {"customer": _nested(300)}).faults == ("customer:no_json",)


def test_what_a_sender_calls_its_own_fields_is_not_told() -> None:
    route = Route(replace(ORDER, starts=Start("ORDER_PLACED", key="order_id", input=Free)), Role.STARTS)
    opened = decode_saga_event(PLACED | {"prices": {"my secret": "x", "ok": 1}}, route, by_operator=False)

    assert isinstance(opened, SagaOpened)
    assert opened.faults == ("prices:int_type",)


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

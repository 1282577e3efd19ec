"""What is wrong with an order, or with what the participant holds, is told in one line each."""

from dataclasses import replace
from typing import Any

import pytest

from demo.observer import Observer
from demo.orders import ORDER_CASES, Order, OrderDesk, OrderEvidence, order_results, order_violations, planned_orders
from demo.orders.cases import Say
from demo.orders.placing import said
from demo.verification import Evidence, violations
from saga_orchestrator.domain.flow.ledger import Entry, Ledger, Standing
from saga_orchestrator.domain.states import SagaState
from tests.tools.demo.hand_made import hear, perfect_evidence


@pytest.fixture
def evidence() -> Evidence:
    return perfect_evidence()


def told(evidence: Evidence) -> list[str]:
    results = order_results(evidence.orders, evidence.sagas, evidence.observer)
    return [difference for result in results for difference in result.differences]


def with_saga(evidence: Evidence, slug: str, **changes: Any) -> Evidence:
    sagas = tuple(replace(s, **changes) if s.execution_id.startswith(slug) else s for s in evidence.sagas)
    return replace(evidence, sagas=sagas)


def holding(evidence: Evidence, *held: str) -> Evidence:
    assert evidence.orders.participant is not None
    account = replace(evidence.orders.participant, held=held)
    return replace(evidence, orders=replace(evidence.orders, participant=account))


def test_orders_that_ended_as_expected_are_told_nothing_about(evidence: Evidence) -> None:
    assert told(evidence) == []
    assert violations(evidence) == []


@pytest.mark.parametrize(
    ("slug", "changes", "words"),
    [
        ("nostock-", {"state": SagaState.COMPLETED}, "state: expected failed, got completed"),
        ("mute-", {"reason": "cancelled"}, "reason: expected no_answer, got cancelled"),
        (
            "parked-",
            {"ledger": Ledger((Entry("reserve_credit", Standing.UNDO_PARKED, since=1),))},
            "parked steps: expected [], got ['reserve_credit']",
        ),
    ],
)
def test_another_end_is_told(evidence: Evidence, slug: str, changes: dict[str, Any], words: str) -> None:
    assert [line.partition(": ")[2] for line in told(with_saga(evidence, slug, **changes))] == [words]


def test_a_second_confirmation_and_a_message_too_many_are_told(evidence: Evidence) -> None:
    hear(evidence.observer, evidence.orders.orders[0].id, "ORDER_CONFIRMED", "again", saga_name="order_saga")
    hear(evidence.observer, evidence.orders.orders[1].id, "RELEASE_STOCK_COMMAND", "stray", saga_name="order_saga")

    first, second = told(evidence)
    assert "confirmations: expected 1, got 2" in first
    assert "messages" in second


def test_an_order_that_nobody_heard_of_is_told(evidence: Evidence) -> None:
    missing = evidence.orders.orders[0].id

    assert told(replace(evidence, sagas=tuple(s for s in evidence.sagas if s.execution_id != missing))) == [
        f"{missing}: no saga in the table"
    ]


def test_an_undo_that_was_not_asked_again_is_told() -> None:
    (late,) = [order for order in planned_orders(1) if order.case.slug == "late-"]
    observer = Observer(None, None, "bus")
    for message_type in (*late.case.end.heard, "SAGA_TIMEOUT"):
        hear(observer, late.id, message_type, saga_name="order_saga")
    saga = next(s for s in perfect_evidence().sagas if s.execution_id.startswith("late-"))

    (result,) = order_results(OrderEvidence((late,)), [replace(saga, execution_id=late.id)], observer)

    assert result.differences == [f"{late.id}: its credit was asked back 1 times, expected at least 2"]


def test_what_is_held_without_an_owner_is_a_violation(evidence: Evidence) -> None:
    assert evidence.orders.participant is not None
    held = evidence.orders.participant.held
    stray = "mute-7-0 RESERVE_CREDIT_COMMAND"

    assert order_violations(holding(evidence, *held, stray).orders, evidence.sagas) == [
        f"the participant holds {stray}, which no confirmed order owns"
    ]
    assert order_violations(holding(evidence, *held[1:]).orders, evidence.sagas) == [
        f"the participant does not hold {held[0]} of a confirmed order"
    ]


def test_a_participant_without_an_account_is_a_violation(evidence: Evidence) -> None:
    assert order_violations(replace(evidence.orders, participant=None), evidence.sagas) == [
        "the participant gave no account of what it holds"
    ]


def test_every_case_is_played_and_ids_tell_the_participant_what_to_do() -> None:
    orders = planned_orders(3)

    assert {order.case.slug for order in orders} == {case.slug for case in ORDER_CASES}
    assert len({order.id for order in orders}) == len(orders)
    for order in orders:
        others = [case.slug for case in ORDER_CASES if case is not order.case and order.id.startswith(case.slug)]
        assert others == []


@pytest.mark.parametrize("what", list(Say))
def test_the_same_thing_said_again_is_the_same_event(what: Say) -> None:
    order = planned_orders(3)[0]
    first, second = (said(order, what)[1] for _ in range(2))

    assert {**first, "timestamp": ""} == {**second, "timestamp": ""}
    assert (first["metadata"]["user_id"] == order.customer) == (what not in {Say.APPROVE, Say.DECLINE})


class Sent:
    """A post that keeps what it is given."""

    def __init__(self) -> None:
        self.types: list[str] = []

    def put(self, event_type: str, detail: str, source: str) -> None:
        self.types.append(event_type)

    def produce(self, event_type: str, key: str, value: bytes | None) -> None:
        self.types.append(event_type)


def test_lines_are_said_when_what_they_wait_for_was_heard() -> None:
    (case,) = [each for each in ORDER_CASES if each.slug == "own-"]
    order, sent, observer = Order("own-1-0", case), Sent(), Observer(None, None, "bus")
    desk = OrderDesk((order,), sent, observer, "executions")  # type: ignore[arg-type]  # of a post only these two

    desk.advance()
    assert sent.types == ["ORDER_PLACED"]
    hear(observer, order.id, "RESERVE_CREDIT_COMMAND", saga_name="order_saga")
    desk.advance()
    hear(observer, order.id, "RESERVE_STOCK_COMMAND", saga_name="order_saga")
    desk.advance()
    assert sent.types == ["ORDER_PLACED", "ORDER_APPROVED", "ORDER_APPROVED"]

    assert desk.open_ids == [order.id]
    hear(observer, order.id, "SAGA_COMPLETED", saga_name="order_saga")
    desk.advance()
    assert desk.open_ids == []

"""People, the point of no return, barriers and operators: scenarios 5, 8, 9, 10, 11, 14 and 15."""

from dataclasses import replace

import pytest

from saga_orchestrator.domain.flow.verbs import Verb
from saga_testing.scenario import Scenario, done, failed, refused, resolve, retry, skip, undo
from sagas.execution import EXECUTION_SAGA
from sagas.order import ORDER
from tests.handlers.scenarios.stories import ITEMS, each_way, order, reserved

DAY = 24 * 3600


@each_way
@pytest.mark.parametrize("first", ["answer", "cancel"])
def test_5_an_answer_and_a_cancel_on_one_saga_in_both_orders(lost: bool, first: str) -> None:
    s = order(answers_lost=lost)
    if first == "answer":
        s.replies(done)
        s.expects("RESERVE_STOCK_COMMAND")
        s.cancels()
        undos = [s.expects("RELEASE_STOCK_COMMAND"), s.expects("RELEASE_CREDIT_COMMAND")]
    else:
        s.cancels()
        undos = [s.expects("RELEASE_CREDIT_COMMAND")]
        s.replies(done, to="reserve_credit#1")
        s.goes_on("compensating")
    for each in undos:
        s.replies(done, to=each)
    s.ends("cancelled")
    s.again()
    s.ends("cancelled")


@each_way
def test_8_approved_before_it_is_placed(lost: bool) -> None:
    s = Scenario(ORDER, key="o-1", answers_lost=lost)
    s.reports("ORDER_APPROVED", by="boss")
    s.starts(customer="c-1", amount=5000, items=ITEMS)
    s.expects("RESERVE_CREDIT_COMMAND")
    s.again()
    s.replies(done)
    s.expects("RESERVE_STOCK_COMMAND")
    s.replies(done)
    s.expects("SHIP_ORDER_COMMAND")


@each_way
def test_8_approved_while_credit_is_asked_implies_nothing(lost: bool) -> None:
    s = order(answers_lost=lost, amount=5000)
    s.reports("ORDER_APPROVED", by="boss")
    s.again()
    s.expects_nothing()
    s.replies(done, to="RESERVE_CREDIT_COMMAND")
    s.expects("RESERVE_STOCK_COMMAND")
    s.replies(done)
    s.expects("SHIP_ORDER_COMMAND")
    s.replies(done)
    s.expects("ORDER_CONFIRMED")
    s.ends("completed")


def test_8_the_customers_own_approval_counts_for_nothing() -> None:
    s = reserved(amount=5000)
    s.reports("ORDER_APPROVED", by="ada")
    s.is_rejected("unauthorised_report")
    s.after(2 * DAY)
    s.expects("RELEASE_STOCK_COMMAND")
    s.expects("RELEASE_CREDIT_COMMAND")


def held(step: str) -> Scenario:
    """An order whose `step` holds the earlier ones back, declined."""
    steps = tuple(replace(each, holds_earlier=each.key == step) for each in ORDER.steps)
    s = Scenario(replace(ORDER, steps=steps), key="o-1")
    s.starts(customer="c-1", amount=5000, items=ITEMS)
    s.expects("RESERVE_CREDIT_COMMAND")
    s.replies(done)
    s.expects("RESERVE_STOCK_COMMAND")
    s.replies(done)
    s.reports("ORDER_DECLINED", by="boss")
    s.expects("RELEASE_STOCK_COMMAND")
    return s


def test_9_a_parked_undo_holds_what_is_behind_its_barrier_until_the_participant_is_back() -> None:
    s = held("reserve_stock")
    s.replies(refused)
    s.is_parked("reserve_stock")
    s.after(DAY - 1)
    asked = [s.expects("RELEASE_STOCK_COMMAND") for _ in range(95)]
    s.after(DAY)
    asked += [s.expects("RELEASE_STOCK_COMMAND")]
    s.goes_on("compensating")
    saga = s.saga
    assert saga is not None
    assert (saga.deadline, saga.expires) == (None, None)

    s.replies(done, to=asked[-1])
    s.is_parked()
    s.expects("RELEASE_CREDIT_COMMAND")
    s.replies(done)
    s.ends("failed", reason="refused")


@pytest.mark.parametrize("verb", [resolve, skip])
def test_9_an_operator_opens_the_barrier(verb: Verb) -> None:
    s = held("reserve_stock")
    s.replies(refused)
    s.operator(verb)
    s.expects("RELEASE_CREDIT_COMMAND")
    s.replies(done)
    s.ends("failed", reason="refused")


@each_way
def test_10_a_pod_ends_by_itself_and_a_start_comes_late(lost: bool) -> None:
    s = Scenario(EXECUTION_SAGA, key="ex-1", answers_lost=lost)
    s.starts()
    s.expects("CREATE_POD_COMMAND")
    s.cancels()
    s.expects("DELETE_POD_COMMAND")
    s.reports("EXECUTION_COMPLETED", by=None)
    s.reports("EXECUTION_STARTED", by=None)
    s.expects("DELETE_POD_COMMAND")
    s.again()
    s.ends("cancelled")


@each_way
@pytest.mark.parametrize("answer", [done, refused])
def test_11_from_the_write_that_asks_for_the_pivot_no_cancel_counts(lost: bool, answer: object) -> None:
    s = reserved(answers_lost=lost)
    s.expects("SHIP_ORDER_COMMAND")
    s.cancels()
    s.expects_nothing()
    s.goes_on()
    if answer is done:
        s.replies(done)
        s.expects("ORDER_CONFIRMED")
        s.ends("completed")
        return
    s.replies(refused, reason="closed")
    for each in (s.expects("RELEASE_STOCK_COMMAND"), s.expects("RELEASE_CREDIT_COMMAND")):
        s.replies(done, to=each)
    s.ends("failed", reason="closed")


def test_11_a_pivot_that_may_have_happened_is_parked_and_two_operators_retry_at_once() -> None:
    s = reserved()
    s.expects("SHIP_ORDER_COMMAND")
    s.after(90)
    s.expects("SHIP_ORDER_COMMAND", attempt=2)
    s.expects("SHIP_ORDER_COMMAND", attempt=3)
    s.is_parked("ship")
    s.operator(undo)
    s.is_rejected("unanswered")
    s.operator(skip)
    s.is_rejected("a_pivot_cannot_be_skipped")

    s.operator(retry)
    s.expects("SHIP_ORDER_COMMAND", attempt=4)
    s.operator(retry)
    s.is_rejected("not_parked")
    s.replies(done, to="ship_order#2")
    s.expects("ORDER_CONFIRMED")
    s.ends("completed")


def test_15_an_undo_fails_after_a_step_used_up_its_attempts_and_has_all_its_own() -> None:
    s = order()
    for attempt in (2, 3):
        s.replies(failed, reason="busy")
        s.after(4)
        s.expects("RESERVE_CREDIT_COMMAND", attempt=attempt)
    s.replies(failed, reason="busy")
    s.ends("failed", reason="busy")


def test_15_the_first_error_stays_when_an_undo_fails_too() -> None:
    s = order()
    s.after(60)
    s.expects("RESERVE_CREDIT_COMMAND", attempt=2)
    s.expects("RESERVE_CREDIT_COMMAND", attempt=3)
    s.replies(failed, reason="busy")
    for attempt in (1, 2, 3):
        s.expects("RELEASE_CREDIT_COMMAND", attempt=attempt)
        s.goes_on("compensating")
        s.replies(failed, reason="down")
        s.after(4)
    s.is_parked("reserve_credit")
    s.operator(resolve)
    s.ends("failed", reason="busy")

"""Retry, resolve, skip and undo, as an operator may use them on what is parked."""

from dataclasses import replace

import pytest

from saga_orchestrator.domain.decide import Verdict
from saga_orchestrator.domain.flow.terms import Answer, OnExhausted
from saga_orchestrator.domain.flow.verbs import Refused, Verb
from sagas.order import ORDER
from tests.unit.domain.flow.orders import Played, placed, reserved


def undo_parked() -> Played:
    return (
        reserved(amount=1001)
        .report("ORDER_DECLINED")
        .reply("release_stock#1", Answer.REFUSED)
        .reply("release_credit#1")
    )


def stuck() -> Played:
    return reserved().wait(90)


def refusal(order: Played) -> str | None:
    assert order.last is not None
    assert order.verdict is Verdict.LATE
    return order.last.told


def test_a_retried_undo_has_fresh_attempts() -> None:
    order = undo_parked().act(Verb.RETRY, "reserve_stock")

    assert (order.standing("reserve_stock"), order.sent[-1]) == ("undo_asked", "release_stock#2")
    order.reply("release_stock#2", Answer.FAILED).wait(3)
    assert (order.standing("reserve_stock"), order.sent[-1]) == ("undo_asked", "release_stock#3")
    order.reply("release_stock#3")
    assert order.state == "failed"


def test_a_resolved_undo_counts_as_taken_back() -> None:
    order = undo_parked().act(Verb.RESOLVE)

    assert order.state == "failed"
    assert order.saga is not None
    assert order.saga.compensated_steps == ("reserve_credit", "reserve_stock")


def test_a_skipped_undo_ends_the_saga_and_is_not_listed_as_taken_back() -> None:
    order = undo_parked().act(Verb.SKIP)

    assert (order.state, order.standing("reserve_stock")) == ("failed", "undo_skipped")
    assert order.saga is not None
    assert order.saga.compensated_steps == ("reserve_credit",)


def test_a_stuck_pivot_is_retried_or_resolved_but_never_skipped() -> None:
    assert stuck().act(Verb.RETRY).standing("ship") == "asked"
    assert stuck().act(Verb.RESOLVE).state == "completed"
    assert refusal(stuck().act(Verb.SKIP)) == Refused.PIVOT


def test_a_pivot_is_undone_only_when_every_attempt_has_answered() -> None:
    order = stuck().act(Verb.UNDO)
    assert refusal(order) == Refused.UNANSWERED
    for attempt in (1, 2):
        order.reply(f"ship_order#{attempt}", Answer.FAILED)
    order.reply("ship_order#3", Answer.FAILED).act(Verb.UNDO)

    assert order.state == "compensating"


def test_a_parked_step_that_is_no_pivot_is_neither_skipped_nor_undone_and_the_saga_can_be_cancelled() -> None:
    parking = replace(ORDER, steps=(replace(ORDER.steps[0], on_exhausted=OnExhausted.PARK), *ORDER.steps[1:]))
    order = Played(definition=parking).place().wait(600)
    assert order.standing("reserve_credit") == "stuck"

    assert refusal(order.act(Verb.SKIP)) == Refused.NO_UNDO
    assert refusal(order.act(Verb.UNDO)) == Refused.NO_PIVOT
    order.cancel()

    assert order.state == "compensating"


@pytest.mark.parametrize("verb", Verb)
def test_nothing_parked_is_nothing_to_act_on(verb: Verb) -> None:
    assert refusal(placed().act(verb)) == Refused.NOT_PARKED
    assert refusal(placed().cancel().reply("release_credit#1").act(verb)) == Refused.NOT_PARKED


def test_the_same_act_again_is_the_same_act() -> None:
    order = undo_parked().act(Verb.RETRY, event_id="act:1").act(Verb.RETRY, event_id="act:1")

    assert order.verdict is Verdict.DUPLICATE
    assert order.sent.count("release_stock#2") == 1

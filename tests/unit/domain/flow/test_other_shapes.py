"""Sagas of other shapes than the order's, and what participants and operators do to them out of turn."""

from dataclasses import replace
from typing import Any

import pytest

from saga_orchestrator.domain.defining.input_rules import input_sentence
from saga_orchestrator.domain.definition import SagaDefinition, Step, Undo
from saga_orchestrator.domain.errors import RejectedEvent, RejectReason
from saga_orchestrator.domain.flow.ledger import MAX_NUMBER, Ledger
from saga_orchestrator.domain.flow.terms import Announcement, Answer, Command, Kept, OnExhausted, Outcome, Retry, Who
from saga_orchestrator.domain.flow.verbs import Refused, Verb
from saga_orchestrator.domain.states import SagaState
from sagas.order import ORDER
from tests.unit.domain.flow.orders import Played, placed, reserved

CREDIT, STOCK, APPROVE, SHIP = ORDER.steps


def quiet(*steps: Step) -> SagaDefinition:
    """An order of these steps, whose messages need nothing of the others."""
    messages = {**ORDER.messages, "ship_order": Command("SHIP_ORDER_COMMAND")}
    return replace(ORDER, steps=steps, messages=messages, announces={})


SINGLE = quiet(replace(CREDIT, retry=Retry(1)))
ONCE = quiet(CREDIT, replace(STOCK, retry=Retry(1), keeps={}))
PICKED_UP = quiet(CREDIT, replace(SHIP, when=lambda _order: False), replace(APPROVE, when=None))
PAID = quiet(replace(CREDIT, awaits=(Outcome("PAID", Answer.DONE),), on_exhausted=OnExhausted.PARK))
APPROVAL = Outcome("ORDER_APPROVED", Answer.DONE, implies=True)
IMPLYING = quiet(CREDIT, replace(APPROVE, when=None, awaits=(APPROVAL,)), SHIP)


def test_a_parked_step_that_refuses_again_is_told_once_and_asked_for_one_day_in_all() -> None:
    order = reserved().wait(90)
    assert order.last is not None
    assert order.last.notes == ("StepsParked",)
    since = order.saga.ledger.parked_since if order.saga else None

    order.wait(15 * 60).reply("ship_order#4", Answer.REFUSED)

    assert not order.last.notes
    assert order.saga is not None
    assert order.saga.ledger.parked_since == since
    order.wait(3 * 86_400)
    assert len([key for key in order.sent if key.startswith("ship_order")]) == 3 + 96


def test_a_step_that_an_operator_asks_for_for_months_stays_readable() -> None:
    order = reserved().wait(90)
    for _ in range(3):
        order.act(Verb.RETRY).wait(2 * 86_400)

    assert order.saga is not None
    assert len([key for key in order.sent if key.startswith("ship_order")]) >= 300
    assert Ledger.parse(str(order.saga.ledger)) == order.saga.ledger


def test_a_step_whose_numbers_are_used_up_is_asked_no_more() -> None:
    order = reserved().wait(90)
    assert order.saga is not None
    last = replace(order.saga.ledger.parked[0], attempt=MAX_NUMBER)
    order.saga = replace(order.saga, ledger=order.saga.ledger.with_entry(last))
    sent = len(order.sent)

    order.act(Verb.RETRY)
    assert order.last is not None
    assert order.last.told == Refused.NO_NUMBERS_LEFT
    order.wait(3600)
    assert len(order.sent) == sent


@pytest.mark.parametrize("first", [Answer.FAILED, Answer.REFUSED])
def test_whoever_says_done_after_the_opposite_is_asked_to_take_it_back_three_times_at_most(first: Answer) -> None:
    order = Played(definition=SINGLE).place().reply("reserve_credit#1", first)
    assert order.state == "failed"
    for _ in range(5):
        order.reply("reserve_credit#1", Answer.DONE)

    assert [key for key in order.sent if key.startswith("release")] == [f"release_credit#{n}" for n in (1, 2, 3)]
    assert order.state == "failed"


def test_what_happened_after_all_while_others_are_taken_back_is_owed_its_undo() -> None:
    order = Played(definition=ONCE).place().reply("reserve_credit#1").reply("reserve_stock#1", Answer.REFUSED)
    assert (order.state, order.standing("reserve_stock")) == ("compensating", "refused")

    order.reply("reserve_stock#1", Answer.DONE)

    assert (order.standing("reserve_stock"), order.sent[-1]) == ("undo_asked", "release_stock#1")
    order.reply("release_credit#1")
    assert order.state == "compensating"
    order.reply("release_stock#1")
    assert order.state == "failed"


def test_a_pivot_that_was_not_needed_is_no_point_of_no_return() -> None:
    order = Played(definition=PICKED_UP).place().reply("reserve_credit#1")
    assert (order.standing("ship"), order.standing("approve")) == ("not_needed", "asked")

    order.cancel()

    assert order.state == "compensating"


def test_an_event_of_a_step_that_was_not_needed_changes_nothing() -> None:
    """With an undo of its own it led back a saga that ran, without a reason; and it counted as done on any."""
    needless = replace(APPROVE, when=lambda _order: False, undo=Undo(emits=("release_stock",)))
    order = Played(definition=quiet(replace(CREDIT, undo=None), needless, SHIP)).place().reply("reserve_credit#1")
    before = order.saga

    order.report("ORDER_APPROVED")

    assert (order.saga, order.standing("approve")) == (before, "not_needed")
    assert order.reply("ship_order#1").state == "completed"
    assert order.saga is not None
    assert "approve" not in order.saga.completed_steps


def test_an_event_of_a_parked_step_and_of_one_that_backs_off_still_counts() -> None:
    order = Played(definition=PAID).place().reply("reserve_credit#1", Answer.FAILED)
    assert order.standing("reserve_credit") == "backing_off"
    order.report("PAID")
    assert order.state == "completed"

    late = Played(definition=PAID).place().wait(600)
    assert late.standing("reserve_credit") == "stuck"
    late.report("PAID")
    assert late.state == "completed"


def test_an_event_that_nobody_is_asked_for_is_awaited_again_and_leaves_no_attempt_open() -> None:
    awaits = replace(APPROVE, when=None, on_exhausted=OnExhausted.PARK)
    order = Played(definition=quiet(awaits)).place().wait(3 * 86_400)
    assert (order.standing("approve"), order.saga and order.saga.deadline) == ("stuck", None)

    order.act(Verb.RETRY)

    assert order.saga is not None
    assert (order.standing("approve"), order.saga.ledger.entries[0].unanswered) == ("asked", 0)
    order.report("ORDER_APPROVED")
    assert order.state == "completed"


@pytest.mark.parametrize("early", [True, False], ids=["before the order", "while credit is asked"])
def test_an_event_that_implies_finishes_what_comes_before(early: bool) -> None:
    order = Played(definition=IMPLYING)
    if early:
        order.report("ORDER_APPROVED").place()
    else:
        order.place().report("ORDER_APPROVED")

    assert (order.standing("reserve_credit"), order.standing("approve")) == ("done", "done")
    assert ("reserve_credit#1" in order.sent, order.sent[-1]) == (not early, "ship_order#1")
    order.reply("ship_order#1", Answer.REFUSED)
    assert order.sent[-2:] == ["release_credit#1", "saga_compensating#1"]


def test_an_operators_report_before_the_order_counts_where_operators_may_report() -> None:
    by_operators = Outcome("ORDER_APPROVED", Answer.DONE, by=frozenset({Who.OPERATOR}))
    definition = quiet(replace(APPROVE, when=None, awaits=(by_operators,)))
    early = Played(definition=definition)
    early.report("ORDER_APPROVED", actor="mallory").report("ORDER_APPROVED", actor="ops", by_operator=True)

    assert early.place().state == "completed"
    alone = Played(definition=definition).report("ORDER_APPROVED", actor="mallory").place()
    assert alone.state == "running"


@pytest.mark.parametrize(
    ("kept", "value", "usable"),
    [
        (Kept(float), 5, True),
        (Kept(float), True, False),
        (Kept(int), True, False),
        (Kept(int), 10**400, True),
        (Kept(float), 10**400, True),
        (Kept(float), float("inf"), False),
        (Kept(bool), True, True),
        (Kept(bool), 1, False),
        (Kept(str), "\ud83d", False),
        (Kept(str, 2), "ab", True),
        (Kept(str, 2), "abc", False),
        (Kept(str), None, False),
    ],
)
def test_a_kept_field_takes_what_json_means_by_its_type(kept: Kept, value: object, *, usable: bool) -> None:
    assert kept.takes(value) is usable


def test_a_message_that_a_step_emits_tells_what_was_known_then() -> None:
    credit, *others = ORDER.steps
    told = Announcement("ORDER_SEEN", lambda order: {"steps": list(order.completed_steps), "data": dict(order.data)})
    definition = replace(
        ORDER, steps=(replace(credit, emits=("seen",)), *others), messages={**ORDER.messages, "seen": told}
    )
    order = Played(definition=definition).place()
    before = order.body("seen#1")

    order.reply("reserve_credit#1").reply("reserve_stock#1")

    assert order.body("seen#1") == before
    assert before["steps"] == []


def test_no_body_says_who_the_message_is_from_or_what_it_answers() -> None:
    forged = {"message_id": "x", "execution_id": "x", "order_id": "x", "operation_id": "x", "attempt": 9}
    bodies = {**ORDER.messages, "reserve_credit": Command("RESERVE_CREDIT_COMMAND", lambda _order: forged)}
    order = Played(definition=replace(ORDER, messages=bodies)).place()

    told = order.body("reserve_credit#1")

    assert {name: told[name] for name in forged} == {
        "message_id": "order_saga:o-1:reserve_credit#1",
        "execution_id": "o-1",
        "order_id": "o-1",
        "operation_id": "order_saga:o-1:reserve_credit",
        "attempt": 1,
    }


def test_an_order_that_cannot_be_carried_out_is_answered_in_words() -> None:
    order = Played()
    order.place(input="{}", faults=("amount:greater_than=0", "items:too_short=1", "items.0.sku:missing", "customer"))

    assert (order.state, order.sent) == ("failed", ["saga_failed#1"])
    told = order.body("saga_failed#1")
    assert told["reason"] == "invalid_request"
    assert told["invalid_fields"] == ["amount", "items", "items.0.sku", "customer"]
    assert told["explanation"] == (
        "amount must be greater than 0; items must have at least 1 elements; items.0.sku is missing; "
        "customer breaks its rule"
    )


def test_a_definitions_own_words_about_a_failure_are_not_asked_for_what_could_not_be_read() -> None:
    reads: Any = lambda order: {"customer": order.input["customer"]}  # noqa: E731 - a body
    failed = replace(ORDER, messages={**ORDER.messages, "sorry": Announcement("SORRY", reads)})
    order = Played(definition=replace(failed, announces={SagaState.FAILED: ("sorry",)}))

    assert order.place(input="{}", faults=("amount",)).sent == ["saga_failed#1"]


def test_the_owners_early_cancel_of_what_cannot_be_carried_out_is_a_cancel() -> None:
    assert Played().cancel().place(input="{}", faults=("amount",)).state == "cancelled"


def test_a_start_that_would_leave_its_item_no_room_is_rejected() -> None:
    with pytest.raises(RejectedEvent) as rejected:
        Played().place(input='{"customer":"' + "x" * 100_000 + '"}')

    assert rejected.value.reason is RejectReason.TOO_LARGE


@pytest.mark.parametrize("fault", ["x:greater_than", "x:new_rule=3", "x", "+3"])
def test_a_fault_of_another_release_reads_as_a_rule_that_is_broken(fault: str) -> None:
    assert input_sentence(fault) in {"x breaks its rule", "and 3 more"}


def test_the_first_error_and_the_last_five_are_kept() -> None:
    order = reserved().wait(30).reply("ship_order#2", Answer.FAILED, reason="truck_broken").wait(90)
    for _ in range(6):
        order.wait(15 * 60).reply(order.sent[-1], Answer.FAILED, reason="still_broken")

    assert order.saga is not None
    told = [(error.message, error.reason) for error in order.saga.errors]
    assert told[0] == ("ship_order#1", "no_answer")
    assert told[1:] == [(f"ship_order#{n}", "still_broken") for n in range(5, 10)]


def test_an_undos_errors_are_kept_beside_what_began_it_all() -> None:
    order = reserved().reply("ship_order#1", Answer.REFUSED, reason="no_carrier")
    order.reply("release_stock#1", Answer.FAILED).wait(40).reply("release_credit#1", Answer.REFUSED, reason="closed")

    assert order.saga is not None
    told = [(error.message, error.reason) for error in order.saga.errors]
    assert told[:2] == [("ship_order#1", "no_carrier"), ("release_stock#1", "failed")]
    assert ("release_credit#1", "closed") in told
    assert ("release_stock#2", "no_answer") in told


def test_an_unusable_answer_is_an_error_of_its_attempt() -> None:
    order = placed().reply("reserve_credit#1").reply("reserve_stock#1", data={})

    assert order.saga is not None
    assert [(error.message, error.reason) for error in order.saga.errors] == [("reserve_stock#1", "unusable_reply")]

"""The order saga, decided: its good end, its bad ends, and the leaks that answers out of order could open."""

import pytest

from saga_orchestrator.domain.decide import Verdict
from saga_orchestrator.domain.errors import RejectedEvent, RejectReason, UnauthorisedEvent
from saga_orchestrator.domain.flow.terms import Answer
from tests.unit.domain.flow.orders import OWNER, Played, placed, reserved


def test_steps_wait_for_their_answers_one_after_the_other() -> None:
    order = placed()
    assert (order.sent, order.state) == (["saga_started#1", "reserve_credit#1"], "running")

    order.reply("reserve_credit#1")
    assert order.sent[2:] == ["reserve_stock#1"]

    order.reply("reserve_stock#1")
    assert order.sent[3:] == ["ship_order#1"]
    assert order.standing("approve") == "not_needed"

    order.reply("ship_order#1")
    assert order.sent[4:] == ["order_confirmed#1", "saga_completed#1"]
    assert order.state == "completed"
    assert order.saga is not None
    assert order.saga.completed_steps == ("reserve_credit", "reserve_stock", "ship")
    assert (order.saga.deadline, order.saga.ended_at) == (None, order.now)


def test_a_command_carries_its_address_and_its_time() -> None:
    order = placed()

    assert (
        order.body("reserve_credit#1").items()
        >= {
            "message_id": "order_saga:o-1:reserve_credit#1",
            "operation_id": "order_saga:o-1:reserve_credit",
            "attempt": 1,
            "order_id": "o-1",
            "execution_id": "o-1",
            "customer": "c-1",
            "amount": 100,
        }.items()
    )


def test_a_dear_order_waits_for_somebody_else_than_the_customer() -> None:
    order = reserved(amount=1001)
    assert order.standing("approve") == "asked"
    with pytest.raises(UnauthorisedEvent) as refused:
        order.report("ORDER_APPROVED", actor=OWNER)
    assert refused.value.reason is RejectReason.UNAUTHORISED_REPORT

    order.report("ORDER_APPROVED")

    assert order.standing("ship") == "asked"


def test_a_declined_order_takes_back_last_step_first() -> None:
    order = reserved(amount=1001).report("ORDER_DECLINED")

    assert order.state == "compensating"
    assert order.sent[-3:] == ["release_stock#1", "release_credit#1", "saga_compensating#1"]
    assert (
        order.body("saga_compensating#1").items()
        >= {"outcome": "failed", "reason": "refused", "step": "approve"}.items()
    )

    order.reply("release_credit#1").reply("release_stock#1")

    assert (order.state, order.sent[-1]) == ("failed", "saga_failed#1")


def test_an_approval_before_the_order_is_remembered_and_implies_nothing() -> None:
    order = Played(amount=1001).report("ORDER_APPROVED")
    assert order.verdict is Verdict.REMEMBERED
    order.place()

    assert order.standing("reserve_credit") == "asked"
    order.reply("reserve_credit#1").reply("reserve_stock#1")
    assert (order.standing("approve"), order.standing("ship")) == ("done", "asked")


def test_an_approval_while_credit_is_asked_is_applied_once_it_is_reached() -> None:
    order = placed(amount=1001).report("ORDER_APPROVED").report("ORDER_APPROVED")
    assert order.verdict is Verdict.DUPLICATE
    assert order.standing("reserve_credit") == "asked"

    order.reply("reserve_credit#1").reply("reserve_stock#1")

    assert order.standing("ship") == "asked"


def test_an_approval_of_the_customer_before_the_order_does_not_count() -> None:
    order = Played(amount=1001).report("ORDER_APPROVED", actor=OWNER).report("ORDER_APPROVED", actor="boss").place()
    order.reply("reserve_credit#1").reply("reserve_stock#1")
    assert order.standing("ship") == "asked"

    alone = Played(amount=1001).report("ORDER_APPROVED", actor=OWNER).place()
    alone.reply("reserve_credit#1").reply("reserve_stock#1")
    assert alone.standing("approve") == "asked"


def test_a_silent_attempt_is_followed_by_the_next_and_the_last_one_ends_the_order() -> None:
    order = placed().wait(30)
    assert order.sent[-1] == "reserve_credit#2"
    order.wait(30).wait(30)

    assert order.state == "compensating"
    assert order.sent[2:] == ["reserve_credit#2", "reserve_credit#3", "release_credit#1", "saga_compensating#1"]
    assert order.body("release_credit#1")["undoes"] == [f"order_saga:o-1:reserve_credit#{n}" for n in (1, 2, 3)]

    order.reply("release_credit#1")
    assert order.state == "timeout"


def test_a_failed_attempt_backs_off_and_is_tried_again() -> None:
    order = placed().reply("reserve_credit#1", Answer.FAILED, reason="busy")
    assert order.standing("reserve_credit") == "backing_off"
    order.wait(1.5)
    assert order.sent[-1] == "reserve_credit#1"

    order.wait(1).reply("reserve_credit#2", Answer.FAILED, reason="busy").wait(4).reply(
        "reserve_credit#3", Answer.FAILED
    )

    assert order.state == "failed"
    assert "release_credit#1" not in order.sent


def test_an_old_attempts_failure_is_only_marked() -> None:
    order = placed().wait(30).reply("reserve_credit#1", Answer.FAILED)

    assert order.standing("reserve_credit") == "asked"
    assert order.sent[-1] == "reserve_credit#2"
    order.reply("reserve_credit#2", Answer.REFUSED)
    assert "release_credit#1" not in order.sent
    assert order.state == "failed"


def test_a_refusal_beside_an_unanswered_attempt_owes_the_undo() -> None:
    order = placed().wait(30).reply("reserve_credit#2", Answer.REFUSED, reason="no_credit")

    assert order.sent[-2:] == ["release_credit#1", "saga_compensating#1"]
    order.reply("reserve_credit#1", Answer.DONE)
    assert order.state == "compensating"
    order.reply("release_credit#1")
    assert order.saga is not None
    assert (order.state, order.saga.reason) == ("failed", "no_credit")


def test_a_refusal_of_the_first_attempt_while_the_second_is_under_way_then_done_after_the_end() -> None:
    order = placed().wait(30).reply("reserve_credit#1", Answer.REFUSED).reply("release_credit#1")
    assert order.state == "failed"

    order.reply("reserve_credit#2", Answer.DONE)

    assert (order.state, order.sent[-1]) == ("failed", "release_credit#2")
    order.reply("reserve_credit#2", Answer.DONE)
    assert order.verdict is Verdict.LATE


def test_an_undo_that_was_asked_for_again_after_the_end_and_failed_is_asked_for_three_times_at_most() -> None:
    order = placed().wait(30).reply("reserve_credit#1", Answer.REFUSED).reply("release_credit#1")
    order.reply("reserve_credit#2", Answer.DONE)
    for undo in (2, 3, 4, 5):
        if f"release_credit#{undo}" in order.sent:
            order.reply(f"release_credit#{undo}", Answer.FAILED)

    assert [key for key in order.sent if key.startswith("release_credit")] == [
        f"release_credit#{n}" for n in (1, 2, 3, 4)
    ]


def test_an_undo_has_attempts_of_its_own_and_is_parked_at_last() -> None:
    order = reserved(amount=1001).report("ORDER_DECLINED").reply("release_credit#1")
    for attempt in (1, 2, 3):
        order.reply(f"release_stock#{attempt}", Answer.FAILED, reason="down").wait(9)

    assert order.standing("reserve_stock") == "undo_parked"
    assert order.state == "compensating"
    order.reply("release_stock#2", Answer.DONE)
    assert order.state == "failed"


def test_a_refused_undo_is_parked_at_once_and_asked_again_every_quarter_of_an_hour() -> None:
    order = reserved(amount=1001).report("ORDER_DECLINED").reply("release_stock#1", Answer.REFUSED)
    assert order.standing("reserve_stock") == "undo_parked"
    order.reply("release_credit#1").wait(2 * 86_400)

    asked = [key for key in order.sent if key.startswith("release_stock")]
    assert len(asked) == 1 + 96
    assert order.saga is not None
    assert order.saga.deadline is None


def test_past_the_point_of_no_return_neither_cancel_nor_time_undoes_anything() -> None:
    order = reserved().cancel()
    assert order.last is not None
    assert (order.verdict, order.last.told) == (Verdict.LATE, "too_late")

    order.wait(90)

    assert (order.state, order.standing("ship")) == ("running", "stuck")
    order.cancel()
    assert order.last.told == "too_late"
    order.reply("ship_order#2", Answer.DONE)
    assert order.state == "completed"


def test_a_refused_pivot_with_no_attempt_unanswered_is_taken_back() -> None:
    order = reserved().reply("ship_order#1", Answer.REFUSED, reason="no_carrier")

    assert order.state == "compensating"


def test_a_refused_pivot_beside_an_unanswered_attempt_is_parked_until_all_have_answered() -> None:
    order = reserved().wait(30).reply("ship_order#2", Answer.REFUSED)
    assert (order.state, order.standing("ship")) == ("running", "stuck")

    order.reply("ship_order#1", Answer.REFUSED)

    assert order.state == "compensating"


def test_a_cancel_before_the_point_of_no_return_owes_what_was_asked_for() -> None:
    order = placed().cancel()

    assert order.sent[-2:] == ["release_credit#1", "saga_compensating#1"]
    order.cancel(actor=OWNER)
    assert order.last is not None
    assert order.last.told == "compensating"
    order.reply("release_credit#1")
    assert order.state == "cancelled"


def test_a_stranger_cancels_nothing() -> None:
    with pytest.raises(UnauthorisedEvent):
        placed().cancel(actor="mallory")


def test_an_early_cancel_of_the_owner_ends_the_order_before_it_asks_anything() -> None:
    order = Played().cancel(actor="mallory").cancel().place()

    assert (order.state, order.sent) == ("cancelled", ["saga_cancelled#1"])
    assert order.last is not None
    assert order.last.ignored_cancels == 1


@pytest.mark.parametrize("data", [{}, {"reservation": 7}, {"reservation": "x" * 65}])
def test_a_done_that_cannot_be_used_still_is_done_and_owed_its_undo(data: dict[str, object]) -> None:
    order = placed().reply("reserve_credit#1").reply("reserve_stock#1", data=data)

    assert order.sent[-3:] == ["release_stock#1", "release_credit#1", "saga_compensating#1"]
    assert order.saga is not None
    assert order.saga.reason == "unusable_reply"


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("reserve_credit#2", RejectReason.NEVER_SENT),
        ("release_credit#1", RejectReason.NEVER_SENT),
        ("saga_started#1", RejectReason.NOT_AWAITED),
    ],
)
def test_an_answer_to_what_nobody_asked_is_rejected(message: str, reason: RejectReason) -> None:
    with pytest.raises(RejectedEvent) as rejected:
        placed().reply(message)

    assert rejected.value.reason is reason


def test_an_answer_to_an_order_that_is_not_there_is_rejected_and_makes_no_stub() -> None:
    with pytest.raises(RejectedEvent):
        Played().reply("reserve_credit#1")


def test_the_bytes_of_a_message_stay_what_they_were() -> None:
    order = placed()
    seen: dict[str, str] = {}
    for message in ("reserve_credit#1", "reserve_stock#1"):
        seen |= {key: str(order.body(key)) for key in order.sent}
        order.reply(message)
        assert {key: str(order.body(key)) for key in seen} == seen
    seen |= {key: str(order.body(key)) for key in order.sent}
    order.reply("ship_order#1", Answer.REFUSED)
    order.reply("release_stock#1").reply("release_credit#1")
    assert {key: str(order.body(key)) for key in seen} == seen

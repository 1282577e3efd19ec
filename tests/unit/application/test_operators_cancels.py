"""A cancel by an operator: of whatever still runs or waits for its start, with its act, and of nothing else."""

from dataclasses import replace

import pytest

from saga_orchestrator.application.judging import Answered
from saga_orchestrator.domain.decide import Rules
from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.flow.deciding import decide_waiting
from saga_orchestrator.domain.flow.ledger import Standing
from saga_orchestrator.domain.flow.signals import CancelAsked, SagaOpened
from saga_orchestrator.domain.operating.authority import Deed
from saga_orchestrator.domain.policy import Policy
from saga_orchestrator.domain.saga import Cause, Saga
from saga_orchestrator.domain.states import SagaState
from saga_testing.faults import Fault
from saga_testing.samples.sample_events import NOW_MS
from saga_testing.wire import Wire
from sagas.order import ORDER
from tests.unit.application.operating import Desk, running, stuck, undo_parked, waiting

RULES = Rules(ORDER, Policy())


def stub(actor: str = "stranger", event_id: str = "key-1", *, by_operator: bool = False) -> Saga:
    """A cancel came before the order did."""
    signal = CancelAsked(
        event_id=event_id,
        event_type="ORDER_CANCELLED",
        key="o-1",
        correlation_id="c-1",
        actor=actor,
        by_operator=by_operator,
    )
    made = decide_waiting(None, signal, NOW_MS, RULES).saga
    assert made is not None
    return made


def opened(saga: Saga) -> Saga:
    """What its order makes of a stub."""
    order = '{"customer":"c-1","amount":7,"items":[{"sku":"a","quantity":1}]}'
    begin = SagaOpened(
        event_id="e-1",
        event_type="ORDER_PLACED",
        key="o-1",
        correlation_id="c-1",
        requested_at=NOW_MS,
        owner="ada",
        input=order,
        request_hash=b"h",
    )
    made = decide_waiting(saga, begin, NOW_MS, RULES).saga
    assert made is not None
    return made


def test_what_runs_is_taken_back_in_the_write_that_records_it() -> None:
    desk = Desk(waiting())
    answer = desk.does(Deed.CANCEL, reason="")

    assert (answer.answered, answer.saga) == (Answered.DONE, desk.stored)
    entry = desk.stored.timeline[-1]
    (act,) = desk.acts
    assert (entry.cause, entry.event_id) == (Cause.CANCELLED, act.id.event_id)
    assert (desk.stored.outcome, desk.stored.ended_by) == (SagaState.CANCELLED, "ops")
    assert (act.verb, act.version_before, act.version_after) == ("cancel", 1, 2)


@pytest.mark.parametrize(
    ("saga", "code"),
    [
        (running(), "too_late"),  # shipping, the point of no return, is asked for
        (stuck(), "too_late"),
        (undo_parked(), "compensating"),
        (replace(running(), state=SagaState.COMPLETED), "already_ended"),
        (replace(running(), state=SagaState.CANCELLED), "already_ended"),
        (stub(by_operator=True), "already_cancelled"),
    ],
)
def test_where_nothing_can_be_taken_back_nothing_is_written(saga: Saga, code: str) -> None:
    desk = Desk(saga)
    before = desk.everything
    answer = desk.does(Deed.CANCEL)

    assert (answer.answered, answer.code, answer.saga) == (Answered.REFUSED, code, saga)
    assert desk.everything == before


def test_a_strangers_early_cancel_does_not_stand_in_the_way_of_the_same_key() -> None:
    desk = Desk(stub(actor="stranger", event_id="key-1"))
    assert desk.does(Deed.CANCEL, key="key-1").answered is Answered.DONE
    ended = opened(desk.stored)
    assert (ended.state, ended.ended_by) == (SagaState.CANCELLED, "ops")

    started = Desk(opened(stub(actor="stranger", event_id="key-1")))
    assert started.stored.state is SagaState.RUNNING
    assert started.does(Deed.CANCEL, key="key-1").answered is Answered.DONE
    assert started.stored.outcome is SagaState.CANCELLED


def test_the_same_cancel_again_is_answered_with_the_saga_as_it_is_now() -> None:
    desk = Desk(waiting())
    with pytest.raises(RetryableError):
        desk.does(Deed.CANCEL, Wire(plan={2: Fault.REPLY_LOST}))
    done = desk.everything

    for _ in range(3):
        answer = desk.does(Deed.CANCEL)
        assert (answer.answered, answer.saga) == (Answered.REPLAYED, desk.stored)
    assert desk.does(Deed.CANCEL, reason="another").answered is Answered.KEY_REUSED
    assert desk.does(Deed.CANCEL, key="key-2").code == "compensating"
    assert desk.everything == done
    asked = desk.stored.ledger.of("reserve_credit")
    assert asked is not None
    assert asked.standing is Standing.UNDO_ASKED

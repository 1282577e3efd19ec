"""Events before their request: what the stub keeps of them, and where it stops."""

from dataclasses import replace
from typing import Any

import pytest

from saga_orchestrator.domain.decide import Decision, Verdict, decide
from saga_orchestrator.domain.errors import RejectedEvent, RejectReason
from saga_orchestrator.domain.events import Signal
from saga_orchestrator.domain.saga import Cause, EarlyEvent, Saga
from saga_orchestrator.domain.states import SagaState
from tests.unit.samples import NOW, after, cancelled, completed, failed, rules, started, timed_out

KEPT = [
    (started(), EarlyEvent(NOW, Cause.STARTED, "s1", pod_name="pod-1")),
    (completed(exit_code=2), EarlyEvent(NOW, Cause.COMPLETED, "c1", exit_code=2)),
    (failed(), EarlyEvent(NOW, Cause.FAILED, "f1", exit_code=3, error_type="ScriptError")),
    (timed_out(), EarlyEvent(NOW, Cause.TIMEOUT, "t1")),
    (cancelled(), EarlyEvent(NOW, Cause.CANCELLED, "x1", actor="alice")),
    (cancelled(by_operator=True), EarlyEvent(NOW, Cause.CANCELLED, "x1", actor="alice", trusted=True)),
]


@pytest.mark.parametrize(("event", "early"), KEPT)
def test_the_first_event_makes_a_stub_that_keeps_it(event: Any, early: EarlyEvent) -> None:
    decision = decide(None, event, NOW, rules(request_max_age_seconds=1_000))

    stub = Saga(
        execution_id="ex-1",
        saga_name="execution_saga",
        definition_version=1,
        state=SagaState.CREATED,
        version=1,
        created_at=NOW,
        correlation_id=f"corr-{event.event_id}",
        expires=NOW // 1000 + 1_000 + 86_400,
        early=(early,),
    )
    assert decision == Decision(stub, Verdict.REMEMBERED)
    assert decision.messages == ()


def test_later_events_are_kept_in_the_order_of_their_arrival() -> None:
    stub = after(started())

    decision = decide(stub, completed(), NOW + 5, rules())

    kept = EarlyEvent(NOW + 5, Cause.COMPLETED, "c1", exit_code=0)
    assert decision == Decision(replace(stub, version=2, early=(*stub.early, kept)), Verdict.REMEMBERED)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (started(), started("s2")),
        (completed(), completed("c2", 9)),
        (failed(), failed("f2")),
        (timed_out(), timed_out("t2")),
    ],
)
def test_one_event_of_a_type_is_enough(first: Signal, second: Signal) -> None:
    stub = after(first)

    assert decide(stub, second, NOW, rules()) == Decision(stub, Verdict.DUPLICATE)


def test_one_cancel_of_an_actor_is_enough_and_others_may_cancel_too() -> None:
    stub = after(cancelled("x1", "bob"))

    assert decide(stub, cancelled("x2", "bob"), NOW, rules()) == Decision(stub, Verdict.DUPLICATE)
    assert decide(stub, cancelled("x2", "alice"), NOW, rules()).verdict is Verdict.REMEMBERED


def test_a_trusted_cancel_is_kept_beside_the_same_actors_own_and_makes_all_others_superfluous() -> None:
    stub = after(cancelled("x1", "alice"), cancelled("x2", "alice", by_operator=True))

    assert [early.trusted for early in stub.early] == [False, True]
    for another in (cancelled("x3", "bob"), cancelled("x4", "carol", by_operator=True)):
        assert decide(stub, another, NOW, rules()) == Decision(stub, Verdict.DUPLICATE)


def test_an_admins_cancel_is_trusted_on_arrival() -> None:
    stub = decide(None, cancelled(actor="root"), NOW, rules(admin_users=frozenset({"root"}))).saga

    assert stub is not None
    assert stub.early[0].trusted


def test_the_eighth_cancel_fits_the_ninth_is_refused_unless_it_is_trusted() -> None:
    seven = after(started(), *(cancelled(f"x{number}", f"user-{number}") for number in range(7)))
    eight = decide(seven, cancelled("x7", "user-7"), NOW, rules()).saga
    assert eight is not None

    with pytest.raises(RejectedEvent) as refused:
        decide(eight, cancelled("x8", "user-8"), NOW, rules())
    assert refused.value.reason is RejectReason.TOO_MANY_EARLY_CANCELS
    assert decide(eight, cancelled("x8", "user-8", by_operator=True), NOW, rules()).verdict is Verdict.REMEMBERED
    assert decide(eight, completed(), NOW, rules()).verdict is Verdict.REMEMBERED

"""Cancels that came first: whose are honoured once the request says who owns the execution, and how many were not."""

import pytest

from saga_orchestrator.domain.decide import Rules, decide
from saga_orchestrator.domain.saga import Cause, EarlyEvent, Saga
from saga_orchestrator.domain.states import SagaState
from tests.unit.samples import (
    NOW,
    after,
    cancelled,
    requested,
    rules,
    script_of,
)


def test_strangers_cancels_before_the_request_are_counted_and_ignored() -> None:
    stub = after(cancelled("x1", "mallory"), cancelled("x2", "eve"))

    decision = decide(stub, requested(), NOW, rules())

    assert decision.ignored_cancels == 2
    assert decision.saga is not None
    assert decision.saga.state is SagaState.RUNNING


@pytest.mark.parametrize(
    ("going_by", "by_operator", "actor"),
    [(rules(), False, "alice"), (rules(), True, None), (rules(admin_users=frozenset({"root"})), False, "root")],
)
def test_an_honoured_cancel_ends_the_request_whatever_strangers_tried_before(
    going_by: Rules, by_operator: bool, actor: str | None
) -> None:
    stub = after(cancelled("x1", "mallory"), cancelled("x2", actor, by_operator=by_operator), going_by=going_by)

    decision = decide(stub, requested(), NOW, going_by)

    assert decision.ignored_cancels == 1
    assert decision.saga is not None
    assert (decision.saga.state, decision.saga.ended_by) == (SagaState.CANCELLED, actor)


def test_a_cancel_by_one_who_became_admin_since_is_honoured() -> None:
    stub = after(cancelled("x1", "root"))

    saga = decide(stub, requested(), NOW, rules(admin_users=frozenset({"root"}))).saga

    assert saga is not None
    assert saga.state is SagaState.CANCELLED


def test_ignored_cancels_are_counted_where_the_request_itself_fails() -> None:
    stub = after(cancelled("x1", "mallory"))

    assert decide(stub, requested(script_of(0)), NOW, rules()).ignored_cancels == 1


def test_an_early_start_is_no_ending() -> None:
    stub = Saga(
        "ex-1",
        "execution_saga",
        1,
        SagaState.CREATED,
        1,
        NOW,
        "c",
        early=(EarlyEvent(NOW, Cause.STARTED, "s1"), EarlyEvent(NOW, Cause.CANCELLED, "x1", actor="mallory")),
    )

    decision = decide(stub, requested(), NOW, rules())

    assert (decision.ignored_cancels, decision.changed) == (1, True)

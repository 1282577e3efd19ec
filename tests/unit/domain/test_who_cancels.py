"""Who may cancel, and what a deadline means to what does not run."""

import pytest

from saga_orchestrator.domain.decide import decide
from saga_orchestrator.domain.errors import RejectedEvent, RejectReason, UnauthorisedEvent
from saga_orchestrator.domain.saga import Saga
from tests.unit.samples import (
    LATER,
    after,
    cancelled,
    failed,
    requested,
    rules,
    running,
)


def test_only_the_owner_and_admins_cancel() -> None:
    with pytest.raises(UnauthorisedEvent) as refused:
        decide(running(), cancelled(actor="mallory"), LATER, rules(admin_users=frozenset({"root"})))
    assert refused.value.reason is RejectReason.UNAUTHORISED_CANCEL

    by_admin = decide(running(), cancelled(actor="root"), LATER, rules(admin_users=frozenset({"root"})))
    by_operator = decide(running(), cancelled(actor="mallory", by_operator=True), LATER, rules())
    assert [decision.saga and decision.saga.ended_by for decision in (by_admin, by_operator)] == ["root", "mallory"]


def test_an_execution_without_an_owner_is_cancelled_by_nobody_but_admins() -> None:
    unowned = after(requested(owner=None))

    with pytest.raises(UnauthorisedEvent):
        decide(unowned, cancelled(), LATER, rules())
    assert decide(unowned, cancelled(), LATER, rules(admin_users=frozenset({"alice"}))).changed


@pytest.mark.parametrize("saga", [None, running()])
def test_a_cancel_by_nobody_is_refused(saga: Saga | None) -> None:
    with pytest.raises(RejectedEvent) as refused:
        decide(saga, cancelled(actor=None), LATER, rules())

    assert refused.value.reason is RejectReason.NO_ACTOR


def test_an_operators_cancel_needs_no_name() -> None:
    assert decide(running(), cancelled(actor=None, by_operator=True), LATER, rules()).changed


def test_a_strangers_cancel_of_an_ended_saga_is_refused_all_the_same() -> None:
    with pytest.raises(UnauthorisedEvent):
        decide(after(requested(), failed()), cancelled(actor="mallory"), LATER, rules())

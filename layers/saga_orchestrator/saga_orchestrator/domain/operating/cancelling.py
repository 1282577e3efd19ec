"""A cancel by somebody whose right has been judged: what it makes of any saga, or why it makes nothing of it."""

from typing import Final

from saga_orchestrator.domain.decide import Decision, Rules, Verdict
from saga_orchestrator.domain.events import ExecutionCancelled
from saga_orchestrator.domain.executions.confirming import decide_execution
from saga_orchestrator.domain.flow.deciding import decide_waiting
from saga_orchestrator.domain.flow.signals import CancelAsked
from saga_orchestrator.domain.saga import Cause, Saga
from saga_orchestrator.domain.states import SagaState

ALREADY_ENDED: Final = "already_ended"
COMPENSATING: Final = "compensating"
ALREADY_CANCELLED: Final = "already_cancelled"


def cancel(saga: Saga, event_id: str, actor: str, now: int, rules: Rules) -> Decision:
    """What the cancel makes of `saga`, which is there: a cancel by this way never makes one, nor a stub.

    An event that comes too late is noted in the timeline; whoever asks here is told instead, and nothing is written.
    """
    if saga.has_seen(Cause.CANCELLED, event_id):
        return Decision(saga, Verdict.DUPLICATE)
    if saga.state.is_terminal:
        return Decision(saga, Verdict.LATE, told=ALREADY_ENDED)
    if saga.state is SagaState.COMPENSATING:
        return Decision(saga, Verdict.LATE, told=COMPENSATING)
    decision = _decided(saga, event_id, actor, now, rules)
    if decision.verdict is Verdict.DUPLICATE:
        # Only of a stub: an earlier cancel with authority waits in it for the request, and says all.
        return Decision(saga, Verdict.LATE, told=ALREADY_CANCELLED)
    return decision


def _decided(saga: Saga, event_id: str, actor: str, now: int, rules: Rules) -> Decision:
    """`by_operator`: whose right it is was judged at the door, and the authorities of events mean nothing here."""
    if rules.definition.starts is None:
        event = ExecutionCancelled(
            event_id=event_id,
            execution_id=saga.execution_id,
            correlation_id=saga.correlation_id,
            actor=actor,
            by_operator=True,
        )
        return decide_execution(saga, event, now, rules)
    signal = CancelAsked(
        event_id=event_id,
        # As an event of its kind: of the cancels that a stub remembers, one with authority says all.
        event_type=rules.definition.cancels or "CANCELLED",
        key=saga.execution_id,
        correlation_id=saga.correlation_id,
        actor=actor,
        by_operator=True,
    )
    return decide_waiting(saga, signal, now, rules)

"""Executions whose pod's end is waited for: with `ConfirmDeletes` a delete is an undo that is confirmed.

Whether it is waited for is decided in the write in which compensation begins; from then on the ledger says it, whatever
the switch says. Until then, and without the switch, executions are decided as ever.
"""

from dataclasses import replace
from typing import Final

from saga_orchestrator.domain.decide import MAX_LATE_UNDOS, Decision, Rules, Verdict, check_cancel, decide
from saga_orchestrator.domain.definition import Step
from saga_orchestrator.domain.errors import RejectedEvent, RejectReason
from saga_orchestrator.domain.events import (
    DeadlinePassed,
    Event,
    ExecutionCancelled,
    ExecutionCompleted,
    ExecutionFailed,
    ExecutionStarted,
    ExecutionTimedOut,
    Signal,
)
from saga_orchestrator.domain.flow import compensation
from saga_orchestrator.domain.flow.asking import ask_undo
from saga_orchestrator.domain.flow.closing import decided
from saga_orchestrator.domain.flow.deciding import decide_waiting
from saga_orchestrator.domain.flow.ledger import UNDOING, Entry, Standing
from saga_orchestrator.domain.flow.signals import CommandAnswered, SagaSignal
from saga_orchestrator.domain.flow.turn import Draft, Turn
from saga_orchestrator.domain.saga import CAUSE_OF, Cause, Saga, TimelineEntry
from saga_orchestrator.domain.states import SagaState

from .endings import Ending

PODS_END: Final = (ExecutionCompleted, ExecutionFailed, ExecutionTimedOut)
"""The worker says that the pod has ended: nothing is left to be deleted."""


def decide_execution(saga: Saga | None, signal: Signal | SagaSignal, now: int, rules: Rules) -> Decision:
    """What `signal` makes of an execution, whichever way it is taken back.

    Raises:
        RejectedEvent: the signal can never be applied.
    """
    if saga is not None and saga.ledger:
        return _of_confirmed(saga, signal, now, rules)
    if isinstance(signal, SagaSignal):
        return _answered(saga, signal, rules)
    decision = decide(saga, signal, now, rules)
    if saga is None or decision.saga is None or not _must_be_confirmed(saga, decision, signal, rules):
        return decision
    return _begin(saga, decision.saga, now, rules)


def _must_be_confirmed(saga: Saga, decision: Decision, signal: Signal, rules: Rules) -> bool:
    """It ends here, a pod may be left, and nobody has said that it is gone."""
    if not rules.policy.confirm_deletes or isinstance(signal, PODS_END) or saga.state is not SagaState.RUNNING:
        return False
    return not _confirmable(rules).isdisjoint(key.partition("#")[0] for key in decision.messages)


def _confirmable(rules: Rules) -> frozenset[str]:
    undos = [step.undo for step in rules.definition.steps if step.undo is not None and step.undo.confirmable]
    return frozenset(kind for undo in undos for kind in undo.emits)


def _begin(saga: Saga, unconfirmed: Saga, now: int, rules: Rules) -> Decision:
    """Instead of ending: it rests until the pod's end is known. How it ends is fixed here."""
    cause = replace(unconfirmed.timeline[-1], messages=())
    turn = Turn(rules.definition.confirming(), rules.policy, now, cause)
    ending = Ending(unconfirmed.state, unconfirmed.reason or str(unconfirmed.state), by=unconfirmed.ended_by)
    return decided(saga, compensation.begin(Draft(saga), ending, turn), turn)


def _answered(saga: Saga | None, signal: SagaSignal, rules: Rules) -> Decision:
    """A worker may confirm deletes that nobody waits for: it is not told what this deployment's switch says."""
    if not isinstance(signal, CommandAnswered) or saga is None or not _sent(saga, signal.message):
        raise RejectedEvent(RejectReason.NEVER_SENT, "no execution has sent a message with that id")
    if signal.message.partition("#")[0] not in _confirmable(rules):
        raise RejectedEvent(RejectReason.NOT_AWAITED, "nobody awaits an answer to that message of an execution")
    return Decision(saga, Verdict.LATE, notes=("LateReplies",))


def _sent(saga: Saga, key: str) -> bool:
    return any(key in entry.messages for entry in saga.timeline)


def _of_confirmed(saga: Saga, signal: Signal | SagaSignal, now: int, rules: Rules) -> Decision:
    confirming = replace(rules, definition=rules.definition.confirming())  # the same, where it is that already
    if isinstance(signal, SagaSignal | DeadlinePassed):
        return decide_waiting(saga, signal, now, confirming)
    if saga.state is not SagaState.COMPENSATING or not isinstance(signal, Event):
        return decide(saga, signal, now, rules)
    if isinstance(signal, ExecutionCancelled):
        check_cancel(saga, signal, rules.policy)
    if saga.has_seen(CAUSE_OF[signal.type], signal.event_id):
        return Decision(saga, Verdict.DUPLICATE)
    return _while_it_rests(saga, signal, now, confirming)


def _while_it_rests(saga: Saga, signal: Event, now: int, confirming: Rules) -> Decision:
    cause = TimelineEntry(now, CAUSE_OF[signal.type], signal.event_id)
    turn = Turn(confirming.definition, confirming.policy, now, cause)
    match signal:
        case ExecutionStarted():
            return _started(saga, turn)
        case ExecutionCancelled():
            return Decision(saga, Verdict.LATE, told="compensating")
        case ExecutionCompleted() | ExecutionFailed() | ExecutionTimedOut():
            return _ended_by_itself(saga, turn)
        case _:
            return decide(saga, signal, now, confirming)


def _ended_by_itself(saga: Saga, turn: Turn) -> Decision:
    """The pod's own end is as good as an answer to the delete; how the saga ends has been said already."""
    draft = Draft(saga)
    for step, entry in _open_undos(saga, turn):
        draft = draft.enter(replace(entry, standing=Standing.UNDONE, due=None, since=None))
        draft = compensation.taken_back(draft, step)
    return decided(saga, compensation.proceed(draft, turn), turn)


def _started(saga: Saga, turn: Turn) -> Decision:
    """A pod that was to be deleted has begun: the delete is asked for again, bounded."""
    starts = sum(entry.cause is Cause.STARTED for entry in saga.timeline)
    if starts > MAX_LATE_UNDOS:
        return Decision(saga, Verdict.LATE)
    draft = Draft(saga)
    for step, entry in _open_undos(saga, turn):
        if step.undo is not None and step.undo.sends is not None and entry.standing is Standing.UNDO_PARKED:
            draft = draft.enter(replace(entry, undo=entry.undo + 1)).emit(step.undo.sends)
        elif step.undo is not None:
            draft = ask_undo(draft, step, step.undo, turn)
    return decided(saga, draft, turn)


def _open_undos(saga: Saga, turn: Turn) -> list[tuple[Step, Entry]]:
    known = [(turn.definition.step(entry.step), entry) for entry in saga.ledger.entries if entry.standing in UNDOING]
    return [(step, entry) for step, entry in known if step is not None]

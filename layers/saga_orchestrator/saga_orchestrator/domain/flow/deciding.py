"""The decision for a saga that waits: what a signal makes of it. Pure, like the one for executions beside it."""

from saga_orchestrator.domain.decide import Decision, Rules, Verdict
from saga_orchestrator.domain.definition import Step
from saga_orchestrator.domain.errors import RejectedEvent, RejectReason, UnauthorisedEvent
from saga_orchestrator.domain.events import DeadlinePassed
from saga_orchestrator.domain.executions.endings import Ending
from saga_orchestrator.domain.saga import Cause, Saga, TimelineEntry
from saga_orchestrator.domain.states import SagaState

from . import compensation
from .answers import answer, contradicts
from .closing import decided
from .dues import pass_time
from .forward import advance, apply_outcome, is_past_pivot
from .ledger import OPEN, Entry
from .opening import may_cancel, may_report, open_saga, outcome_named, remember
from .signals import CancelAsked, CommandAnswered, SagaOpened, SagaSignal, StepReported
from .terms import Answer, Outcome
from .turn import Draft, Turn
from .verbs import OperatorActed, Refused, act

Signal = SagaSignal | DeadlinePassed


def decide_waiting(
    saga: Saga | None, signal: Signal, now: int, rules: Rules, *, claim_refused: str | None = None
) -> Decision:
    """What `signal` makes of `saga` (None: nothing is stored yet) at `now` (epoch milliseconds).

    Raises:
        RejectedEvent: the signal can never be applied.
    """
    match signal:
        case DeadlinePassed():
            return _time(saga, now, rules, claim_refused=claim_refused)
        case SagaOpened():
            return open_saga(saga, signal, now, rules, claim_refused=claim_refused)
        case StepReported():
            return _report(saga, signal, now, rules, claim_refused=claim_refused)
        case CancelAsked():
            return _cancel(saga, signal, now, rules)
        case CommandAnswered():
            return _answered(saga, signal, now, rules, claim_refused=claim_refused)
        case OperatorActed():
            return _operated(saga, signal, now, rules, claim_refused=claim_refused)
        case _:
            msg = f"{type(signal).__name__} moves no waiting saga"
            raise TypeError(msg)


def _turn(rules: Rules, now: int, cause: Cause, event_id: str, *, claim_refused: str | None = None) -> Turn:
    return Turn(rules.definition, rules.policy, now, TimelineEntry(now, cause, event_id), refused=claim_refused)


def _time(saga: Saga | None, now: int, rules: Rules, *, claim_refused: str | None) -> Decision:
    if saga is None or saga.deadline is None or saga.state not in {SagaState.RUNNING, SagaState.COMPENSATING}:
        return Decision(saga, Verdict.LATE)
    turn = _turn(rules, now, Cause.DEADLINE, f"deadline:{saga.deadline}", claim_refused=claim_refused)
    draft = pass_time(Draft(saga), turn)
    return Decision(saga, Verdict.LATE) if draft is None else decided(saga, draft, turn)


def _report(saga: Saga | None, signal: StepReported, now: int, rules: Rules, *, claim_refused: str | None) -> Decision:
    found = outcome_named(signal.event_type, rules)
    if found is None:
        raise RejectedEvent(RejectReason.WRONG_EVENT_TYPE, "no step of this saga awaits such an event")
    if saga is None or saga.is_stub:
        return _remembered(saga, signal, now, rules)
    if saga.has_seen(Cause.REPORTED, signal.event_id):
        return Decision(saga, Verdict.DUPLICATE)
    if not may_report(signal, saga.owner, rules):
        raise UnauthorisedEvent(RejectReason.UNAUTHORISED_REPORT, "the sender may not say this about the saga")
    turn = _turn(rules, now, Cause.REPORTED, signal.event_id, claim_refused=claim_refused)
    key, outcome = found
    entry, step = saga.ledger.of(key), rules.definition.step(key)
    if step is None:
        return Decision(saga, Verdict.LATE)
    if entry is None:
        return _early_report(saga, signal, turn, rules, implies=outcome.implies)
    draft = _reported(Draft(saga), step, entry, outcome, turn)
    return Decision(saga, Verdict.LATE) if draft is None else decided(saga, draft, turn)


def _reported(draft: Draft, step: Step, entry: Entry, outcome: Outcome, turn: Turn) -> Draft | None:
    """What an event makes of a step that was reached; None when it comes too late to change anything."""
    if entry.standing in OPEN:
        draft = apply_outcome(draft, step, outcome, turn)
        return advance(draft, turn) if draft.saga.state is SagaState.RUNNING else draft
    if outcome.means is not Answer.DONE:
        return None
    return compensation.happened_after_all(draft, step, entry, turn, is_news=False)


def _early_report(saga: Saga, signal: StepReported, turn: Turn, rules: Rules, *, implies: bool) -> Decision:
    """Its step is not reached yet: it is remembered, and where it says so it finishes what comes before."""
    if saga.state is not SagaState.RUNNING:
        return Decision(saga, Verdict.LATE)
    kept = remember(saga, signal, turn.now, rules)
    if kept is None:
        return Decision(saga, Verdict.DUPLICATE)
    if implies:
        return decided(saga, advance(Draft(kept), turn), turn)
    # What an earlier write sent is not repeated by this one.
    return Decision(kept.having(outbox=(), wake=None), Verdict.REMEMBERED)


def _remembered(saga: Saga | None, signal: StepReported | CancelAsked, now: int, rules: Rules) -> Decision:
    kept = remember(saga, signal, now, rules)
    if kept is None:
        return Decision(saga, Verdict.DUPLICATE)
    return Decision(kept, Verdict.REMEMBERED)


def _cancel(saga: Saga | None, signal: CancelAsked, now: int, rules: Rules) -> Decision:
    trusted = signal.by_operator or signal.actor in rules.policy.admin_users
    if signal.actor is None and not trusted:
        raise RejectedEvent(RejectReason.NO_ACTOR, "a cancel names nobody")
    if saga is None or saga.is_stub:
        return _remembered(saga, signal, now, rules)
    if not trusted and not may_cancel(signal.actor, saga.owner, rules):
        raise UnauthorisedEvent(RejectReason.UNAUTHORISED_CANCEL, "the actor is neither the owner nor an admin")
    if saga.has_seen(Cause.CANCELLED, signal.event_id):
        return Decision(saga, Verdict.DUPLICATE)
    turn = _turn(rules, now, Cause.CANCELLED, signal.event_id)
    if saga.state is not SagaState.RUNNING:
        told = "compensating" if saga.state is SagaState.COMPENSATING else "already_ended"
        return Decision(saga, Verdict.LATE, told=told)
    if is_past_pivot(saga, turn):
        return Decision(saga, Verdict.LATE, told="too_late")
    ending = Ending(SagaState.CANCELLED, "cancelled", by=signal.actor)
    return decided(saga, compensation.begin(Draft(saga), ending, turn), turn)


def _answered(
    saga: Saga | None, signal: CommandAnswered, now: int, rules: Rules, *, claim_refused: str | None
) -> Decision:
    """A reply never makes a stub: nobody can have been asked by a saga that is not there."""
    if saga is None or saga.is_stub:
        raise RejectedEvent(RejectReason.NEVER_SENT, "there is no saga that has sent a message with that id")
    if saga.has_seen(Cause.ANSWERED, signal.event_id):
        return Decision(saga, Verdict.DUPLICATE)
    turn = _turn(rules, now, Cause.ANSWERED, signal.event_id, claim_refused=claim_refused)
    draft = answer(Draft(saga), signal, turn)
    if draft is None:
        notes = ("LateReplies", *(("ContradictingOutcomes",) if contradicts(saga, signal, rules.definition) else ()))
        return Decision(saga, Verdict.LATE, notes=notes)
    return decided(saga, draft, turn)


def _operated(
    saga: Saga | None, signal: OperatorActed, now: int, rules: Rules, *, claim_refused: str | None
) -> Decision:
    if saga is None or saga.is_stub or saga.state.is_terminal:
        return Decision(saga, Verdict.LATE, told=Refused.NOT_PARKED)
    if saga.has_seen(Cause.OPERATED, signal.event_id):
        return Decision(saga, Verdict.DUPLICATE)
    turn = _turn(rules, now, Cause.OPERATED, signal.event_id, claim_refused=claim_refused)
    draft = act(Draft(saga), signal, turn)
    return Decision(saga, Verdict.LATE, told=draft) if isinstance(draft, Refused) else decided(saga, draft, turn)

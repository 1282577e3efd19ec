"""What an operator may do with a parked step or undo: ask again, say that it is done, or that it will not be done."""

from dataclasses import dataclass, replace
from enum import StrEnum

from saga_orchestrator.domain.definition import Step
from saga_orchestrator.domain.executions.endings import Ending
from saga_orchestrator.domain.states import SagaState

from . import compensation
from .asking import ask, ask_undo
from .forward import advance, succeed
from .ledger import Entry, Standing
from .signals import SagaSignal
from .turn import Draft, Turn

UNDONE_BY_OPERATOR = "undone_by_operator"


class Verb(StrEnum):
    RETRY = "retry"
    """Fresh attempts, back-off and time, from now."""
    RESOLVE = "resolve"
    """It was done by hand: go on as if it had been confirmed."""
    SKIP = "skip"
    """It will not be taken back."""
    UNDO = "undo"
    """The point of no return did not happen: take back what is before it."""


class Refused(StrEnum):
    """Why a verb changes nothing. Stable codes, for whoever asked."""

    NOT_PARKED = "not_parked"
    DATA_NEEDED = "data_needed"
    PIVOT = "a_pivot_cannot_be_skipped"
    NO_UNDO = "only_an_undo_can_be_skipped"
    UNANSWERED = "unanswered"
    NO_NUMBERS_LEFT = "no_attempts_left"
    NO_PIVOT = "only_a_pivot_can_be_undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorActed(SagaSignal):
    """`step` may be left out where only one is parked."""

    verb: Verb
    actor: str
    step: str | None = None


def act(draft: Draft, signal: OperatorActed, turn: Turn) -> Draft | Refused:
    """What the verb makes of the saga, or why it makes nothing of it."""
    parked = [entry for entry in draft.saga.ledger.parked if signal.step in {None, entry.step}]
    step = turn.definition.step(parked[0].step) if len(parked) == 1 else None
    if step is None:
        return Refused.NOT_PARKED
    entry = parked[0]
    match signal.verb:
        case Verb.RETRY:
            return _retry(draft, step, entry, turn)
        case Verb.RESOLVE:
            return _resolve(draft, step, entry, turn)
        case Verb.SKIP:
            return _skip(draft, step, entry, turn)
        case Verb.UNDO:
            return _undo(draft, step, entry, turn)


def _retry(draft: Draft, step: Step, entry: Entry, turn: Turn) -> Draft | Refused:
    if not entry.has_numbers_left:
        return Refused.NO_NUMBERS_LEFT
    if entry.standing is Standing.STUCK:
        return ask(draft, step, turn, fresh=True)
    return ask_undo(draft, step, step.undo, turn, fresh=True) if step.undo is not None else draft


def _resolve(draft: Draft, step: Step, entry: Entry, turn: Turn) -> Draft | Refused:
    if entry.standing is Standing.UNDO_PARKED:
        resolved = draft.enter(replace(entry, standing=Standing.RESOLVED, due=None, since=None))
        return compensation.proceed(compensation.taken_back(resolved, step), turn)
    if step.keeps:
        # Somebody later reads what only the participant's answer had.
        return Refused.DATA_NEEDED
    return advance(succeed(draft, step, entry), turn)


def _skip(draft: Draft, step: Step, entry: Entry, turn: Turn) -> Draft | Refused:
    if entry.standing is not Standing.UNDO_PARKED:
        # Of a step that is no pivot somebody may still cancel the saga, which takes back what is before it.
        return Refused.PIVOT if step.pivot else Refused.NO_UNDO
    skipped = draft.enter(replace(entry, standing=Standing.UNDO_SKIPPED, due=None, since=None))
    return compensation.proceed(compensation.claim_released(skipped, step), turn)


def _undo(draft: Draft, step: Step, entry: Entry, turn: Turn) -> Draft | Refused:
    if not step.pivot:
        # What waits behind the point of no return cannot take it back; before it there is the cancel.
        return Refused.NO_PIVOT
    if entry.unanswered:
        # One of its attempts may have happened after all, and nothing can take that back.
        return Refused.UNANSWERED
    ending = Ending(SagaState.FAILED, UNDONE_BY_OPERATOR, failed_step=step.key)
    return compensation.begin(draft, ending, turn)

"""What an outcome makes of its step. Going on from there is the caller's."""

from dataclasses import replace
from typing import Final

from saga_orchestrator.domain.definition import Step
from saga_orchestrator.domain.endings import Ending
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.domain.states import SagaState

from . import compensation
from .asking import ask, back_off, park
from .ledger import Entry, Standing
from .terms import OnExhausted
from .turn import Draft, Turn, has_attempts_left, pause_ms

REFUSED: Final = "refused"
NO_ANSWER: Final = "no_answer"
UNUSABLE_REPLY: Final = "unusable_reply"


def is_past_pivot(saga: Saga, turn: Turn) -> bool:
    """From the write that asks for the point of no return on; a refused one is known not to have happened."""
    asked = (saga.ledger.of(step.key) for step in turn.definition.steps if step.pivot)
    return any(entry is not None and entry.standing is not Standing.REFUSED for entry in asked)


def succeed(draft: Draft, step: Step, entry: Entry) -> Draft:
    return draft.enter(replace(entry, standing=Standing.DONE, due=None, since=None)).complete(step)


def refuse(draft: Draft, step: Step, entry: Entry, reason: str, turn: Turn) -> Draft:
    """A refusal compensates. Behind the point of no return, or where it is not known, the step is parked instead."""
    refused = draft.enter(replace(entry, standing=Standing.REFUSED, due=None, since=None))
    unclear = step.pivot and bool(entry.unanswered)
    if unclear or is_past_pivot(refused.saga, turn):
        return park(draft, entry, Standing.STUCK, turn)
    return compensation.begin(refused, Ending(SagaState.FAILED, reason, failed_step=step.key), turn)


def fail(draft: Draft, step: Step, entry: Entry, reason: str, turn: Turn) -> Draft:
    """The latest attempt failed: back off and try again, as long as there are attempts."""
    made = entry.attempt - entry.first + 1
    if has_attempts_left(draft.saga, turn.definition, step.retry, made):
        return back_off(draft, entry, Standing.BACKING_OFF, pause_ms(draft.saga, step.key, step.retry, made), turn)
    return exhaust(draft, step, entry, Ending(SagaState.FAILED, reason, failed_step=step.key), turn)


def fall_silent(draft: Draft, step: Step, entry: Entry, turn: Turn) -> Draft:
    """The latest attempt's time is over: it has waited long enough, so the next one comes at once."""
    made = entry.attempt - entry.first + 1
    if step.sends is not None and has_attempts_left(draft.saga, turn.definition, step.retry, made):
        return ask(draft, step, turn)
    return exhaust(draft, step, entry, Ending(SagaState.TIMEOUT, NO_ANSWER, failed_step=step.key), turn)


def exhaust(draft: Draft, step: Step, entry: Entry, ending: Ending, turn: Turn) -> Draft:
    parks = step.pivot or step.on_exhausted is OnExhausted.PARK or is_past_pivot(draft.saga, turn)
    if parks:
        return park(draft, entry, Standing.STUCK, turn)
    return compensation.begin(draft.enter(entry), ending, turn)


def fail_undo(draft: Draft, step: Step, entry: Entry, turn: Turn) -> Draft:
    """An undo has attempts of its own; when they are used up it is parked, never dropped."""
    made = entry.undo - entry.first + 1
    undo = step.undo
    if undo is not None and has_attempts_left(draft.saga, turn.definition, undo.retry, made):
        pause = pause_ms(draft.saga, f"undo_{step.key}", undo.retry, made)
        return back_off(draft, entry, Standing.UNDO_BACKING_OFF, pause, turn)
    return park(draft, entry, Standing.UNDO_PARKED, turn)

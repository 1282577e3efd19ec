"""What time does to a waiting saga. Due is judged on the item itself: index, checker and wakes are only hints."""

from saga_orchestrator.domain.definition import Step
from saga_orchestrator.domain.executions.endings import Ending
from saga_orchestrator.domain.states import SagaState

from . import compensation
from .asking import ask, ask_slowly, ask_undo, park
from .forward import NO_ANSWER, fall_silent, is_past_pivot
from .ledger import Entry, Standing
from .turn import Draft, Turn, has_attempts_left

SAGA_DEADLINE_PASSED = "saga_deadline_passed"


def pass_time(draft: Draft, turn: Turn) -> Draft | None:
    """Everything that is due by now, or None when nothing is."""
    if draft.saga.deadline is None or draft.saga.deadline > turn.now:
        return None
    if _is_over(draft, turn):
        return compensation.begin(draft, Ending(SagaState.TIMEOUT, SAGA_DEADLINE_PASSED), turn)
    due = [entry for entry in draft.saga.ledger.entries if entry.due is not None and entry.due <= turn.now]
    for entry in due:
        step = turn.definition.step(entry.step)
        if step is not None and draft.saga.ledger.of(entry.step) == entry:
            draft = _entry_is_due(draft, step, entry, turn)
    return draft


def _is_over(draft: Draft, turn: Turn) -> bool:
    saga = draft.saga
    over = saga.saga_due is not None and saga.saga_due <= turn.now
    return over and saga.state is SagaState.RUNNING and not is_past_pivot(saga, turn)


def _entry_is_due(draft: Draft, step: Step, entry: Entry, turn: Turn) -> Draft:
    match entry.standing:
        case Standing.ASKED:
            return fall_silent(draft, step, entry, turn)
        case Standing.BACKING_OFF:
            return ask(draft, step, turn)
        case Standing.UNDO_ASKED:
            return _undo_fell_silent(draft, step, entry, turn)
        case Standing.UNDO_BACKING_OFF if step.undo is not None:
            return ask_undo(draft, step, step.undo, turn)
        case _:
            return ask_slowly(draft, step, entry, turn)


def _undo_fell_silent(draft: Draft, step: Step, entry: Entry, turn: Turn) -> Draft:
    made = entry.undo - entry.first + 1
    undo = step.undo
    if undo is not None and undo.sends is not None:
        draft = draft.fault(f"{undo.sends}#{entry.undo}", NO_ANSWER, turn)
    if undo is not None and has_attempts_left(draft.saga, turn.definition, undo.retry, made):
        return ask_undo(draft, step, undo, turn)
    return park(draft, entry, Standing.UNDO_PARKED, turn)

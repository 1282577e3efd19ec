"""What time does to a waiting saga. Due is judged on the item itself: index, checker and wakes are only hints.

A due that is near also goes through a queue as a wake, because the checker looks but once a minute. Whoever gets a wake
reads the saga and judges its due by the saga's own deadline and the clock, so one that is lost, late, early or doubled
does no harm, and nothing has to take one back.
"""

from dataclasses import dataclass
from typing import Final

from saga_orchestrator.domain.definition import Step
from saga_orchestrator.domain.executions.endings import Ending
from saga_orchestrator.domain.states import SagaState

from . import compensation
from .asking import ask, ask_slowly, ask_undo, park
from .forward import NO_ANSWER, fall_silent, is_past_pivot
from .ledger import Entry, Standing
from .turn import Draft, Turn, has_attempts_left

SAGA_DEADLINE_PASSED = "saga_deadline_passed"
NEAR_MS: Final = 60_000
"""A due that is further away than the checker's next look needs no wake."""
MAX_DELAY_SECONDS: Final = 900
"""For how long a queue can hold a message back (SQS API reference, SendMessage, DelaySeconds)."""


@dataclass(frozen=True, slots=True)
class Wake:
    """Somebody should look at this saga when it is due (epoch milliseconds)."""

    execution_id: str
    saga_name: str
    due: int


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


def wake_at(known: int | None, deadline: int | None, now: int) -> int | None:
    """When to wake, for a write that makes `deadline` of the `known` one; None where no wake is needed.

    Of a deadline that an earlier write set, that write has told.
    """
    if deadline is None or deadline == known:
        return None
    return deadline if deadline - now < NEAR_MS else None


def delay_seconds(due: int, now: int) -> int:
    """How long a queue that counts in whole seconds holds it back: never too short, though clocks differ a little."""
    return max(0, min(MAX_DELAY_SECONDS, -((now - due) // 1000) + 1))

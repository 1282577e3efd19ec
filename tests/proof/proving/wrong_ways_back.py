"""What the engine would do if it got attempts, answers and undos wrong."""

from copy import copy
from dataclasses import replace
from typing import Any

from saga_orchestrator.domain.decide import Decision, Verdict
from saga_orchestrator.domain.definition import Step
from saga_orchestrator.domain.flow import (
    answers,
    asking,
    compensation,
    deciding,
    dues,
    forward,
    turn,
)
from saga_orchestrator.domain.flow.ledger import TAKEN_BACK, UNDOING, Entry, Standing
from saga_orchestrator.domain.flow.terms import Answer
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.domain.states import SagaState

# -- what is owed

_owes = compensation.owes_undo


def owes_only_the_unanswered(saga: Saga, step: Step) -> bool:
    entry = saga.ledger.of(step.key)
    done = step.key in saga.completed_steps and (entry is None or entry.standing is Standing.DONE)
    return _owes(saga, step) and not done


def owes_only_the_done(saga: Saga, step: Step) -> bool:
    entry = saga.ledger.of(step.key)
    if entry is None:
        return _owes(saga, step)
    return entry.standing in {Standing.DONE, *UNDOING} and step.key not in saga.compensated_steps


def owes_even_the_skipped(saga: Saga, step: Step) -> bool:
    entry = saga.ledger.of(step.key)
    skipped = entry is None and saga.outcome is not None and step.undo is not None
    return _owes(saga, step) or (skipped and step.key not in saga.compensated_steps and step.sends is not None)


_proceed = compensation.proceed


def jumps_the_barrier(draft: Any, at: Any) -> Any:
    return _proceed(draft, replace(at, definition=_without_barriers(at.definition)))


def _without_barriers(definition: Any) -> Any:
    return replace(definition, steps=tuple(replace(step, holds_earlier=False) for step in definition.steps))


def first_step_first(draft: Any, at: Any) -> Any:
    backwards = copy(at.definition)
    object.__setattr__(backwards, "steps", at.definition.steps[::-1])
    return _proceed(draft, replace(at, definition=backwards))


# -- attempts


def latest_attempt_alone(entry: Entry, *, fresh: bool, **changes: Any) -> Entry:
    number = entry.attempt + 1
    return replace(entry, attempt=number, unanswered=1 << number, first=number if fresh else entry.first, **changes)


_attempts_left = turn.has_attempts_left


def gives_up_early(saga: Saga, definition: Any, retry: Any, made: int) -> bool:
    return _attempts_left(saga, definition, retry, made + 1)


def never_gives_up(saga: Saga, definition: Any, retry: Any, made: int) -> bool:
    return _attempts_left(saga, definition, retry, made - 1)


_undo_fell_silent = dues._undo_fell_silent


def undo_shares_attempts(draft: Any, step: Step, entry: Entry, at: Any) -> Any:
    used_up = entry.attempt + entry.undo > 2
    return _park(draft, entry, Standing.UNDO_PARKED, at) if used_up else _undo_fell_silent(draft, step, entry, at)


_of_the_open = answers._of_the_open


def older_failures_count(draft: Any, step: Step, entry: Entry, attempt: int, signal: Any, at: Any) -> Any:
    if signal.answer is Answer.FAILED:
        return forward.fail(draft, step, entry, "failed", at)
    return _of_the_open(draft, step, entry, attempt, signal, at)


def done_does_not_clear_a_park(draft: Any, step: Step, entry: Entry, attempt: int, signal: Any, at: Any) -> Any:
    if entry.standing is Standing.STUCK:
        return draft.enter(entry)
    return _of_the_open(draft, step, entry, attempt, signal, at)


_park = asking.park


def parks_for_good(draft: Any, entry: Entry, standing: Standing, at: Any) -> Any:
    parked = _park(draft, entry, standing, at)
    return parked.enter(_without_due(parked, entry.step))


def parks_and_goes_on(draft: Any, entry: Entry, standing: Standing, at: Any) -> Any:
    return jumps_the_barrier(_park(draft, entry, standing, at), at)


_entry_is_due = dues._entry_is_due


def asks_a_parked_one_once_more_only(draft: Any, step: Step, entry: Entry, at: Any) -> Any:
    after = _entry_is_due(draft, step, entry, at)
    known = _without_due(after, step.key)
    return after.enter(known) if known.is_parked and entry.is_parked else after


def _without_due(draft: Any, step: str) -> Entry:
    entry: Entry = draft.saga.ledger.of(step)
    return replace(entry, due=None)


# -- answers

_back = answers._back


def undo_done_leaves_its_park(draft: Any, step: Step, entry: Entry, number: int, signal: Any, at: Any) -> Any:
    if entry.standing is Standing.UNDO_PARKED:
        return None
    return _back(draft, step, entry, number, signal, at)


def refused_undo_is_dropped(draft: Any, step: Step, entry: Entry, number: int, signal: Any, at: Any) -> Any:
    if signal.answer is Answer.REFUSED:
        signal = replace(signal, answer=Answer.DONE)
    return _back(draft, step, entry, number, signal, at)


_forward = answers._forward


def late_done_stays(draft: Any, step: Step, entry: Entry, attempt: int, signal: Any, at: Any) -> Any:
    if entry.standing in TAKEN_BACK:
        return draft.enter(entry.answered(attempt))
    return _forward(draft, step, entry, attempt, signal, at)


def last_data_wins(draft: Any, step: Step, entry: Entry, attempt: int, signal: Any, at: Any) -> Any:
    if entry.standing is Standing.DONE and signal.answer is Answer.DONE and step.keeps:
        return draft.change(data={**draft.saga.data, step.key: dict(signal.data)})
    return _forward(draft, step, entry, attempt, signal, at)


def contradictions_are_dropped(draft: Any, step: Step, entry: Entry, attempt: int, signal: Any, at: Any) -> Any:
    return _forward(draft, step, entry, attempt, signal, at) if entry.awaits_answer_of(attempt) else None


_answered = deciding._answered


def reply_makes_a_stub(saga: Saga | None, signal: Any, now: int, rules: Any, **options: Any) -> Decision:
    if saga is None:
        stub = Saga(signal.key, rules.definition.name, 1, SagaState.CREATED, 1, now, signal.correlation_id)
        return Decision(stub, Verdict.REMEMBERED)
    return _answered(saga, signal, now, rules, **options)


_usable = answers._usable


def takes_what_it_gets(step: Step, data: Any, saga: Saga) -> dict[str, Any]:
    return _usable(step, data, saga) or dict.fromkeys(step.keeps, "")

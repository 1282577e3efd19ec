"""The way forward: steps in order until one must wait, and what an outcome makes of its step."""

import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Final

from saga_orchestrator.domain.definition import Step
from saga_orchestrator.domain.definition_calls import call
from saga_orchestrator.domain.executions.beginnings import LANGUAGE_CLOSED
from saga_orchestrator.domain.executions.endings import Ending
from saga_orchestrator.domain.policy import Without, names_a_resource
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.domain.states import SagaState

from . import compensation
from .asking import ask, await_event, back_off, park
from .ledger import Entry, Standing
from .terms import Answer, OnExhausted, Outcome, View
from .turn import Draft, Turn, has_attempts_left, pause_ms, view

PASSED = frozenset({Standing.DONE, Standing.NOT_NEEDED})

CODE: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")

REFUSED: Final = "refused"
NO_ANSWER: Final = "no_answer"
UNUSABLE_REPLY: Final = "unusable_reply"


def advance(draft: Draft, turn: Turn) -> Draft:
    """Reach the next steps until one waits, the saga compensates, or it is complete."""
    if draft.saga.state is not SagaState.RUNNING:
        return draft  # what this write has done already led back: no step is reached any more
    implied = _implied(draft.saga, turn)
    for step in turn.definition.steps:
        entry = draft.saga.ledger.of(step.key)
        if step.key in draft.saga.completed_steps or (entry and entry.standing in PASSED):
            continue
        if entry is None:
            draft = _reach(draft, step, turn, happened=step.key in implied)
        elif step.key in implied:
            draft = succeed(draft, step, entry)
        entry = draft.saga.ledger.of(step.key)
        if draft.saga.state is not SagaState.RUNNING or (entry and entry.standing not in PASSED):
            return draft
    return compensation.finish(draft.change(outcome=SagaState.COMPLETED, reason="completed"), turn)


def _reach(draft: Draft, step: Step, turn: Turn, *, happened: bool) -> Draft:
    """The step's turn has come. `happened`: somebody has said so already, and it is asked of nobody."""
    if step.when or step.check or step.claims:
        seen = view(draft.saga, turn.definition)
        if step.when is not None and not call(f"the condition of {step.key}", _holds, step.when, seen):
            return draft.enter(Entry(step.key, Standing.NOT_NEEDED))
        refusal = call(f"the check of {step.key}", _code, step.check, seen) if step.check else None
        if refusal is None and step.claims is not None:
            resource = call(f"the claim of {step.key}", _resource, step.claims, seen)
            draft, refusal = _claim(draft, resource, turn)
        if refusal is not None:
            return compensation.begin(draft, Ending(SagaState.FAILED, refusal, failed_step=step.key), turn)
    draft = draft.emit(*step.emits)
    if happened:
        return succeed(draft, step, Entry(step.key, Standing.ASKED))
    if step.sends is not None:
        return ask(draft, step, turn)
    if step.awaits:
        return _take_remembered(await_event(draft, step, turn), step, turn)
    return draft.complete(step)


def _holds(when: Callable[[View], bool], seen: View) -> bool:
    return bool(when(seen))


def _code(check: Callable[[View], str | None], seen: View) -> str | None:
    """A reason that a saga can end with; what is none would break whoever reads it later."""
    code = check(seen)
    if code is not None and not CODE.fullmatch(code):
        raise ValueError
    return code


def _resource(claims: Callable[[View], str], seen: View) -> str:
    resource = claims(seen)
    if not names_a_resource(resource):
        raise ValueError
    return resource


def _implied(saga: Saga, turn: Turn) -> frozenset[str]:
    """The waiting steps that a remembered event finishes, because it says that everything before its step happened."""
    said = {early.event_type for early in saga.early}
    steps = turn.definition.steps
    last = max((at for at, step in enumerate(steps) if any(_implies(each, said) for each in step.awaits)), default=0)
    return frozenset(step.key for step in steps[:last] if step.waits)


def _implies(outcome: Outcome, said: AbstractSet[str | None]) -> bool:
    return outcome.implies and outcome.event_type in said


def _claim(draft: Draft, resource: str, turn: Turn) -> tuple[Draft, str | None]:
    limit = turn.policy.limit_of(resource)
    if limit is Without.UNLIMITED:
        return draft, None
    if limit is Without.CLOSED:
        return draft, LANGUAGE_CLOSED
    return (draft, turn.refused) if turn.refused else (replace(draft, claims=resource), None)


def _take_remembered(draft: Draft, step: Step, turn: Turn) -> Draft:
    """An event about this step that came before it was reached is applied now."""
    for early in draft.saga.early:
        outcome = next((each for each in step.awaits if each.event_type == early.event_type), None)
        if outcome is not None:
            return apply_outcome(draft, step, outcome, turn)
    return draft


def apply_outcome(draft: Draft, step: Step, outcome: Outcome, turn: Turn) -> Draft:
    """What an event says of the step that awaits it."""
    entry = draft.saga.ledger.of(step.key) or Entry(step.key, Standing.ASKED)
    match outcome.means:
        case Answer.DONE:
            return succeed(draft, step, entry)
        case Answer.REFUSED:
            return refuse(draft, step, entry, REFUSED, turn)
        case Answer.FAILED:
            return exhaust(draft, step, entry, Ending(SagaState.FAILED, "failed", failed_step=step.key), turn)


def is_past_pivot(saga: Saga, turn: Turn) -> bool:
    """From the write that asks for the point of no return on; a refused one is known not to have happened."""
    asked = (saga.ledger.of(step.key) for step in turn.definition.steps if step.pivot)
    # One that was not needed was never asked for.
    return any(entry is not None and entry.standing not in {Standing.REFUSED, Standing.NOT_NEEDED} for entry in asked)


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
    if step.sends is not None:
        draft = draft.fault(f"{step.sends}#{entry.attempt}", NO_ANSWER, turn)
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

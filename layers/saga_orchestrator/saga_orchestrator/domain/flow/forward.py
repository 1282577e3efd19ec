"""The way forward: steps in order until one must wait, all of them in one write."""

from dataclasses import replace

from saga_orchestrator.domain.decide import LANGUAGE_CLOSED, LIMIT_REACHED
from saga_orchestrator.domain.definition import Step
from saga_orchestrator.domain.endings import Ending
from saga_orchestrator.domain.policy import Without
from saga_orchestrator.domain.states import SagaState

from . import compensation
from .asking import ask, await_event
from .ledger import Entry, Standing
from .outcome import REFUSED, exhaust, refuse, succeed
from .terms import Answer, Outcome
from .turn import Draft, Turn, view

PASSED = frozenset({Standing.DONE, Standing.NOT_NEEDED})


def advance(draft: Draft, turn: Turn) -> Draft:
    """Reach the next steps until one waits, the saga compensates, or it is complete."""
    for step in turn.definition.steps:
        entry = draft.saga.ledger.of(step.key)
        if step.key in draft.saga.completed_steps or (entry and entry.standing in PASSED):
            continue
        if entry is None:
            draft = _reach(draft, step, turn)
            entry = draft.saga.ledger.of(step.key)
        if draft.saga.state is not SagaState.RUNNING or (entry and entry.standing not in PASSED):
            return draft
    return compensation.finish(draft.change(outcome=SagaState.COMPLETED, reason="completed"), turn)


def _reach(draft: Draft, step: Step, turn: Turn) -> Draft:
    seen = view(draft.saga, turn.definition)
    if step.when is not None and not step.when(seen):
        return draft.enter(Entry(step.key, Standing.NOT_NEEDED))
    refusal = step.check(seen) if step.check else None
    if refusal is None and step.claims is not None:
        draft, refusal = _claim(draft, step.claims(seen), turn)
    if refusal is not None:
        return compensation.begin(draft, Ending(SagaState.FAILED, refusal, failed_step=step.key), turn)
    draft = draft.emit(*step.emits)
    if step.sends is not None:
        return ask(draft, step, turn)
    if step.awaits:
        return _take_remembered(await_event(draft, step, turn), step, turn)
    return draft.complete(step)


def _claim(draft: Draft, resource: str, turn: Turn) -> tuple[Draft, str | None]:
    limit = turn.policy.limit_of(resource)
    if limit is Without.UNLIMITED:
        return draft, None
    if limit is Without.CLOSED:
        return draft, LANGUAGE_CLOSED
    return (draft, LIMIT_REACHED) if turn.claim_refused else (replace(draft, claims=resource), None)


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

"""What the engine would do if it got outcomes, claims, events, time or messages wrong."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from saga_orchestrator.domain.decide import Decision
from saga_orchestrator.domain.definition import Step
from saga_orchestrator.domain.executions.endings import Ending
from saga_orchestrator.domain.flow import (
    closing,
    compensation,
    deciding,
    dues,
    forward,
    opening,
    telling,
    turn,
)
from saga_orchestrator.domain.flow.ledger import Entry, Standing
from saga_orchestrator.domain.saga import Cause, Saga
from saga_orchestrator.domain.states import SagaState

# -- the point of no return, cancels and outcomes


def pivot_parks_never(draft: Any, step: Step, entry: Entry, ending: Ending, at: Any) -> Any:
    return compensation.begin(draft.enter(entry), ending, at)


_cancel = deciding._cancel


def cancel_always_counts(saga: Saga | None, signal: Any, now: int, rules: Any) -> Decision:
    if saga is None or saga.state is not SagaState.COMPENSATING:
        return _cancel(saga, signal, now, rules)
    at = deciding._turn(rules, now, Cause.CANCELLED, signal.event_id)
    ending = Ending(SagaState.CANCELLED, "cancelled", by=signal.actor)
    return closing.decided(saga, compensation.begin(turn.Draft(saga), ending, at), at)


_fail_undo = forward.fail_undo


def last_error_wins(draft: Any, step: Step, entry: Entry, at: Any) -> Any:
    return _fail_undo(draft.change(reason="undo_failed"), step, entry, at)


def ends_at_once(draft: Any, at: Any) -> Any:
    if draft.saga.outcome is SagaState.COMPLETED:
        return _finish(draft, at)
    return draft.change(state=SagaState.FAILED, outcome=SagaState.FAILED).emit("saga_failed")


_finish = compensation.finish
_begin = compensation.begin


def says_it_again(draft: Any, ending: Ending, at: Any) -> Any:
    return _begin(draft, ending, at).emit("saga_compensating")


def outcome_before_its_news(draft: Any, at: Any) -> Any:
    ended = _finish(draft, at)
    return replace(ended, emits=(*draft.emits, *ended.emits[len(draft.emits) :][::-1]))


# -- claims


def claim_given_back_twice(draft: Any, step: Step) -> Any:
    if step.claims is not None and draft.saga.claim is not None:
        return replace(draft, releases=draft.saga.claim)
    return draft


def claim_kept_on_success(draft: Any, at: Any) -> Any:
    ended = _finish(draft, at)
    completed = ended.saga.state is SagaState.COMPLETED
    return replace(ended.change(claim=draft.saga.claim), releases=None) if completed else ended


# -- events


def by_the_way_all_before_is_done(saga: Saga | None, signal: Any, now: int, rules: Any, **options: Any) -> Decision:
    found = opening.outcome_named(signal.event_type, rules)
    if saga is None or saga.is_stub or found is None or saga.ledger.of(found[0]) is not None:
        return _report(saga, signal, now, rules, **options)
    at = deciding._turn(rules, now, Cause.REPORTED, signal.event_id)
    draft = turn.Draft(saga)
    for entry in saga.ledger.entries:
        step = rules.definition.step(entry.step)
        if entry.standing is Standing.ASKED:
            draft = forward.succeed(draft, step, entry).change(data={step.key: dict.fromkeys(step.keeps, 1)})
    return closing.decided(saga, forward.advance(draft, at), at)


_report = deciding._report


def early_one_applied_twice(draft: Any, step: Step, at: Any) -> Any:
    once = _take_remembered(draft, step, at)
    return once.complete(step) if step.key in once.saga.completed_steps else once


_take_remembered = forward._take_remembered


def early_ones_are_forgotten(draft: Any, _step: Step, _at: Any) -> Any:
    return draft


# -- time and numbers


def believes_the_wake(draft: Any, at: Any) -> Any:
    dated = draft.saga.deadline is not None and draft.saga.deadline > at.now
    return _pass_time(draft, replace(at, now=draft.saga.deadline) if dated else at)


_pass_time = dues.pass_time


def numbers_of_now(_saga: Saga, definition: Any, wanted: Any) -> int:
    return wanted if isinstance(wanted, int) else definition.settings[wanted]


def sees_all_that_is_known_now(saga: Saga, _key: str, definition: Any) -> Any:
    return turn.view(saga, definition)


def nobody_looks_at_the_ledger(saga: Saga, _at: Any) -> int | None:
    return saga.saga_due


def nobody_looks_at_the_whole(saga: Saga, _at: Any) -> int | None:
    return None if saga.state.is_terminal else saga.ledger.next_due


_ids: Iterator[int] = itertools.count()


def another_operation_each_attempt(saga: Saga, key: str, entry: Any, definition: Any) -> Any:
    fields = dict(_address(saga, key, entry, definition))
    return {**fields, "operation_id": f"{fields['operation_id']}#{fields['attempt']}"} if fields else fields


_address = telling.address


def never_past(_saga: Saga, _at: Any) -> bool:
    return False


def _render_module() -> Any:
    from saga_orchestrator.domain import render  # noqa: PLC0415 - beside its only use

    return render


RENDER: Final = _render_module()


# -- conditions

_reach = forward._reach


def needless_is_not_noted(draft: Any, step: Step, turn: Any, *, happened: bool) -> Any:
    """So that the next thing that happens asks the condition again."""
    reached = _reach(draft, step, turn, happened=happened)
    entry = reached.saga.ledger.of(step.key)
    return draft if entry is not None and entry.standing is Standing.NOT_NEEDED else reached


def asks_for_the_needless(draft: Any, at: Any) -> Any:
    passed = dues.pass_time(draft, at)
    needless = [each for each in draft.saga.ledger.entries if each.standing is Standing.NOT_NEEDED]
    if passed is None or not needless:
        return passed
    return passed.enter(replace(needless[0], standing=Standing.DONE))

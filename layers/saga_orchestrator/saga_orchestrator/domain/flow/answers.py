"""Replies of participants: which attempt of which step they answer, and what they make of it (the decision table)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from saga_orchestrator.domain.definition import SagaDefinition, Step
from saga_orchestrator.domain.errors import RejectedEvent, RejectReason
from saga_orchestrator.domain.executions.endings import Ending
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.domain.states import SagaState

from . import compensation
from .asking import park
from .forward import REFUSED, UNUSABLE_REPLY, advance, fail, fail_undo, is_past_pivot, refuse, succeed
from .ledger import OPEN, UNDOING, Entry, Standing
from .signals import CommandAnswered
from .terms import MAX_DATA_BYTES, Answer, kept_bytes
from .turn import Draft, Turn


def answer(draft: Draft, signal: CommandAnswered, turn: Turn) -> Draft | None:
    """What the reply makes of the saga; None when it changes nothing: it is late, second, or contradicts the first.

    Raises:
        RejectedEvent: no message of this saga has that address, or nobody awaits its answer.
    """
    kind, _, occurrence = signal.message.partition("#")
    if not any(signal.message in entry.messages for entry in draft.saga.timeline):
        raise RejectedEvent(RejectReason.NEVER_SENT, "the saga has sent no message with that id")
    number = int(occurrence)
    for step in (*turn.definition.steps, *turn.definition.retired):
        entry = draft.saga.ledger.of(step.key)
        if entry is not None and step.sends == kind:
            return _forward(draft, step, entry, number, signal, turn)
        if entry is not None and step.undo is not None and step.undo.sends == kind:
            return _back(draft, step, entry, number, signal, turn)
    raise RejectedEvent(RejectReason.NOT_AWAITED, "that message is a statement: nobody awaits an answer to it")


def _forward(draft: Draft, step: Step, entry: Entry, attempt: int, signal: CommandAnswered, turn: Turn) -> Draft | None:
    expected, entry = entry.awaits_answer_of(attempt), entry.answered(attempt)
    if expected and signal.answer is not Answer.DONE:
        draft = draft.fault(signal.message, signal.reason or str(signal.answer), turn)
    if entry.standing in OPEN:
        return _of_the_open(draft, step, entry, attempt, signal, turn) if expected else None
    if signal.answer is Answer.DONE:
        # Also from an attempt that has said otherwise: what may have happened is taken back, whoever contradicts.
        happened = compensation.happened_after_all(draft, step, entry, turn, is_news=expected)
        if happened is not None:
            return happened.note("LateReplies")
    return draft.enter(entry).note("LateReplies") if expected else None


def _of_the_open(draft: Draft, step: Step, entry: Entry, attempt: int, signal: CommandAnswered, turn: Turn) -> Draft:
    reason = signal.reason or str(signal.answer)
    match signal.answer:
        case Answer.DONE:
            return advance(_done(draft, step, entry, signal.data, turn), turn)
        case Answer.REFUSED:
            return refuse(draft, step, entry, signal.reason or REFUSED, turn)
        case Answer.FAILED if attempt == entry.attempt and entry.standing is Standing.ASKED:
            return fail(draft, step, entry, reason, turn)
        case Answer.FAILED:
            return draft.enter(entry)


def _done(draft: Draft, step: Step, entry: Entry, data: Mapping[str, Any], turn: Turn) -> Draft:
    kept = _usable(step, data, draft.saga)
    if kept is None:
        draft = draft.fault(f"{step.sends}#{entry.attempt}", UNUSABLE_REPLY, turn)
        if is_past_pivot(draft.saga, turn):
            return park(draft, entry, Standing.STUCK, turn)
        done = succeed(draft, step, entry)
        return compensation.begin(done, Ending(SagaState.FAILED, UNUSABLE_REPLY, failed_step=step.key), turn)
    draft = succeed(draft, step, entry)
    return draft.change(data={**draft.saga.data, step.key: kept}) if kept else draft


def _usable(step: Step, data: Mapping[str, Any], saga: Saga) -> dict[str, Any] | None:
    """The declared fields, or None when one is missing, of another type, or they are too much together."""
    kept: dict[str, Any] = {}
    for name, rule in step.keeps.items():
        value = data.get(name)
        if not rule.takes(value):
            return None
        kept[name] = value
    return kept if kept_bytes({**saga.data, step.key: kept}) <= MAX_DATA_BYTES else None


def _back(draft: Draft, step: Step, entry: Entry, number: int, signal: CommandAnswered, turn: Turn) -> Draft | None:
    if entry.standing not in UNDOING:
        # Asked for again after the end, and failed: again, within the same bound.
        failed_again = entry.repeated > 0 and number == entry.undo and signal.answer is Answer.FAILED
        again = compensation.ask_again(draft, step, entry) if failed_again else None
        return again.note("LateReplies") if again is not None else None
    if signal.answer is not Answer.DONE:
        draft = draft.fault(signal.message, signal.reason or str(signal.answer), turn)
    match signal.answer:
        case Answer.DONE:
            undone = draft.enter(replace(entry, standing=Standing.UNDONE, due=None, since=None))
            return compensation.proceed(compensation.taken_back(undone, step), turn)
        case Answer.REFUSED if entry.standing is not Standing.UNDO_PARKED and number >= entry.first:
            # An older one's, told again: an operator has asked afresh since.
            return park(draft, entry, Standing.UNDO_PARKED, turn)
        case Answer.FAILED if number == entry.undo and entry.standing is Standing.UNDO_ASKED:
            return fail_undo(draft, step, entry, turn)
        case _:
            return None


def contradicts(saga: Saga, signal: CommandAnswered, definition: SagaDefinition) -> bool:
    """An answer other than the one that decided: worth a metric, never an error for its sender."""
    kind = signal.message.partition("#")[0]
    step = next((each for each in definition.steps if each.sends == kind), None)
    entry = saga.ledger.of(step.key) if step else None
    if entry is None:
        return False
    decided = {Standing.DONE: Answer.DONE, Standing.REFUSED: Answer.REFUSED}.get(entry.standing)
    return decided is not None and signal.answer not in {decided, Answer.FAILED}

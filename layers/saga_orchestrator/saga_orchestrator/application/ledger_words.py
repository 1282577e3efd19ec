"""Where each step of a waiting saga stands, in words: attempts, answers that are missing, undos, what is parked."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.flow.ledger import TAKEN_BACK, UNDOING, Entry, Standing
from saga_orchestrator.domain.saga import Saga

from .moments import moment

Facts = dict[str, Any]

_WORDS: Final = {
    Standing.ASKED: "asked",
    Standing.BACKING_OFF: "failed, to be asked again",
    Standing.DONE: "done",
    Standing.REFUSED: "refused",
    Standing.GIVEN_UP: "given up",
    Standing.NOT_NEEDED: "not needed",
    Standing.STUCK: "parked",
    Standing.UNDO_ASKED: "undo asked",
    Standing.UNDO_BACKING_OFF: "undo failed, to be asked again",
    Standing.UNDO_PARKED: "undo parked",
    Standing.UNDONE: "undone",
    Standing.RESOLVED: "resolved by hand",
    Standing.UNDO_SKIPPED: "undo skipped",
}


def steps_of(saga: Saga, definition: SagaDefinition | None) -> list[Facts]:
    """One for each step that was reached, in that order. An execution's steps are all done in one write: none."""
    return [
        {
            "step": entry.step,
            "standing": _WORDS[entry.standing],
            "attempts": entry.attempt,
            "unanswered": [number for number in range(1, entry.attempt + 1) if entry.awaits_answer_of(number)],
            "undos": entry.undo,
            "looked_at": moment(entry.due),
            "parked_since": moment(entry.since),
            "reason": reason_of(saga, entry, definition),
        }
        for entry in saga.ledger.entries
    ]


def reason_of(saga: Saga, entry: Entry, definition: SagaDefinition | None) -> str | None:
    """Why its latest attempt did not do it, or that of its undo once it is being taken back. None: none failed, or this
    code does not know what asked for it.
    """
    step = definition.step(entry.step) if definition is not None else None
    undo = step.undo if step else None
    asked = (undo.sends if undo else None) if entry.standing in UNDOING | TAKEN_BACK else step and step.sends
    return next((error.reason for error in reversed(saga.errors) if error.kind == asked), None)


def _read(stored: str) -> Mapping[str, Any]:
    """Nothing where it cannot be read: a page that tells the rest is worth more."""
    try:
        content = json.loads(stored)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def parked_in(saga: Saga) -> list[str]:
    return [entry.step for entry in saga.ledger.parked]


def parked_since(saga: Saga) -> int | None:
    """Of several the first: for so long somebody is waited for."""
    return min((entry.since for entry in saga.ledger.parked if entry.since is not None), default=None)


def declared_steps(definition: SagaDefinition | None) -> list[Facts]:
    """What a picture of a saga is drawn from: all steps of a new one, in order. None where nobody knows it."""
    return [
        {"step": step.key, "undo": step.undo is not None, "pivot": step.pivot, "waits": step.waits}
        for step in (definition.steps if definition else ())
    ]


def awaited_by(saga: Saga, definition: SagaDefinition | None) -> str | None:
    """What would move a waiting saga next; None where nothing is awaited."""
    words = [_awaited(entry, definition) for entry in saga.ledger.entries]
    return "; ".join(word for word in words if word) or None


def _awaited(entry: Entry, definition: SagaDefinition | None) -> str | None:
    if entry.is_parked:
        what = "the undo of " if entry.standing in UNDOING else ""
        return f"an operator, or a late answer: {what}{entry.step} is parked"
    if entry.standing is Standing.ASKED and not entry.attempt:
        return " or ".join(_events(entry, definition)) or f"an event about {entry.step}"
    words = {
        Standing.ASKED: f"the answer to {entry.step}, attempt {entry.attempt}",
        Standing.BACKING_OFF: f"the time to ask for {entry.step} again",
        Standing.UNDO_ASKED: f"the undo of {entry.step}, attempt {entry.undo}",
        Standing.UNDO_BACKING_OFF: f"the time to ask for the undo of {entry.step} again",
    }
    return words.get(entry.standing)


def _events(entry: Entry, definition: SagaDefinition | None) -> list[str]:
    step = definition.step(entry.step) if definition else None
    return [outcome.event_type for outcome in step.awaits] if step else []


def shown_of(saga: Saga, definition: SagaDefinition | None) -> list[Facts]:
    """Of what the saga began with and what its steps have kept, that alone which its definition says may be shown."""
    return [
        {"step": step, "name": name, "value": value}
        for step, kept, names in _shown(saga, definition)
        for name, value in kept.items()
        if name in names
    ]


def _shown(
    saga: Saga, definition: SagaDefinition | None
) -> Iterator[tuple[str | None, Mapping[str, Any], frozenset[str]]]:
    if definition is None:
        return
    if definition.starts is not None and definition.starts.shown and saga.input is not None:
        yield None, _read(saga.input), frozenset(definition.starts.shown)
    for key, kept in saga.data.items():
        step = definition.step(key)
        names = (name for name, rule in step.keeps.items() if rule.shown) if step else ()
        yield key, kept, frozenset(names)

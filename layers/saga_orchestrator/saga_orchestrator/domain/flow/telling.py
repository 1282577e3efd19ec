"""What a message of a waiting saga is made from: what was known when it was emitted, whenever it is rendered."""

from collections.abc import Mapping
from typing import Any

from saga_orchestrator.domain.definition import SagaDefinition, Step
from saga_orchestrator.domain.instants import rfc3339
from saga_orchestrator.domain.saga import Saga, TimelineEntry

from .ledger import UNDOING, Standing
from .terms import View
from .turn import number, view


def seen_by(saga: Saga, key: str, definition: SagaDefinition) -> View:
    """A step's command sees the steps before it; undos and outcomes see all that was done.

    Steps go one after the other, and none is completed once compensation has begun: so both are the same whenever they
    are worked out.
    """
    kind = key.partition("#")[0]
    earlier: list[str] = []
    for step in definition.steps:
        if kind == step.sends or kind in step.emits:
            done = tuple(each for each in saga.completed_steps if each in earlier)
            data = {each: kept for each, kept in saga.data.items() if each in done}
            return view(saga.having(completed_steps=done, data=data, outcome=None, reason=None), definition)
        earlier.append(step.key)
    return view(saga, definition)  # on the way back, or with an outcome


def address(saga: Saga, key: str, entry: TimelineEntry, definition: SagaDefinition) -> Mapping[str, Any]:
    """What every awaited command carries: the operation, the attempt, and when this attempt is no longer to begin."""
    step = _step_that_sends(key, definition)
    if step is None:
        return {}
    occurrence = key.partition("#")[2]
    undo = step.undo if _is_undo(key, step) else None
    within = undo.within if undo is not None else step.within
    seconds = number(saga, definition, within) if within is not None else 0
    fields = {
        "operation_id": f"{saga.saga_id}:{step.key}",
        "attempt": int(occurrence),
        "expires_at": rfc3339(entry.at + seconds * 1000),
    }
    if undo is None:
        return fields
    kinds = (step.sends,) if step.sends is not None else step.emits
    asked = [each for known in saga.timeline for each in known.messages if each.partition("#")[0] in kinds]
    return {**fields, "undoes": [f"{saga.saga_id}:{each}" for each in asked]}


def started_steps(saga: Saga, definition: SagaDefinition) -> tuple[str, ...]:
    """What the write that began the saga had done: the steps before the first one that waits."""
    done: list[str] = []
    for step in definition.steps:
        entry = saga.ledger.of(step.key)
        if entry is not None and entry.standing is not Standing.NOT_NEEDED:
            break
        done += [step.key] if step.key in saga.completed_steps else []
    return tuple(done)


def may_send_again(saga: Saga, key: str, definition: SagaDefinition) -> bool:
    """A command goes out again only while its answer is awaited: the latest attempt, or an undo not yet confirmed."""
    step = _step_that_sends(key, definition)
    entry = saga.ledger.of(step.key) if step is not None else None
    if step is None or entry is None:
        return True
    if _is_undo(key, step):
        return entry.standing in UNDOING
    return entry.standing in {Standing.ASKED, Standing.STUCK} and key == f"{step.sends}#{entry.attempt}"


def _step_that_sends(key: str, definition: SagaDefinition) -> Step | None:
    kind = key.partition("#")[0]
    for step in (*definition.steps, *definition.retired):
        if kind == step.sends or (step.undo is not None and kind == step.undo.sends):
            return step
    return None


def _is_undo(key: str, step: Step) -> bool:
    return key.partition("#")[0] != step.sends

"""What one write did, as metrics: to the steps of a saga that waits, and, where it ended one, how and how late."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.flow.ledger import Entry, Standing
from saga_orchestrator.domain.flow.turn import number
from saga_orchestrator.domain.policy import Policy
from saga_orchestrator.domain.saga import Cause, Saga

_COUNTED: Final = {
    Standing.DONE: "StepsDone",
    Standing.REFUSED: "StepsRefused",
    Standing.BACKING_OFF: "StepsFailed",
    Standing.GIVEN_UP: "StepsGivenUp",
    Standing.STUCK: "StepsParked",
    Standing.UNDO_PARKED: "UndosParked",
    Standing.UNDO_BACKING_OFF: "UndosFailed",
    Standing.UNDONE: "UndosDone",
}
_ENDS: Final = frozenset({Standing.DONE, Standing.REFUSED, Standing.GIVEN_UP})


OTHER: Final = "other"
"""Every language that the deployment does not name: what users ask for must not make a metric of its own."""


@dataclass(frozen=True, slots=True)
class Measure:
    name: str
    step: str
    value: int = 1


def measured(before: Saga | None, after: Saga, definition: SagaDefinition) -> Iterator[Measure]:
    """What is different in `after`. Names of steps are the definition's: nothing that a user sent is in them."""
    for entry in after.ledger.entries:
        known = before.ledger.of(entry.step) if before is not None else None
        if entry == known:
            continue
        yield from _of_entry(known or Entry(entry.step, Standing.ASKED), entry, is_new=known is None)
        if entry.standing in _ENDS and (known is None or known.standing not in _ENDS):
            since = _asked_at(after, entry, known, definition)
            yield Measure("StepDuration", entry.step, max(0, after.timeline[-1].at - since))


def _of_entry(known: Entry, entry: Entry, *, is_new: bool) -> Iterator[Measure]:
    asked = entry.attempt - known.attempt or int(is_new and entry.standing is not Standing.NOT_NEEDED)
    if asked:
        yield Measure("StepsAsked", entry.step, asked)
    if entry.undo > known.undo:
        yield Measure("UndosAsked", entry.step, entry.undo - known.undo)
    if (entry.standing is not known.standing or is_new) and entry.standing in _COUNTED:
        yield Measure(_COUNTED[entry.standing], entry.step)


def _asked_at(saga: Saga, entry: Entry, known: Entry | None, definition: SagaDefinition) -> int:
    """When its first attempt went out; of a step that sends nothing, when its wait began."""
    step, now = definition.step(entry.step), saga.timeline[-1].at
    first = f"{step.sends}#1" if step is not None else ""
    sent = next((told.at for told in saga.timeline if first in told.messages), None)
    if sent is not None:
        return sent
    if step is None or known is None or known.due is None or step.within is None:
        return now
    return known.due - number(saga, definition, step.within) * 1000


def ends(before: Saga | None, after: Saga) -> bool:
    """This write ended it."""
    return after.state.is_terminal and (before is None or not before.state.is_terminal)


def dimensions_of(after: Saga, policy: Policy) -> dict[str, str]:
    """Under what an end is counted: an execution's also by its language."""
    named = {"saga": after.saga_name, "outcome": str(after.state)}
    if after.request is not None:
        named["language"] = language_named(after.request.language, policy)
    return named


def language_named(language: str, policy: Policy) -> str:
    return language if language in policy.language_limits or language in policy.allowed_languages else OTHER


def measured_end(after: Saga) -> Iterator[tuple[str, int]]:
    """That it ended; and of one that lasted, how long, and when its pod was seen. All of it stands in the timeline."""
    yield "SagasEnded", 1
    if len(after.timeline) < 2:
        return  # refused, or over as it began: noughts would hide how long sagas last
    began = _first(after, Cause.REQUESTED) or after.timeline[0].at
    yield "SagaDuration", max(0, after.timeline[-1].at - began)
    started = _first(after, Cause.STARTED)
    if started is not None:
        yield "StartLatency", max(0, started - began)


def _first(saga: Saga, cause: Cause) -> int | None:
    return next((entry.at for entry in saga.timeline if entry.cause is cause), None)

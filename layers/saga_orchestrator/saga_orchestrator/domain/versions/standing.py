"""What the code at hand makes of a stored saga: what its events would meet. Asked before that code is deployed."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from saga_orchestrator.domain.definition import SagaDefinition, Step
from saga_orchestrator.domain.errors import RejectedEvent, RejectReason, RetryableError
from saga_orchestrator.domain.flow.ledger import MAX_REPEATED_UNDOS, OPEN, TAKEN_BACK, UNDOING, Entry, Standing
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.domain.saga import Cause, Saga

from .emitting import as_emitted

_GIVEN_UP: Final = frozenset({Standing.GIVEN_UP, Standing.REFUSED})


class Fate(StrEnum):
    """What its next event would meet."""

    GOES_ON = "goes_on"
    SET_ASIDE = "set_aside"
    """Rejected: kept, acknowledged, and without effect until somebody redrives it."""
    RETRIED = "retried"
    """Delivered again until it is too old, unless newer code comes."""
    FORGETS = "forgets"
    """It goes on without an event that it has remembered."""


class Why(StrEnum):
    """Stable codes. The first three are those of the functions."""

    UNKNOWN_DEFINITION = RejectReason.UNKNOWN_DEFINITION
    DEFINITION_CHANGED = RejectReason.DEFINITION_CHANGED
    CORRUPT_SAGA = RejectReason.CORRUPT_SAGA
    NEWER_VERSION = "newer_version"
    UNKNOWN_STEP = "unknown_step"
    """An execution has done a step that is neither a step nor retired: it could not be undone."""
    OTHER_KIND = "other_kind"
    """Its name is now that of a saga which starts by another kind of event."""
    UNKNOWN_EVENT = "unknown_event"
    """It remembers an event that no step awaits any more."""
    MAY_BE_UNSENT = "may_be_unsent"
    """What a version that is gone emitted within the last day may not be published yet."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """`step` is where it stands, None where it stands at none."""

    fate: Fate
    why: Why | None = None
    step: str | None = None


STREAM_KEEPS_MS: Final = 86_400_000
"""How long the relay may owe what a write emitted."""


def judge(saga: Saga, sagas: SagaRegistry, now: int) -> Judgement:
    """As the functions would, at `now` in epoch milliseconds.

    An ended saga counts while an answer may still ask it for an undo, a stub while it remembers, and whatever it is
    while the relay may owe what it has emitted.
    """
    judgement = _of_its_events(saga, sagas)
    if judgement.fate is not Fate.GOES_ON:
        return judgement
    return _of_its_messages(saga, sagas, now) or judgement


def _of_its_messages(saga: Saga, sagas: SagaRegistry, now: int) -> Judgement | None:
    lately = [key for entry in saga.timeline if entry.at > now - STREAM_KEEPS_MS for key in entry.messages]
    if lately and sagas.named(saga.saga_name) is None:
        # The relay waits for code that knows the name, and whatever is behind it in its shard waits with it.
        return Judgement(Fate.RETRIED, Why.MAY_BE_UNSENT)
    for key in lately:
        try:
            as_emitted(saga, key, sagas)
        except RetryableError:
            return Judgement(Fate.RETRIED, Why.MAY_BE_UNSENT)
        except RejectedEvent:
            return Judgement(Fate.SET_ASIDE, Why.MAY_BE_UNSENT)
    return None


def _of_its_events(saga: Saga, sagas: SagaRegistry) -> Judgement:
    step = stands_at(saga, sagas)
    if saga.state.is_terminal and step is None:
        return Judgement(Fate.GOES_ON)
    newest = sagas.named(saga.saga_name)
    if newest is None:
        return Judgement(Fate.SET_ASIDE, Why.UNKNOWN_DEFINITION, step)
    if _is_of_other_kind(saga, newest):
        return Judgement(Fate.SET_ASIDE, Why.OTHER_KIND, step)
    if saga.is_stub:
        return _of_stub(saga, newest)
    if newest.starts is None:
        return _of_execution(saga, newest, step)
    return _of_waiting(saga, sagas, step)


def stands_at(saga: Saga, sagas: SagaRegistry) -> str | None:
    """The step that the next event is about; several undos at once are named together."""
    if saga.state.is_terminal:
        at = [entry.step for entry in saga.ledger.entries if _may_be_asked_again(saga, entry, sagas)]
    else:
        at = [entry.step for entry in saga.ledger.entries if entry.standing in {*OPEN, *UNDOING}]
    return ", ".join(at) or None


def _may_be_asked_again(saga: Saga, entry: Entry, sagas: SagaRegistry) -> bool:
    """A late *done* asks for the undo once more, and so does a *failed* of such an undo, within one bound."""
    if entry.repeated >= MAX_REPEATED_UNDOS or entry.standing not in {*_GIVEN_UP, *TAKEN_BACK}:
        return False
    steps = [step for each in sagas.definitions if each.name == saga.saga_name if (step := each.step(entry.step))]
    if steps and not any(_sends_undo(step) for step in steps):
        return False  # wherever this code knows the step, nothing takes it back
    # A step that asks nobody has no attempt to be unanswered: an event about it may come at any time.
    by_event = entry.standing in _GIVEN_UP and not entry.attempt
    return bool(entry.unanswered) or entry.repeated > 0 or by_event


def _sends_undo(step: Step) -> bool:
    return step.undo is not None and step.undo.sends is not None


def _is_of_other_kind(saga: Saga, newest: SagaDefinition) -> bool:
    return saga.request is not None if newest.starts else saga.input is not None


def _of_stub(saga: Saga, newest: SagaDefinition) -> Judgement:
    """Its start begins it under the newest version, and what that version does not name no longer counts."""
    awaited = {outcome.event_type for step in newest.steps for outcome in step.awaits}
    reported = [early.event_type for early in saga.early if early.cause is Cause.REPORTED]
    if any(event_type not in awaited for event_type in reported):
        return Judgement(Fate.FORGETS, Why.UNKNOWN_EVENT)
    return Judgement(Fate.GOES_ON)


def _of_execution(saga: Saga, newest: SagaDefinition, step: str | None) -> Judgement:
    """Executions go by the newest version, whatever they began under: it must know what they have done."""
    known = newest.confirming() if saga.ledger else newest
    done = [*saga.completed_steps, *(entry.step for entry in saga.ledger.entries)]
    unknown = next((key for key in done if known.step(key) is None), None)
    if unknown is not None and not saga.state.is_terminal:
        return Judgement(Fate.SET_ASIDE, Why.UNKNOWN_STEP, unknown)
    return Judgement(Fate.GOES_ON, step=step)


def _of_waiting(saga: Saga, sagas: SagaRegistry, step: str | None) -> Judgement:
    try:
        definition = sagas.definition_of(saga)
    except RetryableError:
        return Judgement(Fate.RETRIED, Why.NEWER_VERSION, step)
    except RejectedEvent as rejected:
        return Judgement(Fate.SET_ASIDE, Why(str(rejected.reason)), step)
    if len(saga.settings) != len(definition.settings):
        return Judgement(Fate.SET_ASIDE, Why.CORRUPT_SAGA, step)
    return Judgement(Fate.GOES_ON, step=step)

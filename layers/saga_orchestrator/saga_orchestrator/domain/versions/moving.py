"""Moving a running saga to a newer version: exactly when all that it has taken and skipped is how that one begins."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, get_type_hints

from saga_orchestrator.domain.defining.waiting import kinds_of
from saga_orchestrator.domain.definition import SagaDefinition, Step
from saga_orchestrator.domain.errors import RejectedEvent, RetryableError
from saga_orchestrator.domain.flow.compensation import owes_undo
from saga_orchestrator.domain.flow.ledger import OPEN, Standing
from saga_orchestrator.domain.flow.terms import Outcome
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.domain.render import encoded, render
from saga_orchestrator.domain.saga import Cause, Saga, TimelineEntry, emit
from saga_orchestrator.domain.states import SagaState

from .emitting import Move


class Obstacle(StrEnum):
    """Why a saga cannot be moved. Stable codes."""

    ENDED = "ended"
    NOT_BEGUN = "not_begun"
    """A stub: it begins under the newest version by itself."""
    NOT_OLDER = "not_older"
    VERSION_GONE = "version_gone"
    """What it emitted is made by its own version, so both have to be in the code."""
    VERSION_EDITED = "version_edited"
    STEPS = "steps_differ"
    MESSAGES = "messages_differ"
    SETTINGS = "settings_differ"
    INPUT = "input_differs"
    DATA = "data_differs"
    REMEMBERED = "remembered_event_differs"
    NOT_MADE = "message_not_made"


@dataclass(frozen=True, slots=True)
class Refusal:
    """`what` is a step, a message, a setting or a field of the definitions; never a value."""

    obstacle: Obstacle
    what: str = ""

    def __str__(self) -> str:
        return f"{self.obstacle}: {self.what}" if self.what else str(self.obstacle)


def refusal_of(saga: Saga, new: SagaDefinition, sagas: SagaRegistry) -> Refusal | None:
    """Why `saga` cannot go on under `new`, the first reason of all; None: it can."""
    if saga.is_stub or saga.state.is_terminal:
        return Refusal(Obstacle.NOT_BEGUN if saga.is_stub else Obstacle.ENDED)
    if saga.definition_version >= new.version:
        return Refusal(Obstacle.NOT_OLDER)
    try:
        old = sagas.definition_of(saga)
    except (RejectedEvent, RetryableError):
        known = any((each.name, each.version) == (new.name, saga.definition_version) for each in sagas.definitions)
        return Refusal(Obstacle.VERSION_EDITED if known else Obstacle.VERSION_GONE)
    return (
        _steps(saga, old, new)
        or _settings(old, new)
        or _input(old, new)
        or _data(saga, new)
        or _remembered(saga, old, new)
        or _unmade(moved(saga, new, Move(old.version, None, new.version, "0"), saga.created_at), new)
    )


def moved(saga: Saga, new: SagaDefinition, move: Move, now: int) -> Saga:
    """Under `new` from here on. Nothing is sent, what is due stays due, and new settings have their defaults."""
    values = tuple(new.settings.values())
    return emit(
        saga,
        TimelineEntry(now, Cause.OPERATED, str(move)),
        (),
        version=saga.version + 1,
        definition_version=new.version,
        definition_hash=new.fingerprint,
        settings=(*saga.settings, *values[len(saga.settings) :]),
    )


def _steps(saga: Saga, old: SagaDefinition, new: SagaDefinition) -> Refusal | None:
    """What was taken, skipped, or failed at is the beginning of both, and means the same in both."""
    reached = {*saga.completed_steps, *(entry.step for entry in saga.ledger.entries)}
    reached |= {saga.failed_step} if saga.failed_step else set()
    known, wanted = old.steps[: len(reached)], new.steps[: len(reached)]
    if {step.key for step in known} != reached or len(known) != len(reached):
        return Refusal(Obstacle.STEPS, ", ".join(sorted(reached - {step.key for step in known})))
    for before, after in zip(known, (*wanted, *[None] * (len(known) - len(wanted))), strict=True):
        if after is None or after.key != before.key:
            return Refusal(Obstacle.STEPS, before.key)
        if _shape(before) != _shape(after) or _types(before, old) != _types(after, new):
            return Refusal(Obstacle.MESSAGES, before.key)
    return None


def _shape(step: Step) -> tuple[object, ...]:
    """All of a step that what has happened already depends on. How long and how often it asks may change."""
    undo = step.undo
    awaited = tuple((outcome.event_type, outcome.means, outcome.implies) for outcome in step.awaits)
    taken_back = None if undo is None else (undo.sends, undo.emits, undo.releases)
    forward = (step.sends, step.emits, awaited, step.claims is None)
    return (*forward, taken_back, step.undo_when_failed, step.holds_earlier, step.pivot)


def _types(step: Step, definition: SagaDefinition) -> list[tuple[str, str]]:
    return [(kind, definition.messages[kind].type) for kind in kinds_of(step)]


def _settings(old: SagaDefinition, new: SagaDefinition) -> Refusal | None:
    """A saga keeps its numbers by place: the names that were there come first, in their order."""
    names = tuple(new.settings)
    changed = next((name for place, name in enumerate(old.settings) if names[place : place + 1] != (name,)), None)
    return Refusal(Obstacle.SETTINGS, changed) if changed is not None else None


def _input(old: SagaDefinition, new: SagaDefinition) -> Refusal | None:
    """What started it was read by the old model: the new one may ask for nothing that this one did not."""
    if old.starts is None or new.starts is None or old.starts.key != new.starts.key:
        return Refusal(Obstacle.INPUT, "key")
    if old.starts.input is new.starts.input:
        return None
    read, wanted = _fields(old.starts.input), _fields(new.starts.input)
    if not wanted:
        return Refusal(Obstacle.INPUT, "model")
    lacking = next((name for name, kind in wanted.items() if name not in read or read[name] != kind), None)
    return Refusal(Obstacle.INPUT, lacking) if lacking is not None else None


def _fields(model: type[Any]) -> Mapping[str, Any]:
    try:
        return get_type_hints(model, include_extras=True)
    except Exception:  # noqa: BLE001 - a user's model: whatever its annotations meet, its fields are not known
        return {}


def _data(saga: Saga, new: SagaDefinition) -> Refusal | None:
    """What answers told was kept once; whatever is to be read of it must be there, and of the type."""
    for step in new.steps:
        kept, entry = saga.data.get(step.key), saga.ledger.of(step.key)
        if kept is not None:
            unread = next((name for name, rule in step.keeps.items() if not rule.takes(kept.get(name))), None)
        elif saga.state is SagaState.RUNNING and entry is not None and _told_nothing(step, entry.standing):
            unread = next(iter(step.keeps), None)
        else:
            unread = None
        if unread is not None:
            return Refusal(Obstacle.DATA, f"{step.key}.{unread}")
    return None


def _told_nothing(step: Step, standing: Standing) -> bool:
    """Passed, and later steps may count on its data: those of a step that may be skipped ask whether there are any."""
    return standing is Standing.DONE or (standing is Standing.NOT_NEEDED and step.when is None)


def _remembered(saga: Saga, old: SagaDefinition, new: SagaDefinition) -> Refusal | None:
    """An event that came before its step was judged by the old version: it must say the same to the new one."""
    for early in saga.early:
        if early.cause is not Cause.REPORTED or early.event_type is None:
            continue
        before, after = _outcome(early.event_type, old), _outcome(early.event_type, new)
        if before != after and (before is None or saga.ledger.of(before[0]) is None):
            return Refusal(Obstacle.REMEMBERED, early.event_type)
    return None


def _outcome(event_type: str, definition: SagaDefinition) -> tuple[str, Outcome] | None:
    named = ((step.key, outcome) for step in definition.steps for outcome in step.awaits)
    return next(((key, outcome) for key, outcome in named if outcome.event_type == event_type), None)


_REHEARSED: Final = TimelineEntry(0, Cause.OPERATED, "rehearsal")


def _unmade(saga: Saga, new: SagaDefinition) -> Refusal | None:
    """Whatever may be sent next for what was taken is made once, and thrown away: afterwards it would be too late."""
    kinds: list[str] = []
    for step in new.steps:
        entry = saga.ledger.of(step.key)
        if entry is not None and entry.standing in OPEN and step.sends is not None:
            kinds.append(step.sends)
        if step.undo is not None and owes_undo(saga, step):
            kinds += [*([step.undo.sends] if step.undo.sends is not None else []), *step.undo.emits]
    if saga.outcome is not None:
        kinds += new.announces.get(saga.outcome, ())
    rehearsed = emit(saga, _REHEARSED, tuple(kinds))
    for key in rehearsed.outbox:
        try:
            encoded(render(rehearsed, key, new))
        except RejectedEvent:
            return Refusal(Obstacle.NOT_MADE, key.partition("#")[0])
    return None

"""How a saga ends: the state it comes to rest in, what is undone on the way, and who may ask for it."""

from dataclasses import dataclass
from typing import Any

from saga_orchestrator.domain.definition import MessageSpec, SagaDefinition, Step
from saga_orchestrator.domain.errors import CorruptSaga
from saga_orchestrator.domain.events import (
    Event,
    ExecutionCancelled,
    ExecutionCompleted,
    ExecutionFailed,
    ExecutionTimedOut,
)
from saga_orchestrator.domain.policy import Policy
from saga_orchestrator.domain.saga import Cause, EarlyEvent, Saga, TimelineEntry, emit
from saga_orchestrator.domain.states import SagaState, move


@dataclass(frozen=True, slots=True)
class Ending:
    state: SagaState
    reason: str
    exit_code: int | None = None
    error_type: str | None = None
    by: str | None = None
    failed_step: str | None = None


def authorise(actor: str | None, owner: str | None, policy: Policy) -> bool:
    """May `actor` cancel what `owner` requested? An execution without an owner belongs to the admins."""
    return actor is not None and (actor == owner or actor in policy.admin_users)


def ending_of(event: Event | EarlyEvent) -> Ending:
    """The ending a terminal event asks for, whether it comes now or was remembered."""
    match event:
        case ExecutionCompleted(exit_code=code) | EarlyEvent(cause=Cause.COMPLETED, exit_code=code):
            return Ending(SagaState.COMPLETED, "execution_completed", exit_code=code)
        case (
            ExecutionFailed(exit_code=code, error_type=error)
            | EarlyEvent(cause=Cause.FAILED, exit_code=code, error_type=error)
        ):
            return Ending(SagaState.FAILED, "execution_failed", exit_code=code, error_type=error)
        case ExecutionTimedOut() | EarlyEvent(cause=Cause.TIMEOUT):
            return Ending(SagaState.TIMEOUT, "execution_timeout")
        case ExecutionCancelled(actor=actor) | EarlyEvent(cause=Cause.CANCELLED, actor=actor):
            return Ending(SagaState.CANCELLED, "cancelled", by=actor)
        case _:
            msg = f"{type(event).__name__} ends nothing"
            raise TypeError(msg)


def end(
    saga: Saga, ending: Ending, cause: TimelineEntry, definition: SagaDefinition, policy: Policy, **changes: Any
) -> Saga:
    """`saga` at rest: undone in reverse unless it completed, its deadline gone, the outcome announced last.

    The caller adds the version of this write in `changes`, and takes the claim away.
    """
    undone = () if ending.state is SagaState.COMPLETED else _owed(saga, ending, definition)
    via = () if ending.state is SagaState.COMPLETED else (SagaState.COMPENSATING,)
    undos = [kind for step in undone for kind in _undo_messages(saga, step, ending)]
    if saga.has_started and not undone and ending.state is not SagaState.COMPLETED:
        # A pod was seen before its request, which now ends without a create: that pod must go as well.
        undos = list(definition.undo_again_on_late_start)
    undos = [kind for kind in undos if may_send(saga, kind, definition, policy)]
    return emit(
        saga,
        cause,
        (*undos, f"saga_{ending.state}"),
        **changes,
        state=move((saga.state, *via, ending.state)),
        compensated_steps=tuple(step.key for step in undone),
        deadline=None,
        deadline_shard=None,
        reason=ending.reason,
        exit_code=ending.exit_code,
        error_type=ending.error_type,
        ended_by=ending.by,
        ended_at=cause.at,
        expires=cause.at // 1000 + policy.retention_seconds,
    )


def may_send(saga: Saga, kind: str, definition: SagaDefinition, policy: Policy) -> bool:
    """Commands go out only while they are switched on, and never for a saga that was requested while they were off."""
    spec = definition.messages.get(kind)
    return (isinstance(spec, MessageSpec) and not spec.is_command) or (policy.publish_commands and not saga.shadow)


def made_nothing(saga: Saga, definition: SagaDefinition) -> bool:
    """A step is done and sent nothing: the saga ran while commands were off, by code that did not note it yet."""
    steps = [step for step in map(definition.step, saga.completed_steps) if step and step.emits]
    return any(not any(saga.has_emitted(kind) for kind in step.emits) for step in steps)


def _owed(saga: Saga, ending: Ending, definition: SagaDefinition) -> list[Step]:
    """Steps to take back, last first: the completed ones, and the failed one where its outcome is unknown.

    Raises:
        CorruptSaga: a completed step is not in the definition. Ending the saga without its undo would leak what the
            step made, so nothing is written.
    """
    done = [_known(definition, key) for key in saga.completed_steps]
    failed = definition.step(ending.failed_step) if ending.failed_step else None
    owed = [*done, *([failed] if failed and failed.undo_when_failed else [])]
    return [step for step in reversed(owed) if step.undo is not None]


def _known(definition: SagaDefinition, key: str) -> Step:
    step = definition.step(key)
    if step is None:
        raise CorruptSaga(
            f"it has done the step {key}, which this code cannot undo: deploy the code that can, then redrive"
        )
    return step


def _undo_messages(saga: Saga, step: Step, ending: Ending) -> tuple[str, ...]:
    """Undo what was really sent: with commands switched off there is no pod to delete."""
    if step.undo is None:
        return ()
    was_sent = not step.emits or step.key == ending.failed_step or any(saga.has_emitted(kind) for kind in step.emits)
    return step.undo.emits if was_sent else ()

"""Effects: what participants hold. Each operation ends with none, or the saga is completed."""

from saga_orchestrator.domain.definition import Step
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.domain.states import SagaState
from saga_testing.proving.situation import Played, sent_times
from saga_testing.proving.subject import Subject


def nothing_is_held_by_nobody(subject: Subject, played: Played) -> str | None:
    """At rest; what is parked is held by an operator, and what one has settled is his."""
    here, saga = played.after, played.after.saga
    if here.flying or saga is None or not saga.state.is_terminal or saga.state is SagaState.COMPLETED:
        return None
    settled = any(each.startswith("operator ") for each in here.used)
    for name, operation in here.operations:
        step = next(step for step in subject.steps if step.key == name.rpartition(":")[2])
        if operation.effect and step.undo is not None and not settled:
            return f"what {step.key} did is held by nobody"
    return None


def one_effect_an_operation(_subject: Subject, played: Played) -> str | None:
    held = [name.rpartition(":")[2] for name, operation in played.after.operations if operation.effect]
    twice = {step for step in held if held.count(step) > 1}
    return f"{min(twice)} was done twice" if twice else None


def no_end_while_an_undo_is_owed(subject: Subject, played: Played) -> str | None:
    """By what was answered: whatever may have happened was taken back, and that was confirmed or settled."""
    here, saga = played.after, played.after.saga
    if saga is None or not played.decision or not saga.state.is_terminal or saga.state is SagaState.COMPLETED:
        return None
    for step in subject.steps:
        if step.undo is None or not _may_have_happened(played, step, saga):
            continue
        if step.undo.sends is not None and step.key not in here.confirmed:
            return f"it ended {saga.state} while the undo of {step.key} was owed"
        if any(sent_times(saga, kind) == 0 for kind in step.undo.emits):
            return f"it ended {saga.state} and never told {step.undo.emits[0]}"
    return None


def _may_have_happened(played: Played, step: Step, saga: Saga) -> bool:
    if step.undo_when_failed and saga.failed_step == step.key:
        return True
    if step.sends is not None:
        return played.after.may_have_happened(step.sends)
    return step.key in saga.completed_steps


def a_step_is_done_when_somebody_said_so(subject: Subject, played: Played) -> str | None:
    """No step that waits is completed by the way: not by what it sends, nor by an event that does not imply it."""
    before, after = played.before.saga, played.after.saga
    if after is None or not played.decision or before is after:
        return None
    if len(set(after.completed_steps)) != len(after.completed_steps):
        return "a step was completed twice"
    for key in after.completed_steps:
        step = subject.steps[subject.place[key]]
        known = before is not None and key in before.completed_steps
        if step.waits and not (known or _was_said(played, step) or _was_implied(subject, played, step)):
            return f"{key} counts as done, and nobody said so"
    return None


def _was_said(played: Played, step: Step) -> bool:
    used = played.after.used
    if "operator resolve" in used:
        return True
    if step.sends is not None:
        return any(key.partition("#")[0] == step.sends and answer == "done" for key, answer in played.after.answered)
    return any(f"{outcome.event_type} heard" in used for outcome in step.awaits)


def _was_implied(subject: Subject, played: Played, step: Step) -> bool:
    """Somebody told of a later step, with an event that says that everything before it happened."""
    later = subject.steps[subject.place[step.key] + 1 :]
    telling = (outcome.event_type for each in later for outcome in each.awaits if outcome.implies)
    return any(f"{event_type} heard" in played.after.used for event_type in telling)


EFFECTS = (
    no_end_while_an_undo_is_owed,
    nothing_is_held_by_nobody,
    one_effect_an_operation,
    a_step_is_done_when_somebody_said_so,
)

"""What was reached, of what a definition can reach: so that a proof never says more than it saw."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from saga_orchestrator.domain.decide import Verdict
from saga_orchestrator.domain.definition import SagaDefinition, Step
from saga_orchestrator.domain.flow.ledger import UNDOING, Entry, Standing
from saga_orchestrator.domain.flow.terms import Answer, OnExhausted
from saga_orchestrator.domain.flow.verbs import Refused
from saga_orchestrator.domain.states import SagaState
from saga_testing.proving.moves import refused_actor
from saga_testing.proving.situation import Kind, Played
from saga_testing.proving.subject import Subject

Place = tuple[str, str]
"""A step, an undo, or the saga; and what became of it."""

SAGA: Final = "saga"
FORWARD: Final = {Standing.GIVEN_UP: "given up", Standing.NOT_NEEDED: "skipped", Standing.STUCK: "parked"}
BACK: Final = {
    Standing.UNDO_ASKED: "asked",
    Standing.UNDO_PARKED: "parked",
    Standing.RESOLVED: "resolved by an operator",
    Standing.UNDO_SKIPPED: "skipped by an operator",
}
OWED: Final = {Standing.DONE, Standing.REFUSED, Standing.GIVEN_UP}


@dataclass
class Coverage:
    """Counts each place that was reached."""

    reached: Counter[Place] = field(default_factory=Counter)

    def see(self, subject: Subject, played: Played) -> None:
        self.reached.update(places_of(subject, played))

    def missing(self, definition: SagaDefinition) -> list[Place]:
        return [place for place in possible(definition) if place not in self.reached]

    def __add__(self, other: "Coverage") -> "Coverage":
        return Coverage(self.reached + other.reached)


def undo_of(step: Step) -> str:
    return f"undo {step.key}"


# -- what one move reached


def places_of(subject: Subject, played: Played) -> Iterator[Place]:
    yield from _of_the_saga(played)
    if played.before.saga is played.after.saga or played.after.saga is None:
        return
    yield from _of_the_answer(subject, played)
    for step in subject.steps:
        yield from _of_the_step(step, subject, played)
        yield from _of_the_barrier(step, subject, played)


def _of_the_answer(subject: Subject, played: Played) -> Iterator[Place]:
    """What a participant, or somebody's event, said of a step that was open."""
    move = played.move
    if move.kind is Kind.REPLY and not move.lost:
        asking = subject.asking[move.about.partition("#")[0]]
        step = asking.step
        yield (undo_of(step) if asking.is_undo else step.key), str(move.answer)
    for step in subject.steps if move.kind is Kind.REPORT else ():
        if (
            any(outcome.event_type == move.about for outcome in step.awaits)
            and played.before.entry(step.key) is not None
        ):
            yield step.key, str(move.answer)


def _of_the_saga(played: Played) -> Iterator[Place]:
    if played.rejected is not None:
        yield SAGA, f"rejected: {played.rejected.reason}"
    decision, saga = played.decision, played.after.saga
    if decision is None or saga is None:
        return
    if decision.told is not None:
        yield SAGA, f"answered: {decision.told}"
    if played.before.saga is not saga and saga.state.is_terminal and _was_running(played):
        yield SAGA, f"ended {saga.state}"
    if saga.reason == "saga_deadline_passed" and played.outcome_was_fixed:
        yield SAGA, "its own deadline passed"
    if decision.verdict is Verdict.REMEMBERED and played.move.kind is Kind.CANCEL:
        yield SAGA, "a cancel came early"
    if played.move.no_room and saga.reason == "limit_reached":
        yield SAGA, "no slot was free"


def _was_running(played: Played) -> bool:
    before = played.before.saga
    return before is None or not before.state.is_terminal


def _of_the_step(step: Step, subject: Subject, played: Played) -> Iterator[Place]:
    before, after = played.before.entry(step.key), played.after.entry(step.key)
    if step.waits and after is not None and before != after:
        yield from _of_the_entry(step, before, after, played)
    if not step.waits or (step.undo is not None and step.undo.sends is None):
        yield from _of_the_lists(step, subject, played)
    if played.decision is not None and played.decision.verdict is Verdict.REMEMBERED:
        yield from ((step.key, "came early") for each in step.awaits if each.event_type == played.move.about)


def _of_the_entry(step: Step, before: Entry | None, after: Entry, played: Played) -> Iterator[Place]:
    was = before.standing if before is not None else None
    if was is None and after.standing is not Standing.NOT_NEEDED:
        yield step.key, "asked"
    if after.standing is not was and after.standing in FORWARD:
        yield step.key, FORWARD[after.standing]
    if after.standing is not was and after.standing in BACK:
        yield undo_of(step), BACK[after.standing]
    ended_here = (
        played.outcome_was_fixed and played.after.saga is not None and played.after.saga.failed_step == step.key
    )
    if ended_here and played.move.kind is Kind.TIME:
        yield step.key, "given up"
    yield from _of_the_attempts(step, before, after, played)


def _of_the_attempts(step: Step, before: Entry | None, after: Entry, played: Played) -> Iterator[Place]:
    attempt, undo = (before.attempt, before.undo) if before is not None else (0, 0)
    if played.move.kind is Kind.TIME and before is not None and before.standing is Standing.ASKED:
        yield step.key, "silent"
    if played.move.kind is Kind.TIME and before is not None and before.standing is Standing.UNDO_ASKED:
        yield undo_of(step), "silent"
    if after.attempt > attempt > 0:
        yield step.key, "tried again"
    if after.undo > undo > 0 and after.repeated == (before.repeated if before else 0):
        yield undo_of(step), "tried again"


def _of_the_lists(step: Step, subject: Subject, played: Played) -> Iterator[Place]:
    before, after = played.before.saga, played.after.saga
    if after is None:
        return
    done_before = before.completed_steps if before is not None else ()
    undone_before = before.compensated_steps if before is not None else ()
    if not step.waits and step.key in after.completed_steps and step.key not in done_before:
        yield step.key, "done"
    if not step.waits and step.key == _refused_in(subject, played):
        yield step.key, "refused"
    if step.key in after.compensated_steps and step.key not in undone_before:
        yield undo_of(step), "done"


def _refused_in(subject: Subject, played: Played) -> str | None:
    """The step that refused by itself. An execution's saga does not keep its name, only what was done before it."""
    saga = played.after.saga
    if saga is None or not saga.state.is_terminal or not _was_running(played) or played.move.kind is Kind.CANCEL:
        return None
    first = next((step.key for step in subject.steps if step.key not in saga.completed_steps), None)
    return saga.failed_step or (first if saga.state is SagaState.FAILED else None)


def _of_the_barrier(step: Step, subject: Subject, played: Played) -> Iterator[Place]:
    """Its own undo is under way, and an earlier one that is owed waits for it."""
    entry = played.after.entry(step.key)
    if not step.holds_earlier or entry is None or entry.standing not in UNDOING:
        return
    if any(_is_held(earlier, played) for earlier in subject.steps[: subject.place[step.key]]):
        yield undo_of(step), "held an earlier one"


def _is_held(step: Step, played: Played) -> bool:
    saga, entry = played.after.saga, played.after.entry(step.key)
    if saga is None or step.undo is None or step.key in saga.compensated_steps:
        return False
    return step.key in saga.completed_steps if entry is None else entry.standing in OWED


# -- what can be reached at all


def possible(definition: SagaDefinition) -> list[Place]:
    """Every place of the table. What a definition's own functions leave open may be out of reach for one input."""
    places = [place for step in definition.steps for place in _possible_of(step, definition)]
    return [*places, *((SAGA, what) for what in _possible_ends(definition))]


def _possible_of(step: Step, definition: SagaDefinition) -> Iterator[Place]:
    yield step.key, "done"
    if step.when is not None:
        yield step.key, "skipped"
    if step.check is not None or step.claims is not None:
        yield step.key, "refused"
    if step.sends is not None:
        yield from ((step.key, what) for what in _of_asking(step, definition))
    yield from ((step.key, what) for what in _of_awaiting(step, definition))
    if step.undo is not None:
        yield from ((undo_of(step), what) for what in _of_undoing(step, definition))


def _of_asking(step: Step, definition: SagaDefinition) -> list[str]:
    retried = step.retry.attempts != 1
    return [
        "asked",
        "refused",
        "failed",
        "silent",
        *(["tried again"] if retried else []),
        _exhausted(step, definition),
    ]


def _exhausted(step: Step, definition: SagaDefinition) -> str:
    before = definition.steps[: definition.steps.index(step) + 1]
    parks = step.on_exhausted is OnExhausted.PARK or any(each.pivot for each in before)
    return "parked" if parks else "given up"


def _of_awaiting(step: Step, definition: SagaDefinition) -> list[str]:
    if not step.awaits:
        return []
    refuses = any(outcome.means is Answer.REFUSED for outcome in step.awaits)
    return ["asked", *(["refused"] if refuses else []), "silent", _exhausted(step, definition), "came early"]


def _of_undoing(step: Step, definition: SagaDefinition) -> list[str]:
    undo = step.undo
    if undo is None or undo.sends is None:
        return ["done"]
    place = definition.steps.index(step)
    holds = step.holds_earlier and any(each.undo is not None for each in definition.steps[:place])
    return [
        "asked",
        "done",
        "refused",
        "failed",
        "silent",
        *(["tried again"] if undo.retry.attempts != 1 else []),
        "parked",
        "resolved by an operator",
        "skipped by an operator",
        *(["held an earlier one"] if holds else []),
    ]


def _possible_ends(definition: SagaDefinition) -> list[str]:
    confirmed = any(step.undo is not None and step.undo.sends is not None for step in definition.steps)
    cancels = definition.cancels is not None or definition.starts is None
    barred = any(refused_actor(outcome) is not None for step in definition.steps for outcome in step.awaits)
    waits = any(step.waits for step in definition.steps) or definition.starts is None
    pivots = [step for step in definition.steps if step.pivot]
    parks = confirmed or bool(pivots) or any(step.on_exhausted is OnExhausted.PARK for step in definition.steps)
    waiting = (step for step in definition.steps if step.waits and not step.pivot)
    others_park = any(_exhausted(step, definition) == "parked" for step in waiting)
    return [
        f"ended {SagaState.COMPLETED}",
        f"ended {SagaState.FAILED}",
        *([f"ended {SagaState.TIMEOUT}"] if waits else []),
        *([f"ended {SagaState.CANCELLED}", "rejected: unauthorised_cancel", "a cancel came early"] if cancels else []),
        *(["answered: already_ended"] if cancels and definition.starts else []),
        *(["answered: compensating"] if cancels and confirmed else []),
        *(["answered: too_late"] if cancels and pivots else []),
        *(["rejected: unauthorised_report"] if barred else []),
        *(["rejected: never_sent"] if any(step.sends for step in definition.steps) else []),
        *(["no slot was free"] if any(step.claims for step in definition.steps) else []),
        *(["its own deadline passed"] if definition.within is not None else []),
        *([f"answered: {Refused.NO_PIVOT}"] if parks and confirmed else []),
        *([f"answered: {Refused.PIVOT}", f"answered: {Refused.UNANSWERED}"] if pivots else []),
        *([f"answered: {Refused.NO_UNDO}"] if others_park else []),
    ]

"""What can be wrong with the definition of a saga that waits. All of it is found when its module is imported."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Final

from saga_orchestrator.domain.flow.terms import (
    MAX_DATA_BYTES,
    Announcement,
    Command,
    Number,
    Outcome,
    Retry,
    View,
)

from . import probing
from .numbers import MOST_ATTEMPTS, problem_of_numbers

if TYPE_CHECKING:
    from saga_orchestrator.domain.definition import SagaDefinition, Step

MAX_STEPS: Final = 24
"""More would let the timeline of a saga whose every attempt fails outgrow an item (400 KB)."""
_BOUND_OF_A_NUMBER: Final = 24


def mistakes_of(definition: "SagaDefinition") -> list[str]:
    """In sentences, all together."""
    return [
        *_names(definition),
        *(problem for step in definition.steps for problem in _of_step(step, definition)),
        *_order(definition),
        *_numbers(definition),
        *_size(definition),
        *_reads(definition),
        *_shows(definition),
    ]


def _names(definition: "SagaDefinition") -> Iterator[str]:
    kinds = [kind for step in definition.steps for kind in kinds_of(step)]
    kinds += [kind for announced in definition.announces.values() for kind in announced]
    types = [definition.starts.event_type if definition.starts else "", definition.cancels or ""]
    types += [outcome.event_type for step in definition.steps for outcome in step.awaits]
    asked = [kind for step in definition.steps for kind in (step.sends, step.undo.sends if step.undo else None) if kind]
    for kind in _twice(asked):
        yield f"command {kind!r} is sent by two steps"
    for kind in _twice(kinds):
        # What a message may tell depends on the step that emits it, so its kind must say which one that is.
        if kind not in _twice(asked):
            yield f"message {kind!r} is emitted in two places"
    for name in _twice(types):
        yield f"event {name!r} means two things"
    for kind, spec in definition.messages.items():
        if not isinstance(spec, Command | Announcement):
            yield f"message {kind!r} is neither a Command nor an Announcement"
    for kind in asked:
        if not isinstance(definition.messages.get(kind), Command):
            yield f"message {kind!r} is awaited and no Command"


def kinds_of(step: "Step") -> tuple[str, ...]:
    """Every kind of message that the step or its undo sends."""
    undo = step.undo
    asked = (step.sends, undo.sends if undo else None)
    return (*step.emits, *(undo.emits if undo else ()), *(kind for kind in asked if kind is not None))


def _twice(names: list[str]) -> list[str]:
    return sorted({name for name in names if name and names.count(name) > 1})


def _of_step(step: "Step", definition: "SagaDefinition") -> Iterator[str]:
    retries = [("", step.retry), *([("the undo of ", step.undo.retry)] if step.undo else [])]
    for of, retry in retries:
        yield from _of_retry(f"{of}step {step.key!r}", retry, definition)
    if step.waits and step.within is None:
        yield f"step {step.key!r} waits without a limit"
    if step.pivot and not step.sends:
        yield f"step {step.key!r} is the point of no return and sends nothing"
    for name, kept in step.keeps.items():
        if kept.type not in {str, int, float, bool} or not 0 < kept.most <= 1024:
            yield f"step {step.key!r} keeps {name!r}, which is no text, number or flag of a bounded length"
    if step.keeps and not step.sends:
        yield f"step {step.key!r} keeps data and asks nobody"
    if step.keeps and step.awaits:
        yield f"step {step.key!r} keeps data of an answer, and an event may come instead of it"


def _of_retry(what: str, retry: Retry, definition: "SagaDefinition") -> Iterator[str]:
    most = definition.settings.get(retry.attempts, 1) if isinstance(retry.attempts, str) else retry.attempts
    if not 1 <= most <= MOST_ATTEMPTS:
        yield f"{what} makes {most} attempts, and 1 to {MOST_ATTEMPTS} are possible"
    if retry.backoff_seconds < 0 or retry.cap_seconds < retry.backoff_seconds:
        yield f"{what} backs off for less than nothing, or for longer than its cap"


def _order(definition: "SagaDefinition") -> Iterator[str]:
    pivots = [position for position, step in enumerate(definition.steps) if step.pivot]
    if len(pivots) > 1:
        yield "only one step may be the point of no return"
    for step in definition.steps[pivots[0] + 1 :] if pivots else ():
        if step.undo:
            yield f"step {step.key!r} has an undo after the point of no return"
        if step.check or step.claims:
            yield f"step {step.key!r} may refuse after the point of no return"
    implying = [place for place, step in enumerate(definition.steps) if any(map(_implies, step.awaits))]
    for step in definition.steps[: max(implying, default=0)]:
        if step.keeps:
            yield f"step {step.key!r} keeps data of an answer, and a later event implies it without one"


def _implies(outcome: Outcome) -> bool:
    return outcome.implies


def _numbers(definition: "SagaDefinition") -> Iterator[str]:
    undos = [step.undo for step in definition.steps if step.undo is not None]
    attempts = [each.retry.attempts for each in definition.steps] + [each.retry.attempts for each in undos]
    limits: list[Number | None] = [definition.within, *(step.within for step in definition.steps)]
    limits += [undo.within for undo in undos]
    for name in sorted({each for each in (*attempts, *limits) if isinstance(each, str)} - {*definition.settings}):
        yield f"{name!r} is no declared setting"
    for limit in sorted({each for each in limits if isinstance(each, int)}):
        if limit < 1:
            yield f"a limit of {limit} seconds is none"
    wrong = problem_of_numbers({definition.name: definition.settings}, (definition,))
    if wrong is not None:
        yield f"the default of {wrong}"


def _size(definition: "SagaDefinition") -> Iterator[str]:
    if len(definition.steps) > MAX_STEPS:
        yield f"it has {len(definition.steps)} steps, and {MAX_STEPS} are possible"
    kept = [rule for step in definition.steps for rule in step.keeps.values()]
    most = sum(rule.most if rule.type is str else _BOUND_OF_A_NUMBER for rule in kept)
    if most > MAX_DATA_BYTES:
        yield f"its steps may keep {most} bytes of answers together, and {MAX_DATA_BYTES} are possible"


def _reads(definition: "SagaDefinition") -> Iterator[str]:
    """Each function over what is known for certain when it is called.

    A step that may not be needed, and one that is being undone, may have told nothing: their data is asked for with
    `get`.
    """
    known: dict[str, Mapping[str, type]] = {}
    for step in definition.steps:
        seen = _seen(definition, known)
        for name, function in (("when", step.when), ("check", step.check), ("claims", step.claims)):
            if function is not None and (what := probing.misread(function, seen)):
                yield f"{name} of step {step.key!r} reads {what}, which is not known by then"
        undo = (step.undo.sends, *step.undo.emits) if step.undo else ()
        for kind in (step.sends, *step.emits, *undo):
            yield from _read_by(definition, kind, seen)
        if step.when is None:
            known[step.key] = {name: rule.type for name, rule in step.keeps.items()}
    for outcome, kinds in definition.announces.items():
        seen = _seen(definition, known if outcome == "completed" else {})
        for kind in kinds:
            yield from _read_by(definition, kind, seen)


def _seen(definition: "SagaDefinition", known: Mapping[str, Mapping[str, type]]) -> View:
    model = definition.starts.input if definition.starts else object
    return probing.probe(model, definition.settings, {step: kept for step, kept in known.items() if kept})


def _shows(definition: "SagaDefinition") -> Iterator[str]:
    start = definition.starts
    has = {each.name for each in fields(start.input)} if start and is_dataclass(start.input) else None
    for name in start.shown if start else ():
        if has is not None and name not in has:
            yield f"{name!r} is shown, and the input has no such field"


def _read_by(definition: "SagaDefinition", kind: str | None, seen: View) -> Iterator[str]:
    spec = definition.messages.get(kind or "")
    if isinstance(spec, Command | Announcement) and (what := probing.misread(spec.body, seen)):
        yield f"message {kind!r} reads {what}, which is not known by then"

"""Mistakes in a definition: all of them together, in sentences, when its module is imported."""

import re
from typing import TYPE_CHECKING, Final

from saga_orchestrator.domain.flow.terms import Announcement, Command

from .numbers import problem_of_numbers

if TYPE_CHECKING:
    from saga_orchestrator.domain.definition import SagaDefinition, Step

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")


def problems_of(definition: "SagaDefinition") -> list[str]:
    """All that is wrong with a definition, in sentences; a mistake is refused when its module is imported."""
    return [*_naming(definition), *(_waiting(definition) if definition.starts else _not_waiting(definition))]


def _naming(definition: "SagaDefinition") -> list[str]:
    declared = (*definition.steps, *definition.retired)
    keys = [step.key for step in declared]
    kinds = {kind for step in declared for kind in kinds_of(step)} | {*definition.undo_again_on_late_start}
    kinds |= {kind for announced in definition.announces.values() for kind in announced}
    names = (definition.name, *keys, *definition.messages)
    return [
        *(f"{name!r} is no lower-case name" for name in names if not _NAME.fullmatch(name)),
        *(f"step {key!r} is declared twice" for key in sorted({key for key in keys if keys.count(key) > 1})),
        *(f"message {kind!r} is not declared" for kind in sorted(kinds - {*definition.messages})),
        *(f"message {kind!r} has a name of the engine's own" for kind in definition.messages if kind[:5] == "saga_"),
        *(["only one step may claim"] if sum(step.claims is not None for step in definition.steps) > 1 else []),
    ]


def kinds_of(step: "Step") -> tuple[str, ...]:
    """Every kind of message that the step or its undo sends."""
    undo = step.undo
    asked = (step.sends, undo.sends if undo else None)
    return (*step.emits, *(undo.emits if undo else ()), *(kind for kind in asked if kind is not None))


def _not_waiting(definition: "SagaDefinition") -> list[str]:
    return [
        f"step {step.key!r} waits, and only a saga with a start event of its own can wait"
        for step in definition.steps
        if step.waits or (step.undo is not None and step.undo.sends is not None)
    ]


def _waiting(definition: "SagaDefinition") -> list[str]:
    asked = [kind for step in definition.steps for kind in (step.sends, step.undo.sends if step.undo else None) if kind]
    types = [definition.starts.event_type if definition.starts else "", definition.cancels or ""]
    types += [outcome.event_type for step in definition.steps for outcome in step.awaits]
    pivots = [position for position, step in enumerate(definition.steps) if step.pivot]
    after = definition.steps[pivots[0] + 1 :] if pivots else ()
    return [
        *(
            f"command {kind!r} is sent by two steps"
            for kind in sorted({kind for kind in asked if asked.count(kind) > 1})
        ),
        *(
            f"event {name!r} means two things"
            for name in sorted({name for name in types if name and types.count(name) > 1})
        ),
        *(problem for step in definition.steps for problem in _of_step(step, definition)),
        *(["only one step may be the point of no return"] if len(pivots) > 1 else []),
        *(f"step {step.key!r} has an undo after the point of no return" for step in after if step.undo),
        *(f"step {step.key!r} may refuse after the point of no return" for step in after if step.check or step.claims),
        *(
            f"message {kind!r} is neither a Command nor an Announcement"
            for kind, spec in definition.messages.items()
            if not isinstance(spec, Command | Announcement)
        ),
        *(
            f"message {kind!r} is awaited and no Command"
            for kind in asked
            if not isinstance(definition.messages.get(kind), Command)
        ),
        *([] if (wrong := _wrong_default(definition)) is None else [f"the default of {wrong}"]),
        *(
            f"{name!r} is no declared setting"
            for name in sorted(set(_named_numbers(definition)) - {*definition.settings})
        ),
    ]


def _wrong_default(definition: "SagaDefinition") -> str | None:
    return problem_of_numbers({definition.name: definition.settings}, (definition,))


def _of_step(step: "Step", definition: "SagaDefinition") -> list[str]:
    attempts = step.retry.attempts
    most = definition.settings.get(attempts, 1) if isinstance(attempts, str) else attempts
    return [
        *([f"step {step.key!r} waits without a limit"] if step.waits and step.within is None else []),
        *([f"step {step.key!r} waits for an answer and for an event"] if step.sends and step.awaits else []),
        *([f"step {step.key!r} makes {most} attempts, and 1 to 15 are possible"] if not 1 <= most <= 15 else []),
        *([f"step {step.key!r} is the point of no return and sends nothing"] if step.pivot and not step.sends else []),
        *(
            f"step {step.key!r} keeps {name!r}, which is no text, number or flag of a bounded length"
            for name, kept in step.keeps.items()
            if kept.type not in {str, int, float, bool} or not 0 < kept.most <= 1024
        ),
        *([f"step {step.key!r} keeps data and asks nobody"] if step.keeps and not step.sends else []),
    ]


def _named_numbers(definition: "SagaDefinition") -> list[str]:
    undos = [step.undo for step in definition.steps if step.undo is not None]
    numbers = [definition.within, *(undo.within for undo in undos), *(undo.retry.attempts for undo in undos)]
    numbers += [number for step in definition.steps for number in (step.within, step.retry.attempts)]
    return [number for number in numbers if isinstance(number, str)]

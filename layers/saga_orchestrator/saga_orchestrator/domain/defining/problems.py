"""Mistakes in a definition: all of them together, in sentences, when its module is imported."""

import re
from typing import TYPE_CHECKING, Final

from .waiting import kinds_of, mistakes_of

if TYPE_CHECKING:
    from saga_orchestrator.domain.definition import SagaDefinition

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")


def problems_of(definition: "SagaDefinition") -> list[str]:
    """All that is wrong with a definition, in sentences; a mistake is refused when its module is imported."""
    return [*_naming(definition), *(mistakes_of(definition) if definition.starts else _not_waiting(definition))]


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


def _not_waiting(definition: "SagaDefinition") -> list[str]:
    several = [
        f"step {step.key!r} has a confirmable undo, which is exactly one message"
        for step in definition.steps
        if step.undo is not None and step.undo.confirmable and len(step.undo.emits) + bool(step.undo.sends) != 1
    ]
    return several + [
        f"step {step.key!r} waits, and only a saga with a start event of its own can wait"
        for step in definition.steps
        if step.waits or (step.undo is not None and step.undo.sends is not None and not step.undo.confirmable)
    ]

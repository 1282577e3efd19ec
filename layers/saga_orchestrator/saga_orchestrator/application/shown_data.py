"""What of the user's own data people may read: the fields that the definition marks as shown, and nothing else."""

import json
from typing import Any

from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.saga import Saga

Facts = dict[str, Any]


def shown_input(saga: Saga, definition: SagaDefinition | None) -> Facts:
    """Of what began it. Nothing of an input that cannot be read: a page that shows the rest is worth more."""
    if definition is None or definition.starts is None or saga.input is None:
        return {}
    try:
        content = json.loads(saga.input)
    except (ValueError, RecursionError):
        return {}
    return {name: content[name] for name in definition.starts.shown if isinstance(content, dict) and name in content}


def shown_data(saga: Saga, definition: SagaDefinition | None) -> dict[str, Facts]:
    """By step, of what its answer told."""
    steps = (*definition.steps, *definition.retired) if definition else ()
    shown = {
        step.key: {name: saga.data[step.key][name] for name, kept in step.keeps.items() if kept.shown and name in told}
        for step in steps
        if (told := saga.data.get(step.key))
    }
    return {step: told for step, told in shown.items() if told}

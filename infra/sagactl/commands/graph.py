"""`sagactl graph`: the saga definition as a Mermaid flowchart, drawn from the code that runs."""

import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from saga_orchestrator.domain.definition import SagaDefinition, Step
from saga_orchestrator.domain.states import SagaState
from sagactl.finding import find
from sagactl.options import with_exit_code
from sagactl.outlet import Output, show
from sagactl.waiting_chart import waiting_chart

_ENDINGS = (
    (SagaState.FAILED, "EXECUTION_FAILED"),
    (SagaState.TIMEOUT, "EXECUTION_TIMEOUT, or a deadline passed"),
    (SagaState.CANCELLED, "EXECUTION_CANCELLED"),
)


def graph(
    saga_name: Annotated[
        str, typer.Argument(help="A saga's name, or module:ATTRIBUTE of a file of yours.")
    ] = "execution_saga",
    output: Annotated[Output, typer.Option("--output", help="Format of the result.")] = Output.TABLE,
) -> None:
    """Print a saga's definition as Mermaid, for documentation or a viewer; needs no stack."""

    def draw() -> None:
        definition = find(saga_name).definition
        chart = mermaid(definition)
        if output is Output.JSON:
            show(output, {"saga_name": definition.name, "version": definition.version, "mermaid": chart})
        else:
            sys.stdout.write(chart)

    with_exit_code(draw)


def mermaid(definition: SagaDefinition) -> str:
    """Steps downwards, each with what it sends; what undoes them beside them, upwards."""
    lines = waiting_chart(definition) if definition.starts else _lines(definition)
    return "\n".join(["flowchart TD", *(f"    {line}" for line in lines)]) + "\n"


def _lines(definition: SagaDefinition) -> Iterator[str]:
    steps, undos = definition.steps, [step for step in definition.steps if step.undo is not None]
    yield f'request(["EXECUTION_REQUESTED"]) --> {steps[0].key}'
    for step in steps:
        yield f'{step.key}["{_label(step, definition)}"]'
    for step, following in zip(steps, (*steps[1:], None), strict=True):
        yield f"{step.key} --> {following.key if following else 'waiting'}"
        if step.check or step.claims:
            yield f'{step.key} -- "refused" --> {_undo_before(step, steps)}'
    yield 'waiting{{"running: start deadline, then run deadline"}}'
    yield 'waiting -- "EXECUTION_STARTED" --> waiting'
    yield f'waiting -- "EXECUTION_COMPLETED" --> {SagaState.COMPLETED}(["{SagaState.COMPLETED}"])'
    compensation = [f"undo_{step.key}" for step in reversed(undos)] or ["ended"]
    for state, cause in _ENDINGS:
        yield f'waiting -- "{cause}" --> {compensation[0]}'
        yield f'ended --> {state}(["{state}"])'
    for step in undos:
        yield f'undo_{step.key}["{_undo_label(step, definition)}"]'
    for here, there in zip(compensation, (*compensation[1:], "ended"), strict=False):
        if here != there:
            yield f"{here} --> {there}"
    yield 'ended(("slot given back,<br/>outcome published"))'


def _label(step: Step, definition: SagaDefinition) -> str:
    parts = [step.key, *(definition.messages[kind].type for kind in step.emits)]
    if step.claims is not None:
        parts.append("takes a slot of the language")
    return "<br/>".join(parts)


def _undo_label(step: Step, definition: SagaDefinition) -> str:
    undo = step.undo
    emits = [definition.messages[kind].type for kind in undo.emits] if undo else []
    releases = ["gives the slot back"] if undo and undo.releases else []
    return "<br/>".join([f"undo {step.key}", *emits, *releases])


def _undo_before(step: Step, steps: tuple[Step, ...]) -> str:
    """A refusal undoes the steps before this one, last first; and this one, where its outcome is unknown."""
    before = steps[: steps.index(step) + (1 if step.undo_when_failed else 0)]
    owed = [f"undo_{earlier.key}" for earlier in reversed(before) if earlier.undo is not None]
    return owed[0] if owed else "ended"

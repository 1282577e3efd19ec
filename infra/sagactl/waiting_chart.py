"""The chart of a saga whose steps wait: what each sends or awaits, how often, and what takes it back."""

from collections.abc import Iterator

from saga_orchestrator.domain.definition import SagaDefinition, Step
from saga_orchestrator.domain.flow.terms import Answer, Number
from saga_orchestrator.domain.states import SagaState

_ENDINGS = (SagaState.FAILED, SagaState.TIMEOUT, SagaState.CANCELLED)


def waiting_chart(definition: SagaDefinition) -> Iterator[str]:
    """Lines of a Mermaid flowchart: the way forward, and the way back from whatever is owed."""
    steps, starts = definition.steps, definition.starts
    yield f'start(["{starts.event_type if starts else "start"}"]) --> {steps[0].key}'
    for place, step in enumerate(steps):
        following = steps[place + 1].key if place + 1 < len(steps) else str(SagaState.COMPLETED)
        yield f"{step.key}{_shape(step, _label(step, definition))}"
        yield f'{step.key} -- "done{", or not needed" if step.when else ""}" --> {following}'
        yield f'{step.key} -- "{_failures(step)}" --> {_way_back(step, place, steps)}'
    yield f'{SagaState.COMPLETED}(["{_ending(SagaState.COMPLETED, definition)}"])'
    yield from _undos(definition)
    for state in _ENDINGS:
        yield f'ended --> {state}(["{_ending(state, definition)}"])'
    yield 'ended(("nothing is owed,<br/>outcome published"))'


def _undos(definition: SagaDefinition) -> Iterator[str]:
    undone = [step for step in reversed(definition.steps) if step.undo is not None]
    chain = [f"undo_{step.key}" for step in undone] or ["ended"]
    pivot = next((step.key for step in definition.steps if step.pivot), None)
    asked = [*([definition.cancels] if definition.cancels else []), *(["its deadline"] if definition.within else [])]
    if asked:
        yield f'stop(["{", or ".join(asked)}{f", before {pivot} is asked" if pivot else ""}"]) --> {chain[0]}'
    for step, following in zip(undone, (*chain[1:], "ended"), strict=True):
        yield f'undo_{step.key}["{_undo_label(step, definition)}"]'
        yield f"undo_{step.key} --> {following}"


def _shape(step: Step, label: str) -> str:
    """Waiting for people has another form than asking a participant."""
    return f'{{{{"{label}"}}}}' if step.awaits and step.sends is None else f'["{label}"]'


def _label(step: Step, definition: SagaDefinition) -> str:
    lines = [step.key]
    lines += [definition.messages[kind].type for kind in (step.sends, *step.emits) if kind]
    lines += [f"{each.event_type}: {each.means}" for each in step.awaits]
    lines += ["takes a slot"] if step.claims else []
    lines += [_patience(step.within, step.retry.attempts if step.sends else 1, definition)] if step.within else []
    lines += ["point of no return"] if step.pivot else []
    return "<br/>".join(lines)


def _undo_label(step: Step, definition: SagaDefinition) -> str:
    undo = step.undo
    if undo is None:
        return ""
    lines = [f"undo {step.key}", *(definition.messages[kind].type for kind in (undo.sends, *undo.emits) if kind)]
    lines += [f"{_patience(undo.within, undo.retry.attempts, definition)}, then parked"] if undo.sends else []
    lines += ["gives the slot back"] if undo.releases else []
    return "<br/>".join(lines)


def _patience(within: Number, attempts: Number, definition: SagaDefinition) -> str:
    seconds, times = (_number(each, definition) for each in (within, attempts))
    return f"{seconds} s" if times == "1" else f"{seconds} s, {times} attempts"


def _number(number: Number, definition: SagaDefinition) -> str:
    return f"{definition.settings[number]}" if isinstance(number, str) else str(number)


def _failures(step: Step) -> str:
    if step.pivot:
        return "refused; out of attempts it is parked"
    refused = step.check or step.claims or step.sends or any(each.means is Answer.REFUSED for each in step.awaits)
    silent = step.sends or step.awaits
    return ", ".join([*(["refused"] if refused else []), *(["no answer"] if silent else [])]) or "fails"


def _way_back(step: Step, place: int, steps: tuple[Step, ...]) -> str:
    """Its own undo first, where an attempt of it may have happened unseen; else that of what is before it."""
    own = [step] if step.sends and step.undo and not step.pivot else []
    owed = [each for each in (*own, *reversed(steps[:place])) if each.undo is not None]
    return f"undo_{owed[0].key}" if owed else "ended"


def _ending(state: SagaState, definition: SagaDefinition) -> str:
    told = [definition.messages[kind].type for kind in definition.announces.get(state, ())]
    return "<br/>".join([str(state), *told])

"""Numbers that a deployment gives to a saga's definition: which it may name, and what they may be."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from saga_orchestrator.domain.definition import SagaDefinition

MOST: Final = 315_360_000
"""Ten years in seconds, as long as history is ever kept; and no amount that is compared needs more."""
MOST_ATTEMPTS: Final = 15


def problem_of_numbers(chosen: Mapping[str, Mapping[str, int]], sagas: Iterable["SagaDefinition"]) -> str | None:
    """The first thing that is wrong, in a sentence. `chosen` is by saga and by setting, every value a whole number."""
    known = {definition.name: definition for definition in sagas}
    for saga, numbers in chosen.items():
        definition = known.get(saga)
        if definition is None:
            return f"{saga!r} is none of this deployment's sagas, which are {_listed(known)}"
        for name, value in numbers.items():
            if name not in definition.settings:
                return f"{saga} has no setting {name!r}, but {_listed(definition.settings)}"
            least, most = _range_of(definition, name)
            if not least <= value <= most:
                return f"{name} of {saga} must be a whole number from {least} to {most}"
    return None


def _range_of(definition: "SagaDefinition", name: str) -> tuple[int, int]:
    retries = [step.retry for step in definition.steps]
    retries += [step.undo.retry for step in definition.steps if step.undo is not None]
    if any(retry.attempts == name for retry in retries):
        return 1, MOST_ATTEMPTS
    waits = [definition.within, *(step.within for step in definition.steps)]
    waits += [step.undo.within for step in definition.steps if step.undo is not None]
    return (1 if name in waits else 0), MOST


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"

"""The sagas that a deployment runs: found by name, and by the events that each of them names."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from .definition import SagaDefinition

REPLY: Final = "COMMAND_REPLY"
"""The type of every participant's answer."""


class Role(StrEnum):
    """What an event is to a saga that names it."""

    STARTS = "starts"
    REPORTS = "reports"
    CANCELS = "cancels"


@dataclass(frozen=True, slots=True)
class Route:
    definition: SagaDefinition
    role: Role


@dataclass(frozen=True, slots=True, eq=False)
class SagaRegistry:
    """All definitions, in order. `EXECUTION_*` events go to those that name no start of their own.

    Raises:
        ValueError: two definitions have the same name, and their sagas would share items; or they name one event.
    """

    definitions: tuple[SagaDefinition, ...]
    routes: dict[str, Route] = field(init=False)
    """By event type: whom an event of a saga's own goes to."""

    def __post_init__(self) -> None:
        names = [definition.name for definition in self.definitions]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            msg = f"more than one saga is named {', '.join(twice)}"
            raise ValueError(msg)
        routes: dict[str, Route] = {}
        for event_type, route in (each for definition in self.definitions for each in _routes_of(definition)):
            if event_type == REPLY or event_type.startswith("EXECUTION_") or event_type != event_type.upper():
                msg = f"event {event_type} of {route.definition.name} is the engine's own, or not in upper case"
                raise ValueError(msg)
            if event_type in routes:
                other = routes[event_type].definition.name
                msg = f"event {event_type} is named by {other} and by {route.definition.name}"
                raise ValueError(msg)
            routes[event_type] = route
        object.__setattr__(self, "routes", routes)

    def __iter__(self) -> Iterator[SagaDefinition]:
        return iter(self.definitions)

    @property
    def of_executions(self) -> tuple[SagaDefinition, ...]:
        return tuple(definition for definition in self.definitions if definition.starts is None)

    def named(self, saga_name: str) -> SagaDefinition | None:
        return next((definition for definition in self.definitions if definition.name == saga_name), None)


def _routes_of(definition: SagaDefinition) -> Iterator[tuple[str, Route]]:
    if definition.starts is not None:
        yield definition.starts.event_type, Route(definition, Role.STARTS)
    if definition.cancels is not None:
        yield definition.cancels, Route(definition, Role.CANCELS)
    for step in definition.steps:
        for outcome in step.awaits:
            yield outcome.event_type, Route(definition, Role.REPORTS)

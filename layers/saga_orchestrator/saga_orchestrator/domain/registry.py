"""The sagas that a deployment runs, found by name. Which ones they are is said outside the engine."""

from collections.abc import Iterator
from dataclasses import dataclass

from .definition import SagaDefinition


@dataclass(frozen=True, slots=True, eq=False)
class SagaRegistry:
    """Every `EXECUTION_*` event is offered to each definition, in this order.

    Raises:
        ValueError: two definitions have the same name, and their sagas would share items.
    """

    definitions: tuple[SagaDefinition, ...]

    def __post_init__(self) -> None:
        names = [definition.name for definition in self.definitions]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            msg = f"more than one saga is named {', '.join(twice)}"
            raise ValueError(msg)

    def __iter__(self) -> Iterator[SagaDefinition]:
        return iter(self.definitions)

    def named(self, saga_name: str) -> SagaDefinition | None:
        return next((definition for definition in self.definitions if definition.name == saga_name), None)

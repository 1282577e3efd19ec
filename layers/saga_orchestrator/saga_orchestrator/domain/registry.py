"""The sagas that a deployment runs: found by name, and by the events that each of them names."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from .definition import SagaDefinition
from .errors import NewerCode, RejectedEvent, RejectReason
from .saga import Saga

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
    """All definitions, in order; of a saga that waits also its older versions, for the sagas that began under them.

    `EXECUTION_*` events go to the definitions that name no start of their own. Iterated, it gives the newest of each
    name: what new sagas begin under.

    Raises:
        ValueError: two definitions have the same name and version, and their sagas would share items; or two names
            take one event.
    """

    definitions: tuple[SagaDefinition, ...]
    routes: dict[str, Route] = field(init=False)
    """By event type: whom an event of a saga's own goes to."""

    def __post_init__(self) -> None:
        if problem := _clash(self.definitions):
            raise ValueError(problem)
        object.__setattr__(self, "routes", _table(self.definitions, tuple(self)))

    def __iter__(self) -> Iterator[SagaDefinition]:
        newest: dict[str, SagaDefinition] = {}
        for definition in self.definitions:
            known = newest.get(definition.name)
            if known is None or known.version < definition.version:
                newest[definition.name] = definition
        return iter(newest.values())

    @property
    def of_executions(self) -> tuple[SagaDefinition, ...]:
        return tuple(definition for definition in self if definition.starts is None)

    def named(self, saga_name: str) -> SagaDefinition | None:
        """The newest of that name."""
        return next((definition for definition in self if definition.name == saga_name), None)

    def definition_of(self, saga: Saga) -> SagaDefinition:
        """What the saga began under, and goes on under. Executions go by the newest, which has their retired steps;
        one whose deletes are confirmed by the same, with these undos awaited.

        Raises:
            NewerCode: newer code began it; a rollout heals that.
            RejectedEvent: this code has no such version any more, or another definition under the same number.
        """
        newest = self.named(saga.saga_name)
        if newest is None:
            raise RejectedEvent(RejectReason.UNKNOWN_DEFINITION, "the saga's definition is not known to this code")
        if newest.starts is None or saga.is_stub:
            return newest.confirming() if saga.ledger and newest.starts is None else newest
        version = saga.definition_version
        if version > newest.version:
            msg = f"{saga.saga_id} began under version {version} of its definition, newer than this code's"
            raise NewerCode(msg)
        known = next((each for each in self.definitions if (each.name, each.version) == (newest.name, version)), None)
        if known is None:
            raise RejectedEvent(
                RejectReason.UNKNOWN_DEFINITION, f"it began under version {version}, which this code does not have"
            )
        if saga.definition_hash not in {None, known.fingerprint}:
            raise RejectedEvent(
                RejectReason.DEFINITION_CHANGED, f"version {version} was edited since it began, and kept its number"
            )
        return known


def _clash(definitions: tuple[SagaDefinition, ...]) -> str | None:
    known = [(definition.name, definition.version) for definition in definitions]
    if twice := sorted({name for name, version in known if known.count((name, version)) > 1}):
        return f"more than one saga is named {', '.join(twice)}"
    executions = [definition.name for definition in definitions if definition.starts is None]
    if twice := sorted({name for name, _ in known if name in executions and [n for n, _ in known].count(name) > 1}):
        return f"an execution's saga has one version at a time, with its retired steps: {', '.join(twice)}"
    return None


def _table(definitions: tuple[SagaDefinition, ...], newest: tuple[SagaDefinition, ...]) -> dict[str, Route]:
    """The newest first: an older version adds what only its own sagas still await, and starts none."""
    older = [definition for definition in definitions if definition not in newest]
    routes: dict[str, Route] = {}
    for definition in (*newest, *older):
        for event_type, route in _routes_of(definition):
            if event_type == REPLY or event_type.startswith("EXECUTION_") or event_type != event_type.upper():
                msg = f"event {event_type} of {definition.name} is the engine's own, or not in upper case"
                raise ValueError(msg)
            known = routes.get(event_type)
            if known is not None and known.definition.name != definition.name:
                msg = f"event {event_type} is named by {known.definition.name} and by {definition.name}"
                raise ValueError(msg)
            if known is None and (definition in newest or route.role is not Role.STARTS):
                routes[event_type] = route
    return routes


def _routes_of(definition: SagaDefinition) -> Iterator[tuple[str, Route]]:
    if definition.starts is not None:
        yield definition.starts.event_type, Route(definition, Role.STARTS)
    if definition.cancels is not None:
        yield definition.cancels, Route(definition, Role.CANCELS)
    for step in definition.steps:
        for outcome in step.awaits:
            yield outcome.event_type, Route(definition, Role.REPORTS)

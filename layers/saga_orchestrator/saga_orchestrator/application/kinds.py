"""What is alike of sagas in one list, so that four hundred of them are two causes: reason, step, saga and language."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.errors import RejectReason
from saga_orchestrator.domain.flow.ledger import OPEN, UNDOING, Entry
from saga_orchestrator.domain.saga import Saga

from .ledger_words import reason_of
from .listing import Order, Unreadable

DefinitionOf = Callable[[str], SagaDefinition | None]
"""The newest definition of that name, which tells what its sagas wait for; None: nobody here knows it."""

UNKNOWN: Final = "unknown"
"""The reason where nobody gave one."""


@dataclass(frozen=True, slots=True)
class Kind:
    """`reason` is None of what goes on as it should; `unreadable`: nothing but its name could be read."""

    reason: str | None
    step: str | None
    saga_name: str
    language: str | None
    unreadable: bool = False


def kinds_of(order: Order, found: Saga | Unreadable, named: DefinitionOf) -> tuple[Kind, ...]:
    """Under which it is counted in that list, each once: a saga is of several kinds where several steps are parked."""
    if isinstance(found, Unreadable):
        return (Kind(RejectReason.CORRUPT_SAGA, None, found.key[1], None, unreadable=True),)
    language = found.request.language if found.request else None
    pairs = tuple(_pairs(order, found, named(found.saga_name)))
    return tuple(dict.fromkeys(Kind(reason, step, found.saga_name, language) for reason, step in pairs))


def _pairs(order: Order, saga: Saga, definition: SagaDefinition | None) -> Iterable[tuple[str | None, str | None]]:
    match order:
        case Order.PARKED:
            return _parked(saga, definition)
        case Order.ENDED:
            return [(saga.reason or UNKNOWN, _failed_at(saga, definition))]
        case _:
            return _awaited(saga)


def _parked(saga: Saga, definition: SagaDefinition | None) -> Iterator[tuple[str, str]]:
    for entry in saga.ledger.parked:
        yield _reason(saga, entry, definition), entry.step


def _reason(saga: Saga, entry: Entry, definition: SagaDefinition | None) -> str:
    """Why its latest attempt did not do it; where this code does not know what asked for it, why the latest did not."""
    latest = saga.errors[-1].reason if saga.errors else None
    return reason_of(saga, entry, definition) or latest or saga.reason or UNKNOWN


def _failed_at(saga: Saga, definition: SagaDefinition | None) -> str | None:
    """The step whose own answer gave the reason that it ended for; None where it was no step's."""
    told = {error.kind for error in saga.errors if error.reason == saga.reason}
    steps = definition.steps if definition is not None else ()
    return next((step.key for step in reversed(steps) if step.sends in told), None)


def _awaited(saga: Saga) -> list[tuple[None, str | None]]:
    """Where it stands on its way: the step that is under way, or whose undo is."""
    return [(None, next((each.step for each in saga.ledger.entries if each.standing in OPEN | UNDOING), None))]

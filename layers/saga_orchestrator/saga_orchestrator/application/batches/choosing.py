"""Which sagas a verb is for: read from the same list and by the same kinds as the groups that people see."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from saga_orchestrator.application.kinds import DefinitionOf, Kind, kinds_of
from saga_orchestrator.application.listing import Lists, Order, Unreadable, standing_at
from saga_orchestrator.application.merging import stretches_of
from saga_orchestrator.domain.operating.authority import Deed
from saga_orchestrator.domain.operating.batches import MAX_CHOSEN, Chosen
from saga_orchestrator.domain.saga import Saga

MAX_READ: Final = 5_000
"""Of one list, for one set: the gateway waits for so many, and not for ten times as many."""

BATCHED: Final[Mapping[Deed, frozenset[Order]]] = MappingProxyType(
    {
        Deed.RETRY: frozenset({Order.PARKED}),
        Deed.RESOLVE: frozenset({Order.PARKED}),
        Deed.SKIP: frozenset({Order.PARKED}),
        Deed.CANCEL: frozenset({Order.DEADLINES}),
        Deed.NOTE: frozenset({Order.PARKED, Order.DEADLINES}),
    }
)
"""An undo of a pivot is no verb for many: each one asks whether it happened."""


class NotChosen(StrEnum):
    """Why there is no set. Stable codes, for whoever asked."""

    TOO_MANY = "too_many"
    TOO_MUCH_TO_READ = "too_much_to_read"
    NOTHING_FITS = "nothing_fits"


@dataclass(frozen=True, slots=True)
class ChosenSet:
    """`unreadable`: so many stand there of which nobody can say whether they fit."""

    sagas: tuple[Chosen, ...]
    unreadable: int


def choose(
    lists: Lists, order: Order, fits: Mapping[str, str], before: int, named: DefinitionOf
) -> ChosenSet | NotChosen:
    """Everything of the list that fits and stood there before the cut-off, or why it is no set."""
    cut = before if order is Order.PARKED else None
    chosen: list[Chosen] = []
    unreadable = 0
    for stretch in stretches_of(lists, order, before=cut, most=MAX_READ):
        for _, found in standing_at(lists, order, stretch.places):
            if isinstance(found, Unreadable):
                unreadable += 1
            elif stood_since(order, found) < before:
                chosen += _chosen(found, [kind for kind in kinds_of(order, found, named) if _fits(kind, fits)])
        if len(chosen) > MAX_CHOSEN:
            return NotChosen.TOO_MANY
        if stretch.more:
            return NotChosen.TOO_MUCH_TO_READ
    return ChosenSet(tuple(chosen), unreadable) if chosen else NotChosen.NOTHING_FITS


def stood_since(order: Order, saga: Saga) -> int:
    """What the cut-off is compared with: when it was parked, or when it began."""
    return saga.created_at if order is not Order.PARKED or saga.mark_at is None else saga.mark_at


def _chosen(saga: Saga, kinds: list[Kind]) -> list[Chosen]:
    if not kinds:
        return []
    step = kinds[0].step if len(kinds) == 1 else None
    return [Chosen(saga.execution_id, saga.saga_name, saga.version, saga.created_at, step)]


def _fits(kind: Kind, fits: Mapping[str, str]) -> bool:
    """Every part that was named is the kind's own. Nothing named fits nothing: that is refused before."""
    return bool(fits) and all(getattr(kind, part) == value for part, value in fits.items())

"""How many sagas are open, by what they are and where they stand; and where those that ended are counted."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from saga_orchestrator.domain.saga import Saga

from .counts import MAX_COUNTED
from .listing import Lists, Order, Unreadable, standing_at
from .merging import stretches_of

NAMESPACE: Final = "SagaOrchestrator"
ENDED: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = dict.fromkeys(
    ("SagasEnded", "SagaDuration", "StartLatency"), (("saga", "outcome"), ("saga", "language"))
)
"""Metrics of what ended, and by which dimensions beside `service` each may be asked for."""


@dataclass(frozen=True, slots=True, order=True)
class Standing:
    """`language` is an execution's alone."""

    saga_name: str
    state: str
    language: str


@dataclass(frozen=True, slots=True)
class OpenSagas:
    """`more`: others stand behind the first thousand, and are in no number."""

    counts: Mapping[Standing, int]
    unreadable: int
    more: bool


@dataclass(frozen=True, slots=True)
class OwnSagas:
    """One owner's. `more`: others of his stand behind the newest thousand, and are in no number."""

    open: Mapping[Standing, int]
    ended: Mapping[Standing, int]
    more: bool


def own_sagas(lists: Lists, is_his: Callable[[Saga], bool]) -> OwnSagas:
    """`lists` is of that owner. What `is_his` does not let him see is in no number, nor is what nobody can read."""
    open_ones: Counter[Standing] = Counter()
    ended: Counter[Standing] = Counter()
    more = False
    for stretch in stretches_of(lists, Order.OWNER, most=MAX_COUNTED):
        more = stretch.more
        for _, saga in standing_at(lists, Order.OWNER, stretch.places):
            if isinstance(saga, Saga) and is_his(saga):
                (ended if saga.state.is_terminal else open_ones)[_standing(saga)] += 1
    return OwnSagas(open_ones, ended, more)


def open_sagas(lists: Lists) -> OpenSagas:
    """Read as the list of what is due is read, so that they hold what it shows."""
    counts: Counter[Standing] = Counter()
    unreadable, more = 0, False
    for stretch in stretches_of(lists, Order.DEADLINES, most=MAX_COUNTED):
        more = stretch.more
        for _, saga in standing_at(lists, Order.DEADLINES, stretch.places):
            if isinstance(saga, Unreadable):
                unreadable += 1
            else:
                counts[_standing(saga)] += 1
    return OpenSagas(counts, unreadable, more)


def _standing(saga: Saga) -> Standing:
    return Standing(saga.saga_name, str(saga.state), saga.request.language if saga.request else "")

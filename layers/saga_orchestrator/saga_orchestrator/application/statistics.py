"""How many sagas are open, by what they are and where they stand; and where those that ended are counted."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from .grouping import stretches_of
from .listing import Lists, Order, Unreadable, standing_at

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


def open_sagas(lists: Lists) -> OpenSagas:
    """Read as the list of what is due is read, so that they hold what it shows."""
    counts: Counter[Standing] = Counter()
    unreadable, more = 0, False
    for stretch in stretches_of(lists, Order.DEADLINES):
        more = stretch.more
        for _, saga in standing_at(lists, Order.DEADLINES, stretch.places):
            if isinstance(saga, Unreadable):
                unreadable += 1
            else:
                language = saga.request.language if saga.request else ""
                counts[Standing(saga.saga_name, str(saga.state), language)] += 1
    return OpenSagas(counts, unreadable, more)

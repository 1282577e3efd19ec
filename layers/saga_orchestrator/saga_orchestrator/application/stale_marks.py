"""Marks that are not true any more, taken off: else what no list shows is counted for as long as its item is kept.

A mark is a function of its saga, and whoever changes the saga writes it. A release from before marks does not: what was
parked when it took the saga on stays in the index, whether it went on, parked again or ended there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from saga_orchestrator.domain.errors import CorruptSaga
from saga_orchestrator.domain.saga import Saga

from .listing import Lists, Order, Place
from .ports import Reporting

LOOKED_AT: Final = 50
"""In one run: those that are marked for the longest, which alarms go by, and some of the others."""


class MarkStore(Protocol):
    def get(self, execution_id: str, saga_name: str) -> Saga | None:
        """The saga, strongly consistent."""

    def mend_mark(self, saga: Saga, found: Place) -> bool:
        """Put it where it stands instead of at `found`, or nowhere. False where it is not as it was any more."""


@dataclass(frozen=True, slots=True)
class MarkMender:
    lists: Lists
    store: Callable[[], MarkStore]
    drawn: Callable[[Sequence[Place], int], Sequence[Place]]
    """So many of them, by chance."""
    telemetry: Reporting

    def run(self) -> None:
        """
        Raises:
            RetryableError: AWS failed in a way that may pass; the next run looks again.
        """
        places: list[Place] = []
        for partition in self.lists.partitions(Order.PARKED):
            found, _ = self.lists.keys(Order.PARKED, partition, 0, None, LOOKED_AT)
            places += found
        places.sort(key=lambda place: place.at)
        oldest, others = places[: LOOKED_AT // 2], places[LOOKED_AT // 2 :]
        chosen = [*oldest, *self.drawn(others, min(len(others), LOOKED_AT - len(oldest)))]
        mended = sum(map(self._mended, chosen))
        if mended:
            self.telemetry.info("marks of an earlier release taken off", count=mended)

    def _mended(self, place: Place) -> bool:
        try:
            saga = self.store().get(*place.key)
        except CorruptSaga:
            return False  # what it is nobody knows: the list shows it as that
        if saga is None or (saga.mark, saga.mark_at) == (place.partition, place.at):
            return False
        return self.store().mend_mark(saga, place)

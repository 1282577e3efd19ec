"""Lists of sagas, each in the order of an index that is spread over partitions: where what stands, and what it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from saga_orchestrator.domain.errors import CorruptSaga
from saga_orchestrator.domain.instants import LAST_INSTANT
from saga_orchestrator.domain.saga import ENDED_BADLY, Saga
from saga_orchestrator.domain.states import SagaState

Key = tuple[str, str]
"""Execution id and saga name."""


class Order(StrEnum):
    """What is served, each by the index that keeps it."""

    DEADLINES = "deadlines"
    """Running and compensating, what is due next first."""
    PARKED = "parked"
    """A step or an undo waits for somebody, for the longest time first."""
    ENDED = "ended"
    """Failed, timed out and cancelled after something was asked for, what ended last first."""
    OWNER = "owner"
    """One owner's, the newest first."""

    @property
    def is_newest_first(self) -> bool:
        return self in {Order.ENDED, Order.OWNER}


@dataclass(frozen=True, slots=True)
class Place:
    """One key in one partition, and where in the order it stands. What stands at the same is shown partition by
    partition, so the last shown place says what was shown of each of them.
    """

    at: int
    """Epoch milliseconds; where what is newest comes first, how long before the last instant that there is."""
    partition: str
    key: Key


def place_at(order: Order, instant: int) -> int:
    """Where in the order something of that instant stands."""
    return LAST_INSTANT - instant if order.is_newest_first else instant


instant_of: Final = place_at
"""And back again: of which instant is what stands at that place of the order."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """There is an item under this key, and this code cannot read it."""

    key: Key
    corrupt: CorruptSaga


class Lists(Protocol):
    """Reads for lists. Each may raise `RetryableError`, and `RejectedEvent` where an index is not there to be read."""

    def partitions(self, order: Order) -> Sequence[str]: ...

    def keys(
        self, order: Order, partition: str, since: int, after: Key | None, limit: int, before: int | None = None
    ) -> tuple[list[Place], bool]:
        """From the place `since` on to what stands in front of `before`, in order, without what stands at `since` up
        to `after`; and whether there are more.
        """

    def sagas(self, keys: Sequence[Key]) -> Mapping[Key, Saga | Unreadable]:
        """Those that are there, strongly consistent."""


def standing_at(lists: Lists, order: Order, places: Sequence[Place]) -> list[tuple[Place, Saga | Unreadable]]:
    """What is at these places; an index lags, and what has left the order by now is left out."""
    found = lists.sagas([place.key for place in places])
    pairs = [(place, found[place.key]) for place in places if place.key in found]
    return [(place, each) for place, each in pairs if isinstance(each, Unreadable) or _stands_in(order, each)]


def _stands_in(order: Order, saga: Saga) -> bool:
    match order:
        case Order.DEADLINES:
            return saga.state in {SagaState.RUNNING, SagaState.COMPENSATING}
        case Order.PARKED:
            return bool(saga.ledger.parked)
        case Order.ENDED:
            return saga.state in ENDED_BADLY
        case Order.OWNER:
            return True

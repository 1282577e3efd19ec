"""Lists of sagas in the order of an index that is spread over partitions: pages in which nothing is left out.

A saga whose key in that order stands still appears exactly once; one that moves may be missed or come twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from heapq import merge
from typing import Final, Protocol

from saga_orchestrator.domain.errors import CorruptSaga
from saga_orchestrator.domain.instants import LAST_INSTANT
from saga_orchestrator.domain.saga import ENDED_BADLY, Saga
from saga_orchestrator.domain.states import SagaState

MAX_KEYS_READ: Final = 500
"""For one page, over all partitions: it may be short, and still have a next one."""

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


@dataclass(frozen=True, slots=True)
class Page:
    sagas: tuple[Saga | Unreadable, ...]
    next: Place | None
    """Where it goes on: behind this, whether it is still there or not. None: nothing follows."""


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


def page_of(lists: Lists, order: Order, behind: Place | None, size: int) -> Page:
    places, follows = places_of(lists, order, behind, size)
    shown = tuple(found for _, found in standing_at(lists, order, places))
    return Page(shown, places[-1] if follows and places else None)


def places_of(lists: Lists, order: Order, behind: Place | None, size: int) -> tuple[list[Place], bool]:
    """The next places in order, and whether any follow: of lists, groups and frozen sets alike."""
    partitions = lists.partitions(order)
    each = min(size, max(1, MAX_KEYS_READ // len(partitions)))
    rank = {partition: number for number, partition in enumerate(partitions)}

    def stands(place: Place) -> tuple[int, int]:
        return place.at, rank[place.partition]

    runs: list[list[Place]] = []
    horizon: tuple[int, int] | None = None
    for partition in partitions:
        since, after = _begin(behind, partition, rank)
        places, more = lists.keys(order, partition, since, after, each)
        runs.append(places)
        if more and places:
            # What follows there stands here or later: shown beyond it, something would have been passed over.
            horizon = stands(places[-1]) if horizon is None else min(horizon, stands(places[-1]))
    merged = list(merge(*runs, key=stands))
    taken = [place for place in merged if horizon is None or stands(place) <= horizon][:size]
    return taken, horizon is not None or len(taken) < len(merged)


def standing_at(lists: Lists, order: Order, places: Sequence[Place]) -> list[tuple[Place, Saga | Unreadable]]:
    """What is at these places; an index lags, and what has left the order by now is left out."""
    found = lists.sagas([place.key for place in places])
    pairs = [(place, found[place.key]) for place in places if place.key in found]
    return [(place, each) for place, each in pairs if isinstance(each, Unreadable) or _stands_in(order, each)]


def _begin(behind: Place | None, partition: str, rank: Mapping[str, int]) -> tuple[int, Key | None]:
    """At which place of the order a partition is read from, and behind which key there."""
    if behind is None:
        return 0, None
    if partition == behind.partition:
        return behind.at, behind.key
    # In the partitions before it, everything at that place has been shown.
    return behind.at + (rank[partition] < rank[behind.partition]), None


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

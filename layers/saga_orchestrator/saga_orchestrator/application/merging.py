"""One order out of many partitions: pages of a list, and stretches of it to its end, in which nothing is left out.

A saga whose key in that order stands still appears exactly once; one that moves may be missed or come twice.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final

from saga_orchestrator.domain.saga import Saga

from .listing import Key, Lists, Order, Place, Unreadable, standing_at
from .paging import MAX_KEYS_READ

_FEWEST: Final = 8
"""Keys of one query where a list is read to its end: with hundreds of partitions a query for each key took minutes."""


@dataclass(frozen=True, slots=True)
class Page:
    sagas: tuple[Saga | Unreadable, ...]
    next: Place | None
    """Where it goes on: behind this, whether it is still there or not. None: nothing follows."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of one list. `more`: so many were read in all that no further part follows, and others stand behind it."""

    places: list[Place]
    more: bool


def page_of(lists: Lists, order: Order, behind: Place | None, size: int) -> Page:
    """First of each partition as many keys as a page may cost, then of those that come first a few more."""
    each = min(size, max(1, MAX_KEYS_READ // len(lists.partitions(order))))
    merged = MergedPlaces(lists, order, behind, each=each, most=MAX_KEYS_READ)
    places = merged.take(size)
    shown = tuple(found for _, found in standing_at(lists, order, places))
    return Page(shown, places[-1] if places and merged.may_follow else None)


def stretches_of(lists: Lists, order: Order, *, most: int, before: int | None = None) -> Iterator[Stretch]:
    """The list from its beginning to its end, to what stands at `before`, or to `most` places: each is read once."""
    each = max(_FEWEST, min(MAX_KEYS_READ, 2 * most // len(lists.partitions(order))))
    merged = MergedPlaces(lists, order, None, each=each, before=before)
    left, follows = most, True
    while left and follows:
        taken = merged.take(min(MAX_KEYS_READ, left))
        left, follows = left - len(taken), merged.follows
        yield Stretch(taken, follows and not left)


class MergedPlaces:
    """Places in order, from behind one of them on. `each` is for how many a partition is asked at first, and `most` for
    how many all of them together are: where that is too few it ends early, and something may follow.
    """

    def __init__(
        self,
        lists: Lists,
        order: Order,
        behind: Place | None,
        *,
        each: int,
        most: int | None = None,
        before: int | None = None,
    ) -> None:
        self._lists, self._order, self._before = lists, order, before
        self._each, self._left = each, most
        self._rank = {partition: number for number, partition in enumerate(lists.partitions(order))}
        self._behind = {partition: _begin(behind, partition, self._rank) for partition in self._rank}
        self._read: dict[str, deque[Place]] = {}
        self._unread: set[str] = set()
        """Partitions in which more stands behind what was read."""
        self._dry: str | None = None
        """Of what stands next nothing more is to be read: whatever is shown beyond it would pass it over."""
        self._heads: list[tuple[int, int, str]] = []
        for partition in self._rank:
            self._fill(partition, each)

    def take(self, size: int) -> list[Place]:
        taken: list[Place] = []
        while len(taken) < size and (place := self._next(size - len(taken))) is not None:
            taken.append(place)
        return taken

    @property
    def may_follow(self) -> bool:
        """As far as is known without reading on."""
        return bool(self._dry or self._heads or self._unread)

    @property
    def follows(self) -> bool:
        self._refill(self._each)
        return bool(self._heads)

    def _next(self, wanted: int) -> Place | None:
        self._refill(wanted)
        if self._dry is not None or not self._heads:
            return None
        _, _, partition = heappop(self._heads)
        place = self._read[partition].popleft()
        if self._read[partition]:
            self._push(partition)
        elif partition in self._unread:
            # What follows there stands here or later: nothing else is next before it is known.
            self._dry = partition
        return place

    def _refill(self, wanted: int) -> None:
        if self._dry is None:
            return
        limit = self._each if self._left is None else max(1, self._left // wanted)
        if self._left is None or self._left >= limit:
            partition, self._dry = self._dry, None
            self._fill(partition, limit)

    def _fill(self, partition: str, limit: int) -> None:
        since, after = self._behind[partition]
        places, more = self._lists.keys(self._order, partition, since, after, limit, self._before)
        self._left = None if self._left is None else self._left - limit
        self._unread.discard(partition)
        if not places:
            return
        if more:
            self._unread.add(partition)
        self._read[partition] = deque(places)
        self._behind[partition] = places[-1].at, places[-1].key
        self._push(partition)

    def _push(self, partition: str) -> None:
        heappush(self._heads, (self._read[partition][0].at, self._rank[partition], partition))


def _begin(behind: Place | None, partition: str, rank: Mapping[str, int]) -> tuple[int, Key | None]:
    """At which place of the order a partition is read from, and behind which key there."""
    if behind is None:
        return 0, None
    if partition == behind.partition:
        return behind.at, behind.key
    # In the partitions before it, everything at that place has been shown.
    return behind.at + (rank[partition] < rank[behind.partition]), None

"""How many stand in one list, and since when: along the index that the list is read by, so that nobody counts other
places than the list shows. Of a thousand items the places cost an eightieth of what the items would.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.instants import of_stored

from .listing import Key, Lists, Order, instant_of, standing_at
from .merging import stretches_of
from .paging import Beginning, Shelf

MAX_COUNTED: Final = 1_000
"""Beyond it is "more": whoever operates does the same whether it is a thousand or ten thousand."""

_Run = Callable[[int], list[int]]
"""The first moments of one partition, in order: so many at most."""


@dataclass(frozen=True, slots=True)
class Count:
    """`oldest` and `newest`: None where it is not known, since others stand behind what was counted."""

    count: int
    more: bool
    oldest: int | None
    newest: int | None


def count_of(lists: Lists, order: Order, before: int | None = None) -> Count:
    """What stands in front of the place `before`. For the moment by which an index lags, what has just left the list
    may still be counted.
    """

    def run(partition: str) -> _Run:
        return lambda most: list(_places(lists, order, partition, before, most))

    return _counted((run(each) for each in lists.partitions(order)), newest_first=order.is_newest_first)


def count_standing(lists: Lists, order: Order) -> Count:
    """The same of what is there now, as the list shows it: a release that knows no marks left those of the sagas that
    it took on where they were, and the index has them until somebody takes them off.
    """
    moments: list[int] = []
    more = False
    for stretch in stretches_of(lists, order, most=MAX_COUNTED):
        more = stretch.more
        moments += [instant_of(order, place.at) for place, _ in standing_at(lists, order, stretch.places)]
    oldest, newest = min(moments, default=None), max(moments, default=None)
    if more:
        oldest, newest = (None, newest) if order.is_newest_first else (oldest, None)
    return Count(len(moments), more, oldest, newest)


def count_on(shelf: Shelf[Any]) -> Count:
    """The same of what is kept by time, the oldest first."""

    def run(partition: str) -> _Run:
        return lambda most: list(_moments(shelf, partition, most))

    return _counted((run(each) for each in shelf.partitions), newest_first=False)


def _counted(runs: Iterable[_Run], *, newest_first: bool) -> Count:
    number = 0
    firsts: list[int] = []
    lasts: list[int] = []
    for run in runs:
        # One at least: the first of all may stand in the last one. And one too many, to know that there are more.
        found = run(max(1, MAX_COUNTED + 1 - number))
        number += len(found)
        firsts += found[:1]
        lasts += found[-1:]
    more = number > MAX_COUNTED
    ends = [None, None] if not firsts else [_end(firsts, latest=newest_first), _end(lasts, latest=not newest_first)]
    first, last = ends[0], None if more else ends[1]
    oldest, newest = (last, first) if newest_first else (first, last)
    return Count(min(number, MAX_COUNTED), more, oldest, newest)


def _end(moments: list[int], *, latest: bool) -> int:
    return max(moments) if latest else min(moments)


def _places(lists: Lists, order: Order, partition: str, before: int | None, most: int) -> Iterator[int]:
    since, left, more = 0, most, True
    after: Key | None = None
    while more and left:
        places, more = lists.keys(order, partition, since, after, left, before)
        yield from (instant_of(order, place.at) for place in places)
        if not places:
            return
        since, after, left = places[-1].at, places[-1].key, left - len(places)


def _moments(shelf: Shelf[Any], partition: str, most: int) -> Iterator[int]:
    begin: Beginning | None = None
    left, more = most, True
    while more and left:
        entries, more = shelf.read(partition, begin, left, newest_first=False)
        yield from (_millis(entry.spot.at) for entry in entries)
        if not entries:
            return
        begin, left = Beginning(entries[-1].spot.at, after=entries[-1].spot.key), left - len(entries)


def _millis(text: str) -> int:
    found = of_stored(text)
    if found is None:
        msg = "since when something stands there cannot be read"
        raise RetryableError(msg)
    return found

"""Pages of what an index by time keeps in several partitions: newest or oldest first, with nothing left out.

What stands still in that order appears exactly once; what moves, or comes meanwhile, may be missed or come twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

MAX_KEYS_READ: Final = 500
"""For one page, over all partitions: it may be short, and still have a next one."""

Content_co = TypeVar("Content_co", covariant=True)
Taken = TypeVar("Taken")


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something stands: at one instant, as text, what is alike goes partition by partition."""

    at: str
    partition: str
    key: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where a partition is read from. `after`: behind that key at that instant, whether it is still there or not.
    Else everything at `at`, or only what stands beyond it.
    """

    at: str
    after: tuple[str, str] | None = None
    beyond: bool = False


@dataclass(frozen=True, slots=True)
class Entry(Generic[Content_co]):
    spot: Spot
    content: Content_co


@dataclass(frozen=True, slots=True)
class PageByTime(Generic[Content_co]):
    contents: tuple[Content_co, ...]
    next: Spot | None
    """Where it goes on: behind this. None: nothing follows."""


class Shelf(Protocol[Content_co]):
    """An index by time. A read may raise `RetryableError`, and `RejectedEvent` where it is not there to be read."""

    @property
    def partitions(self) -> Sequence[str]: ...

    def read(
        self, partition: str, begin: Beginning | None, limit: int, *, newest_first: bool
    ) -> tuple[Sequence[Entry[Content_co]], bool]:
        """In order, and whether there are more."""


def page_of(
    shelf: Shelf[Taken],
    behind: Spot | None,
    size: int,
    *,
    newest_first: bool,
    takes: Callable[[Taken], bool] | None = None,
) -> PageByTime[Taken]:
    """At most `size` of those that `takes` takes, of at most `MAX_KEYS_READ` that are read."""
    rank = {partition: number for number, partition in enumerate(shelf.partitions)}
    each = max(1, MAX_KEYS_READ // len(rank))
    limit = min(size, each) if takes is None else each
    found: list[Entry[Taken]] = []
    lasts: set[Spot] = set()
    for partition in rank:
        entries, more = shelf.read(partition, _begin(behind, partition, rank), limit, newest_first=newest_first)
        found += entries
        if more and entries:
            # What follows there stands here or later: shown beyond it, something would have been passed over.
            lasts.add(entries[-1].spot)
    # Each partition came in order: a stable sort by instant leaves what is alike partition by partition.
    ordered = sorted(found, key=lambda entry: entry.spot.at, reverse=newest_first)
    horizon = next((place for place, entry in enumerate(ordered) if entry.spot in lasts), len(ordered) - 1)
    shown: list[Taken] = []
    last: Spot | None = None
    looked_at = 0
    for entry in ordered[: horizon + 1]:
        if len(shown) == size:
            break
        last, looked_at = entry.spot, looked_at + 1
        if takes is None or takes(entry.content):
            shown.append(entry.content)
    return PageByTime(tuple(shown), last if lasts or looked_at < len(ordered) else None)


def _begin(behind: Spot | None, partition: str, rank: dict[str, int]) -> Beginning | None:
    if behind is None:
        return None
    if partition == behind.partition:
        return Beginning(behind.at, after=behind.key)
    # In the partitions before it, everything at that instant has been shown.
    return Beginning(behind.at, beyond=rank[partition] < rank[behind.partition])

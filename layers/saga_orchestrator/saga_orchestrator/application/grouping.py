"""What one list holds, by kind and in numbers: read as the list itself is, so that no number disagrees with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from saga_orchestrator.domain.saga import Saga

from .kinds import DefinitionOf, Kind, kinds_of
from .listing import MAX_KEYS_READ, Key, Lists, Order, Place, Unreadable, places_of, standing_at

MAX_COUNTED: Final = 1_000
"""Beyond it is "more": whoever operates does the same whether it is a thousand or ten thousand."""


@dataclass(frozen=True, slots=True)
class Group:
    """Moments are places in the list's order: when it was parked, or when it is due. `sample` stands at `oldest`."""

    kind: Kind
    count: int
    oldest: int
    newest: int
    sample: Key


@dataclass(frozen=True, slots=True)
class Groups:
    """The largest first. `more`: what stands behind the first thousand is in no group."""

    groups: tuple[Group, ...]
    read: int
    more: bool


@dataclass(frozen=True, slots=True)
class Count:
    """How many stand there, and since when the first of them does."""

    count: int
    more: bool
    oldest: int | None


@dataclass(slots=True)
class Reading:
    """Goes through one list from its beginning. `more`: it stopped at `most` places, and others follow."""

    lists: Lists
    order: Order
    before: int | None = None
    """Only what stands earlier."""
    most: int = MAX_COUNTED
    read: int = 0
    more: bool = False

    def places(self) -> Iterator[list[Place]]:
        """Page by page, until the end, the moment, or so many."""
        behind: Place | None = None
        follows = True
        while follows:
            found, follows = places_of(self.lists, self.order, behind, min(MAX_KEYS_READ, self.most + 1 - self.read))
            taken = [place for place in found if self.before is None or place.at < self.before]
            ended = len(taken) < len(found) or not found
            room = self.most - self.read
            self.more = len(taken) > room
            self.read += min(len(taken), room)
            yield taken[:room]
            if ended or self.more:
                return
            behind = found[-1]

    def pairs(self) -> Iterator[tuple[Place, Saga | Unreadable]]:
        """With what stands there; what has left the list by now is left out, as the list leaves it out."""
        for page in self.places():
            yield from standing_at(self.lists, self.order, page)


def groups_of(lists: Lists, order: Order, named: DefinitionOf) -> Groups:
    found: dict[Kind, Group] = {}
    reading = Reading(lists, order)
    for place, each in reading.pairs():
        for kind in kinds_of(order, each, named):
            known = found.get(kind) or Group(kind, 0, place.at, place.at, place.key)
            found[kind] = Group(kind, known.count + 1, known.oldest, place.at, known.sample)
    largest = sorted(found.values(), key=lambda group: (-group.count, group.oldest, str(group.kind)))
    return Groups(tuple(largest), reading.read, reading.more)


def count_of(lists: Lists, order: Order, before: int | None = None) -> Count:
    """By the index alone, since a thousand items cost eighty times as much to read as their places in it: for the
    moment by which the index lags, what has just left the list may still be counted.
    """
    reading = Reading(lists, order, before)
    oldest: int | None = None
    for page in reading.places():
        if oldest is None and page:
            oldest = page[0].at
    return Count(reading.read, reading.more, oldest)

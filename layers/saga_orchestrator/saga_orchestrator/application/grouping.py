"""What one list holds, by kind and in numbers: read as the list itself is, so that no number disagrees with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from .kinds import DefinitionOf, Kind, kinds_of
from .listing import MAX_KEYS_READ, Key, Lists, Order, Place, places_of, standing_at

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


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of one list. `more`: so many were read in all that no further part follows, and others stand behind it."""

    places: list[Place]
    more: bool


def stretches_of(
    lists: Lists, order: Order, *, before: int | None = None, most: int = MAX_COUNTED
) -> Iterator[Stretch]:
    """The list from its beginning to its end, to what stands at `before`, or to `most` places."""
    behind: Place | None = None
    left, follows = most, True
    while follows:
        found, follows = places_of(lists, order, behind, min(MAX_KEYS_READ, left + 1))
        taken = [place for place in found if before is None or place.at < before]
        more = len(taken) > left
        yield Stretch(taken[:left], more)
        if more or len(taken) < len(found) or not found:
            return
        behind, left = found[-1], left - len(taken)


def groups_of(lists: Lists, order: Order, named: DefinitionOf) -> Groups:
    found: dict[Kind, Group] = {}
    read, more = 0, False
    for stretch in stretches_of(lists, order):
        read, more = read + len(stretch.places), stretch.more
        for place, each in standing_at(lists, order, stretch.places):
            for kind in kinds_of(order, each, named):
                known = found.get(kind) or Group(kind, 0, place.at, place.at, place.key)
                found[kind] = Group(kind, known.count + 1, known.oldest, place.at, known.sample)
    largest = sorted(found.values(), key=lambda group: (-group.count, group.oldest, str(group.kind)))
    return Groups(tuple(largest), read, more)


def count_of(lists: Lists, order: Order, before: int | None = None) -> Count:
    """By the index alone, since a thousand items cost eighty times as much to read as their places in it: for the
    moment by which the index lags, what has just left the list may still be counted.
    """
    stretches = list(stretches_of(lists, order, before=before))
    places = [place for stretch in stretches for place in stretch.places]
    return Count(len(places), stretches[-1].more, places[0].at if places else None)

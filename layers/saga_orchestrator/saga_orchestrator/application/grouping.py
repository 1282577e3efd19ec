"""What one list holds, by kind: read as the list itself is, so that no group disagrees with it."""

from collections.abc import Iterator
from dataclasses import dataclass

from .counts import MAX_COUNTED
from .kinds import DefinitionOf, Kind, kinds_of
from .listing import MAX_KEYS_READ, Key, Lists, Order, Place, instant_of, places_of, standing_at


@dataclass(frozen=True, slots=True)
class Group:
    """Moments are what the list is in the order of: when it was parked, is due, or ended. `sample` comes first in it,
    so it stands at `oldest`, or where the newest come first at `newest`.
    """

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
                at = instant_of(order, place.at)
                known = found.get(kind) or Group(kind, 0, at, at, place.key)
                oldest, newest = min(known.oldest, at), max(known.newest, at)
                found[kind] = Group(kind, known.count + 1, oldest, newest, known.sample)
    # Of groups that are as large as one another the one that comes first in the list.
    largest = sorted(found.values(), key=lambda group: -group.count)
    return Groups(tuple(largest), read, more)

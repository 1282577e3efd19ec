"""What one list holds, by kind: read as the list itself is, so that no group disagrees with it."""

from dataclasses import dataclass

from .counts import MAX_COUNTED
from .kinds import DefinitionOf, Kind, kinds_of
from .listing import Key, Lists, Order, instant_of, standing_at
from .merging import stretches_of


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


def groups_of(lists: Lists, order: Order, named: DefinitionOf) -> Groups:
    found: dict[Kind, Group] = {}
    read, more = 0, False
    for stretch in stretches_of(lists, order, most=MAX_COUNTED):
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

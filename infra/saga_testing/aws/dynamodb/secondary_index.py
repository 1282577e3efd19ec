"""A global secondary index: sparse, projected, and behind its table by a lag that the simulator chooses."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from saga_testing.aws.dynamodb.key_schema import Key, KeySchema
from saga_testing.aws.errors import Item


@dataclass
class SecondaryIndex:
    """Changes of one item become visible in the order of its writes; those of different items need not."""

    name: str
    schema: KeySchema
    table_keys: KeySchema
    projection: str
    included: frozenset[str]
    partitions: dict[Any, dict[Key, Item]] = field(default_factory=dict)
    _pending: list[tuple[int, int, Key, Item | None]] = field(default_factory=list)
    _visible_at: dict[Key, int] = field(default_factory=dict)
    _entries: dict[Key, Item] = field(default_factory=dict)
    _writes: int = 0
    _relevant: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self._relevant = self.schema.names | self.included

    def entry_of(self, item: Item | None) -> Item | None:
        """What the index holds of an item; None when a key attribute is missing."""
        if item is None or not self.schema.names <= item.keys():
            return None
        if self.projection == "ALL":
            return item
        kept = self.schema.names | self.table_keys.names | self.included
        return {name: item[name] for name in item if name in kept}

    def change(self, key: Key, old: Item | None, new: Item | None, now: int, lag: Callable[[], int]) -> None:
        """Take over a write. The lag is asked for only when the index changes at all."""
        if old is not None and new is not None and self.projection != "ALL":
            for name in self._relevant:
                if old.get(name) != new.get(name):
                    break
            else:
                return
        entry = self.entry_of(new)
        if entry == self.entry_of(old):
            return
        visible_at = max(now + lag(), self._visible_at.get(key, 0))
        self._visible_at[key] = visible_at
        self._writes += 1
        heapq.heappush(self._pending, (visible_at, self._writes, key, entry))

    def settle(self, now: int) -> None:
        """Show every change whose time has come."""
        while self._pending and self._pending[0][0] <= now:
            visible_at, _, key, entry = heapq.heappop(self._pending)
            shown = self._entries.pop(key, None)
            if shown is not None:
                del self.partitions[self.schema.key_of(shown)[0]][key]
            if entry is not None:
                self._entries[key] = entry
                self.partitions.setdefault(self.schema.key_of(entry)[0], {})[key] = entry
            if self._visible_at.get(key) == visible_at:
                del self._visible_at[key]

    def settled_at(self) -> int | None:
        """When the last known change becomes visible; None when the index is up to date."""
        return max((pending[0] for pending in self._pending), default=None)

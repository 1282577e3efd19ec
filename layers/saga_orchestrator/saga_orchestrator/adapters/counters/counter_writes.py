"""Every write of a counter's item, with the condition that makes it safe."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from saga_orchestrator.adapters.saga_codec import Item
from saga_orchestrator.domain.counters import Head, Lower, Override, Raise, Shard

from .counter_items import OVERRIDE, VERSION, counter_key, directory_key, from_override

Value = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CounterWrite:
    """One update: attributes to set, to add to and to remove, if all of `conditions` hold."""

    key: Item
    sets: Mapping[str, Value] = field(default_factory=dict)
    adds: Mapping[str, Value] = field(default_factory=dict)
    removes: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    values: Mapping[str, Value] = field(default_factory=dict)
    """What the conditions compare with."""

    def request(self, table: str) -> dict[str, Any]:
        sections = {
            "SET": [f"#{name} = :{name}" for name in self.sets],
            "REMOVE": [f"#{name}" for name in self.removes],
            "ADD": [f"#{name} :{name}" for name in self.adds],
        }
        made: dict[str, Any] = {
            "TableName": table,
            "Key": self.key,
            "UpdateExpression": " ".join(f"{word} {', '.join(parts)}" for word, parts in sections.items() if parts),
            "ExpressionAttributeNames": {f"#{name}": name for name in (*self.sets, *self.removes, *self.adds)},
        }
        if self.conditions:
            made["ConditionExpression"] = " AND ".join(self.conditions)
        if values := {f":{name}": value for name, value in {**self.sets, **self.adds, **self.values}.items()}:
            made["ExpressionAttributeValues"] = values
        return made

    def raising_gen(self, read: int) -> "CounterWrite":
        """The same, and `gen` one further."""
        # No limit came and nothing was raised since the reading began that this is derived from.
        unmoved = "gen = :read_gen"
        return replace(
            self,
            adds={**self.adds, "gen": number(1)},
            conditions=(*self.conditions, unmoved),
            values={**self.values, "read_gen": number(read)},
        )


def number(value: int) -> Value:
    return {"N": str(value)}


def counting(resource: str, shard: int, change: int) -> CounterWrite:
    # Both numbers stand in the item: no setting decides, so no two settings can differ. A release has no condition:
    # whatever the counter says, the unit was taken and must be given back.
    conditions = ("n < cap",) if change > 0 else ()
    return CounterWrite(counter_key(resource, shard), adds={"n": number(change)}, conditions=conditions)


@functools.lru_cache(maxsize=1024)
def counting_request(table: str, resource: str, shard: int, change: int) -> dict[str, Any]:
    """What `counting` asks for. Every claim of one shard asks for the same: it is kept, and nobody may change it."""
    return counting(resource, shard, change).request(table)


def capping(resource: str, place: int, read: int | None, cap: int) -> CounterWrite:
    """The cap that was read becomes another; an item that is new gets its number with it."""
    write = CounterWrite(counter_key(resource, place), sets={"cap": number(cap)}, adds={"n": number(0)})
    if read is None:
        return replace(write, conditions=("attribute_not_exists(cap)",))
    return replace(write, conditions=("cap = :read_cap",), values={"read_cap": number(read)})


def stepping(resource: str, step: Lower | Raise) -> list[CounterWrite]:
    """One write, or two in one transaction where a cap is raised on another shard than the one with `gen`."""
    write = capping(resource, step.shard, step.read, step.cap)
    if isinstance(step, Lower):
        return [write]
    if step.shard == 0:
        return [write.raising_gen(step.gen)]
    return [CounterWrite(counter_key(resource, 0)).raising_gen(step.gen), write]


def opening_with(resource: str, place: int, found: Shard, cap: int, head: Head) -> CounterWrite:
    """The first cap of a shard, and on shard 0 the head."""
    write = capping(resource, place, found.cap, cap)
    if place > 0:
        return write
    # Whoever opens it second has lost: from now on caps are raised by `gen` alone.
    unopened = "attribute_not_exists(gen)"
    return replace(write, sets={**write.sets, **_head(head)}, conditions=(*write.conditions, unopened))


def changing(resource: str, read: Head, wanted: Head) -> CounterWrite:
    """Another limit. The very head that was compared: a new limit and a raised cap must not pass each other."""
    return CounterWrite(
        counter_key(resource, 0),
        sets=_head(wanted),
        conditions=("gen = :read_gen",),
        values={"read_gen": number(read.gen)},
    )


def settled(resource: str, read: Head) -> CounterWrite:
    """A limit that came meanwhile is not settled by what was read before it."""
    return CounterWrite(
        counter_key(resource, 0),
        removes=("unsettled",),
        conditions=("gen = :read_gen",),
        values={"read_gen": number(read.gen)},
    )


def overriding(key: Item, read: int, override: Override | None) -> CounterWrite:
    """Put there or taken away, and nothing else: limit, cap and gen are as they were."""
    write = CounterWrite(key, adds={VERSION: number(1)})
    if override is None:
        write = replace(write, removes=(OVERRIDE,))
    else:
        write = replace(write, sets={OVERRIDE: from_override(override)})
    if read == 0:
        # Nobody has ever put one there.
        return replace(write, conditions=(f"attribute_not_exists({VERSION})",))
    # The very one that was looked at: of two who decide at once, one is told that the other was faster.
    return replace(write, conditions=(f"{VERSION} = :read_version",), values={"read_version": number(read)})


def listing(resource: str, most: int) -> CounterWrite:
    """The directory's condition keeps its item far below the size at which no language could be opened any more."""
    return CounterWrite(
        directory_key(),
        adds={"languages": {"SS": [resource]}},
        conditions=("(attribute_not_exists(languages) OR size(languages) < :most)",),
        values={"most": number(most)},
    )


def _head(head: Head) -> dict[str, Value]:
    numbers = {"limit": head.limit, "gen": head.gen, "shards": head.shards, "span": head.span}
    values = {name: number(value) for name, value in numbers.items()}
    return values | ({"unsettled": {"BOOL": True}} if head.unsettled else {})

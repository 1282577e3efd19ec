"""The table as it is stored, item by item: also what no function could read, which a mapping would stop at."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from saga_orchestrator.adapters.counters.counter_items import claimed_shard, is_reserved, shard_of
from saga_orchestrator.adapters.saga_codec import Item
from sagactl.deployment import Deployment

Shard = tuple[str, int]
"""Language and number of one counter item."""


@dataclass
class Slots:
    """Units taken by what the counters say, and by what the sagas hold."""

    counted: dict[Shard, dict[str, Any]] = field(default_factory=dict)
    """The stored number of each counter item, empty where it has none."""
    held: Counter[Shard] = field(default_factory=Counter)
    capped: set[str] = field(default_factory=set)
    """Languages whose counters have caps."""

    def add(self, item: Item) -> None:
        """An unreadable saga holds its slot like any other: its item is what the counter was raised with."""
        if not is_reserved(item):
            if held := claimed_shard(item.get("claim", {}).get("S", "")):
                self.held[held] += 1
        elif shard := shard_of(item):
            self.counted[shard] = item.get("n", {})
            if "gen" in item:
                self.capped.add(shard[0])


def stored_items(stack: Deployment) -> Iterator[Item]:
    """Every item, by scan: its cost is the whole table's size. Each is as of its own read; together no snapshot."""
    start: dict[str, Any] = {}
    while True:
        # Consistent: an item that was written before the command began must not show as it was before.
        page = stack.client("dynamodb").scan(TableName=stack.table, ConsistentRead=True, **start)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


@dataclass(frozen=True)
class CounterOf:
    """One counter item as it is stored; `cap` is None in items of releases that kept none."""

    language: str
    taken: int
    cap: int | None


def counters(stack: Deployment, odd: Callable[[str], None]) -> Iterator[CounterOf]:
    """Every counter that names a shard; the key of one that holds no whole number is handed to `odd`."""
    for item in stored_items(stack):
        if shard := shard_of(item):
            try:
                yield CounterOf(shard[0], _number(item, "n") or 0, _number(item, "cap"))
            except ValueError:
                odd(item["execution_id"]["S"])


def _number(item: Item, name: str) -> int | None:
    return int(item[name].get("N", "no number")) if name in item else None

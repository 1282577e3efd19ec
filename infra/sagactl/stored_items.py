"""The table as it is stored, item by item: also what no function could read, which a mapping would stop at."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from saga_orchestrator.adapters.saga_codec import Item
from sagactl.deployment import Deployment

Shard = tuple[str, int]
"""Language and number of one counter item."""

_COUNTER = "#counter"


@dataclass
class Slots:
    """Units taken by what the counters say, and by what the sagas hold."""

    counted: dict[Shard, dict[str, Any]] = field(default_factory=dict)
    """The stored number of each counter item, empty where it has none."""
    held: Counter[Shard] = field(default_factory=Counter)
    nameless: list[str] = field(default_factory=list)
    """Keys of counter items that name no shard."""

    def add(self, item: Item) -> None:
        """An unreadable saga holds its slot like any other: its item is what the counter was raised with."""
        if not is_counter(item):
            if shard := _shard(item.get("claim", {}).get("S", "")):
                self.held[shard] += 1
            return
        name = item["execution_id"]["S"]
        if (shard := _shard(name.removeprefix("#counter#"))) and name.startswith("#counter#"):
            self.counted[shard] = item.get("n", {})
        else:
            self.nameless.append(name)


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


def counters(stack: Deployment) -> Iterator[CounterOf]:
    """Every counter that names a shard."""
    for item in stored_items(stack):
        name = item["execution_id"]["S"]
        if is_counter(item) and (shard := _shard(name.removeprefix("#counter#"))):
            cap = item.get("cap", {}).get("N")
            yield CounterOf(shard[0], int(item.get("n", {}).get("N", "0")), None if cap is None else int(cap))


def is_counter(item: Item) -> bool:
    """A counter's item, readable or not."""
    return bool(item["saga_name"]["S"] == _COUNTER)


def is_beside_sagas(item: Item) -> bool:
    """A counter, or whatever another release keeps there: no execution's id begins like this."""
    return bool(item["execution_id"]["S"].startswith("#"))


def counter_key(shard: Shard) -> Item:
    """The key of a counter's item."""
    return {"execution_id": {"S": f"#counter#{shard[0]}#{shard[1]}"}, "saga_name": {"S": _COUNTER}}


def _shard(text: str) -> Shard | None:
    language, separator, number = text.rpartition("#")
    return (language, int(number)) if separator and number.isdecimal() and number.isascii() else None

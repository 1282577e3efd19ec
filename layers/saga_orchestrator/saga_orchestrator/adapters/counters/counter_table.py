"""Counters in the saga table: read in the order that makes raising a cap safe, and written under its conditions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from saga_orchestrator.adapters.aws_errors import part_of, retryable
from saga_orchestrator.adapters.patient_writes import PatientWrites, Refused
from saga_orchestrator.adapters.saga_codec import Item
from saga_orchestrator.domain.counters import Head, Lower, Override, Raise, Reading, Shard, opening, settle
from saga_orchestrator.domain.errors import RetryableError

from .counter_items import MAX_SHARDS, counter_key, directory_key, to_head, to_override, to_shard
from .counter_writes import CounterWrite, changing, listing, opening_with, settled, stepping

SETTLE_ATTEMPTS: Final = 4
"""Readings for each shard: one for each cap that has to be raised, and some for those that others write meanwhile."""

MOST_LISTED: Final = 1_000
"""Languages in the directory. A language beyond keeps the limit that it was opened with."""

_BATCH: Final = 100
"""Keys of one BatchGetItem."""


@dataclass(frozen=True, slots=True)
class CounterTable:
    client: Any
    table: str
    writes: PatientWrites

    def read(self, resource: str) -> Reading | None:
        """Shard 0, and only once its answer is there the others: a batch is read in no order. None: no caps yet."""
        first = self.get(counter_key(resource, 0))
        head = to_head(first)
        if head is None:
            return None
        return Reading(head, (to_shard(first), *self._shards(resource, range(1, head.span))))

    def heads(self) -> Mapping[str, Head | RetryableError]:
        """Of every resource in the directory; the error where a head cannot be read."""
        directory = self.get(directory_key())
        return self.heads_of(languages_in(directory), to_override(directory))

    def heads_of(self, names: Iterable[str], over_all: Override | None) -> Mapping[str, Head | RetryableError]:
        """Of these; one that has no caps yet is left out."""
        keys = {name: counter_key(name, 0) for name in names}
        items = self.batch(tuple(keys.values()))
        heads = {name: _readable(items.get(key["execution_id"]["S"]), over_all) for name, key in keys.items()}
        return {name: head for name, head in heads.items() if head is not None}

    def open(self, resource: str, limit: int, shards: int) -> None:
        """The counter's first caps, and its name in the directory, in one write; nothing if somebody was faster."""
        found = self._shards(resource, range(MAX_SHARDS))
        reading = opening(limit, shards, found)
        writes = [
            opening_with(resource, place, found[place], shard.cap or 0, reading.head)
            for place, shard in enumerate(reading.shards)
            # A share of nothing needs no item, unless there is one.
            if place == 0 or shard.cap or found[place] != Shard()
        ]
        refused = self._write([*writes, listing(resource, MOST_LISTED)])
        if refused is not None and refused.position == len(writes):
            self._write(writes)

    def change(self, resource: str, read: Head, wanted: Head) -> bool:
        return self._write([changing(resource, read, wanted)]) is None

    def settle(self, resource: str) -> None:
        """Step by step until nothing is left to do, then say so; anybody may be at it at the same time."""
        reading = self.read(resource)
        for _ in range(SETTLE_ATTEMPTS * (1 + (reading.head.span if reading else 0))):
            if reading is None:
                return
            steps = settle(reading)
            if not steps and (not reading.head.unsettled or self._write([settled(resource, reading.head)]) is None):
                return
            for step in steps:
                self.apply(resource, step)
            reading = self.read(resource)
        msg = f"the counter of {resource} was written by others all the time"
        raise RetryableError(msg)

    def apply(self, resource: str, step: Lower | Raise) -> bool:
        """One cap. False: somebody else has written it, or raised another one, since it was read."""
        return self._write(stepping(resource, step)) is None

    def _write(self, writes: Sequence[CounterWrite]) -> Refused | None:
        requests = [write.request(self.table) for write in writes]
        if len(requests) == 1:
            return self.writes.single(self.client.update_item, requests[0])
        return self.writes.transact([{"Update": request} for request in requests])

    def _shards(self, resource: str, places: Iterable[int]) -> list[Shard]:
        keys = [counter_key(resource, place) for place in places]
        items = self.batch(keys)
        return [to_shard(items.get(key["execution_id"]["S"])) for key in keys]

    def get(self, key: Item) -> Item | None:
        with retryable():
            item: Item | None = self.client.get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        return item

    def batch(self, keys: Sequence[Item]) -> dict[str, Item]:
        found: dict[str, Item] = {}
        for first in range(0, len(keys), _BATCH):
            wanted = {self.table: {"Keys": list(keys[first : first + _BATCH]), "ConsistentRead": True}}
            with retryable():
                reply = self.client.batch_get_item(RequestItems=wanted)
            if reply.get("UnprocessedKeys"):
                msg = "counter shards could not all be read"
                raise RetryableError(msg)
            found |= {item["execution_id"]["S"]: item for item in part_of(part_of(reply, "Responses"), self.table)}
        return found


def languages_in(directory: Item | None) -> list[str]:
    """Every one that was ever limited, in order."""
    return sorted((directory or {}).get("languages", {}).get("SS", ()))


def _readable(item: Item | None, over_all: Override | None) -> Head | RetryableError | None:
    try:
        head = to_head(item)
    except RetryableError as unreadable:
        return unreadable
    return replace(head, over_all=over_all) if head is not None and over_all is not None else head

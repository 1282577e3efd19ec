"""The counters of several languages at once, for whoever counts or shows them."""

from collections.abc import Mapping
from dataclasses import dataclass

from saga_orchestrator.adapters.counters.counter_items import counter_key, to_shard
from saga_orchestrator.adapters.counters.counter_table import CounterTable
from saga_orchestrator.domain.counters import Head, Reading
from saga_orchestrator.domain.errors import RetryableError


@dataclass(frozen=True, slots=True)
class CounterReads:
    """Implements the application's `Counters`."""

    counters: CounterTable

    def heads(self) -> Mapping[str, Head | RetryableError]:
        return self.counters.heads()

    def readings(self, heads: Mapping[str, Head]) -> Mapping[str, Reading | RetryableError]:
        """The shards of these, read after their heads."""
        keys = {name: [counter_key(name, place) for place in range(head.span)] for name, head in heads.items()}
        items = self.counters.batch([key for each in keys.values() for key in each])
        found: dict[str, Reading | RetryableError] = {}
        for name, head in heads.items():
            try:
                shards = tuple(to_shard(items.get(key["execution_id"]["S"])) for key in keys[name])
                found[name] = Reading(head, shards)
            except RetryableError as unreadable:
                found[name] = unreadable
        return found

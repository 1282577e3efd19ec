"""Rejected events that nobody has settled, in the order of time: for whoever shows them, and for whoever counts."""

from collections.abc import Callable
from typing import Any, TypeVar

from saga_orchestrator.adapters.rejected_events import SHARDS
from saga_orchestrator.adapters.saga_codec import Item

from .time_index import TimeIndex

Content = TypeVar("Content")


def open_events(client: Any, table: str, decode: Callable[[Item], Content]) -> TimeIndex[Content]:
    return TimeIndex(client, table, [f"rejected#{shard}" for shard in range(SHARDS)], decode)

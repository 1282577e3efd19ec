"""Spreading sagas over the partitions of the deadline index."""

from zlib import crc32


def deadline_shard(execution_id: str, shards: int) -> int:
    """Stable for an execution; kept in the item, so the number of shards may grow under running sagas."""
    return crc32(execution_id.encode("ascii")) % shards

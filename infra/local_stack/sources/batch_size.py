"""How many records fit into one event (API Reference, CreateEventSourceMapping, BatchSize: "up to the payload limit for
synchronous invocation (6 MB)")."""

from collections.abc import Sequence
from typing import Final, Protocol, TypeVar

from local_stack.functions import MAX_SYNC_BYTES

#: What an event has beside its records, with room for the names of many partitions.
ENVELOPE_BYTES: Final = 16 * 1024
RECORDS_BYTES: Final = MAX_SYNC_BYTES - ENVELOPE_BYTES
SEPARATOR_BYTES: Final = 2


class Sized(Protocol):
    @property
    def size(self) -> int:
        """Bytes in the event's JSON, the separator included."""


Record = TypeVar("Record", bound=Sized)


def split_by_size(records: Sequence[Record], limit: int = RECORDS_BYTES) -> tuple[list[Record], list[Record]]:
    """What fits into one event and the rest. At least one record: one that is too large goes alone."""
    total = 0
    for position, record in enumerate(records):
        total += record.size
        if total > limit and position:
            return list(records[:position]), list(records[position:])
    return list(records), []

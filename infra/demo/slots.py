"""Who held slots at one time, by the order in which the table was written: the one account that cannot be mistaken.

A saga tells when it was decided on. Its slot is taken by the write that follows, and given back by a later one; on a
busy machine there is room for other sagas between what is told and what is written.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from saga_orchestrator.adapters.counters.counter_items import claimed_shard

Record = dict[str, Any]


def most_held(records: Iterable[Record]) -> Mapping[str, int]:
    """The largest number of slots that sagas held at one time, by resource: of every change of a table, in order."""
    held: Counter[str] = Counter()
    most: Counter[str] = Counter()
    for record in records:
        change = record["dynamodb"]
        before, after = (_resource(change.get(image, {})) for image in ("OldImage", "NewImage"))
        held.subtract(filter(None, [before]))
        held.update(filter(None, [after]))
        most |= held
    return most


def _resource(image: Mapping[str, Any]) -> str | None:
    """What the saga of this image holds a slot of."""
    claim = claimed_shard(image["claim"]["S"]) if "claim" in image else None
    return claim[0] if claim else None

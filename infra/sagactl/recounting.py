"""Counters of taken slots: what differs from the number of sagas that hold them, and the correction."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from sagactl.deployment import Deployment
from sagactl.stored_items import Shard, Slots, counter_key, stored_items

_MOVED = frozenset({"ConditionalCheckFailedException", "TransactionConflictException"})


@dataclass(frozen=True)
class Drift:
    """A counter that is not the number of sagas which hold a unit of it."""

    language: str
    shard: int
    stored: dict[str, Any] | None
    """What the counter's item says: None when there is no item, empty when the item says nothing."""
    held: int
    """How many sagas hold a claim on it."""

    @property
    def counted(self) -> int | None:
        """None when it is no number: no function could add to it."""
        return 0 if self.stored is None else _number(self.stored)


def drifts(slots: Slots) -> list[Drift]:
    """An item that is not there counts as zero, as it does for the functions; one without its number breaks them."""
    shards: list[Shard] = sorted(slots.counted.keys() | slots.held.keys())
    found = [Drift(*shard, slots.counted.get(shard), slots.held[shard]) for shard in shards]
    return [drift for drift in found if drift.counted != drift.held]


def steady_drifts(stack: Deployment, first: list[Drift] | None = None) -> list[Drift]:
    """Differences that two passes over the table agree on; `first` is what a pass has found already."""
    if first is None:
        first = drifts(_slots(stack))
    if not first:
        return []
    second = drifts(_slots(stack))
    return [drift for drift in first if drift in second]


def correct(stack: Deployment, drift: Drift) -> bool:
    """Set the counter, unless it is no longer what was compared."""
    values = {":held": {"N": str(drift.held)}}
    if not drift.stored:
        # A first claim creates the counter with its number: then there is one, and it must not be overwritten.
        unchanged = "attribute_not_exists(n)"
    else:
        # The very value that was compared, whatever its type: a claim or a release since then has changed it.
        unchanged, values[":stored"] = "n = :stored", drift.stored
    try:
        stack.client("dynamodb").update_item(
            TableName=stack.table,
            Key=counter_key((drift.language, drift.shard)),
            UpdateExpression="SET n = :held",
            ConditionExpression=unchanged,
            ExpressionAttributeValues=values,
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in _MOVED:
            return False
        raise
    return True


def _slots(stack: Deployment) -> Slots:
    slots = Slots()
    for item in stored_items(stack):
        slots.add(item)
    return slots


def _number(stored: dict[str, Any]) -> int | None:
    try:
        return int(stored["N"])
    except (KeyError, ValueError):
        return None

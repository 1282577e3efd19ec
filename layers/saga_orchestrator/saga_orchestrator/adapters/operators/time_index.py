"""The operators' table in order of time: what stands in it stays at its instant, whatever becomes of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from saga_orchestrator.adapters.aws_errors import part_of, retryable
from saga_orchestrator.adapters.saga_codec import Item
from saga_orchestrator.application.paging import Beginning, Entry, Spot

BY_TIME: Final = "by_time"

Content = TypeVar("Content")


@dataclass(frozen=True, slots=True)
class TimeIndex(Generic[Content]):
    """Implements the application's `Shelf`. `since` is the oldest that is shown, where somebody says."""

    client: Any
    table: str
    partitions: Sequence[str]
    decode: Callable[[Item], Content]
    since: str | None = None

    def read(
        self, partition: str, begin: Beginning | None, limit: int, *, newest_first: bool
    ) -> tuple[Sequence[Entry[Content]], bool]:
        condition, values = "kind = :kind", {":kind": {"S": partition}}
        start: dict[str, Any] = {}
        if begin is not None and begin.after is not None:
            # Nothing need stand there any more: DynamoDB goes on behind the place. It refuses one outside of what is
            # asked for, and whoever asks again with a later `since` has such a place: older ones are cut off below.
            start = {"ExclusiveStartKey": _place(partition, begin.at, begin.after)}
        elif begin is not None:
            compared = "<" if newest_first else ">"
            condition += f" AND #at {compared if begin.beyond else f'{compared}='} :at"
            values[":at"] = {"S": begin.at}
        if self.since is not None and not start:
            condition, values = _bounded(condition, values, self.since)
        names = {"ExpressionAttributeNames": {"#at": "at"}} if "#at" in condition else {}
        with retryable():
            page = self.client.query(
                TableName=self.table,
                IndexName=BY_TIME,
                KeyConditionExpression=condition,
                ExpressionAttributeValues=values,
                ScanIndexForward=not newest_first,
                Limit=limit,
                **names,
                **start,
            )
        items = part_of(page, "Items")
        shown = [item for item in items if self.since is None or item["at"]["S"] >= self.since]
        entries = [Entry(_spot(partition, item), self.decode(item)) for item in shown]
        return entries, "LastEvaluatedKey" in page and len(shown) == len(items)


def _bounded(condition: str, values: dict[str, Any], since: str) -> tuple[str, dict[str, Any]]:
    """A key takes one condition: with several partitions an end of the other side would need a second one."""
    if "#at" in condition:
        msg = "what is bounded by since stands in one partition"
        raise ValueError(msg)
    return f"{condition} AND #at >= :since", {**values, ":since": {"S": since}}


def _spot(partition: str, item: Item) -> Spot:
    return Spot(item["at"]["S"], partition, (item["pk"]["S"], item["sk"]["S"]))


def _place(partition: str, at: str, key: tuple[str, str]) -> Item:
    """As DynamoDB names a place in an index: by the index's key and the table's."""
    return {"kind": {"S": partition}, "at": {"S": at}, "pk": {"S": key[0]}, "sk": {"S": key[1]}}

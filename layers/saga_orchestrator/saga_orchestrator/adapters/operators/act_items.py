"""Acts as items of the operators' table: written once, read by target or by time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from saga_orchestrator.adapters.aws_errors import part_of, retryable
from saga_orchestrator.adapters.patient_writes import PatientWrites
from saga_orchestrator.adapters.saga_codec import Item
from saga_orchestrator.domain.instants import of_stored, rfc3339
from saga_orchestrator.domain.operating.acts import KEPT_SECONDS, Act, ActKey

from .time_index import BY_TIME, TimeIndex

KIND: Final = "act"
"""Their partition of the index by time."""

_STRINGS: Final = ("verb", "door", "role", "reason", "result", "arguments", "operation")


def put_of(table: str, act: Act) -> dict[str, Any]:
    """The put, alone or as part of a transaction."""
    # An act is never overwritten, also not by its own repetition.
    unwritten = "attribute_not_exists(pk)"
    return {
        "TableName": table,
        "Item": encode(act),
        "ConditionExpression": unwritten,
    }


def encode(act: Act) -> Item:
    text = {
        "kind": KIND,
        "at": rfc3339(act.at),
        "target": act.id.target,
        "actor": act.id.actor,
        **{name: getattr(act, name) for name in _STRINGS},
    }
    versions = {"before": act.version_before, "after": act.version_after}
    return {
        **_key(act.id),
        **{name: {"S": str(value)} for name, value in text.items() if value},
        **{name: {"N": str(version)} for name, version in versions.items() if version is not None},
        "expires": {"N": str(act.at // 1000 + KEPT_SECONDS)},
    }


def decode(item: Item) -> Act:
    """An item that lacks a part, or has it of another kind, is shown without it: nobody is to miss an act, or all
    others of the list, because one item is odd. Whoever breaks the glass can write such a one.
    """

    def text(name: str) -> str:
        return str(item.get(name, {}).get("S", ""))

    def number(name: str) -> int | None:
        value = str(item.get(name, {}).get("N", ""))
        return int(value) if value.isascii() and value.isdigit() else None

    identity = ActKey(target=text("target"), actor=text("actor"), key=text("sk").rpartition("#")[2])
    fields = {name: text(name) for name in _STRINGS}
    at = of_stored(text("at")) or 0
    return Act(id=identity, at=at, version_before=number("before"), version_after=number("after"), **fields)


def _key(act_id: ActKey) -> Item:
    return {"pk": {"S": f"act#{act_id.target}"}, "sk": {"S": f"{act_id.actor}#{act_id.key}"}}


@dataclass(frozen=True, slots=True)
class ActTable:
    """Reads and single writes; what changes a saga goes with the saga, in one transaction."""

    client: Any
    table: str
    writes: PatientWrites

    def find(self, act_id: ActKey) -> Act | None:
        """Strongly consistent: a repetition comes as soon as its sender has lost patience."""
        with retryable():
            reply = self.client.get_item(TableName=self.table, Key=_key(act_id), ConsistentRead=True)
        return decode(reply["Item"]) if "Item" in reply else None

    def put(self, act: Act) -> bool:
        """Record an act that is all by itself. False where one stands under its key already."""
        return self.writes.single(self.client.put_item, put_of(self.table, act)) is None

    def on(self, target: str) -> list[Act]:
        """Everything that was done to it, in order."""
        request = {
            "KeyConditionExpression": "pk = :target",
            "ExpressionAttributeValues": {":target": {"S": f"act#{target}"}},
            "ConsistentRead": True,
        }
        return sorted(self._queried(request), key=lambda act: (act.at, act.id.key))

    def by_time(self, since: int | None = None) -> TimeIndex[Act]:
        """For pages; an act of this moment may be missing."""
        oldest = rfc3339(since) if since is not None else None
        return TimeIndex(self.client, self.table, (KIND,), decode, oldest)

    def newest(self, since: int = 0) -> Iterator[Act]:
        """By the index, the newest first; an act of this moment may be missing."""
        values = {":kind": {"S": KIND}, ":since": {"S": rfc3339(since)}}
        return self._queried(
            {
                "IndexName": BY_TIME,
                "KeyConditionExpression": "kind = :kind AND #at >= :since",
                "ExpressionAttributeNames": {"#at": "at"},
                "ExpressionAttributeValues": values,
                "ScanIndexForward": False,
            }
        )

    def _queried(self, request: dict[str, Any]) -> Iterator[Act]:
        start: dict[str, Any] = {}
        while True:
            with retryable():
                page = self.client.query(TableName=self.table, **request, **start)
            yield from map(decode, part_of(page, "Items"))
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

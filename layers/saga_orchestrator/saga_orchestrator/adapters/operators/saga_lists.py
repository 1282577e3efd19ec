"""Reads for people who operate: the sagas of one execution, and pages of an index with the items behind its keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from saga_orchestrator.adapters.aws_errors import part_of, retryable
from saga_orchestrator.adapters.saga_codec import Item, decode
from saga_orchestrator.application.listing import Key, Order, Place, Unreadable
from saga_orchestrator.application.ports import Pause
from saga_orchestrator.domain.errors import CorruptSaga, RetryableError
from saga_orchestrator.domain.saga import MARK_SHARDS, Saga

_BATCH: Final = 100
"""Keys of one BatchGetItem (DynamoDB API reference)."""
_BATCH_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class _Index:
    """`kind` is the type of its partition key."""

    name: str
    partition: str
    kind: str
    at: str


_INDEXES: Final[Mapping[Order, _Index]] = {
    Order.DEADLINES: _Index("deadlines", "deadline_shard", "N", "deadline"),
    Order.PARKED: _Index("marks", "mark", "S", "mark_at"),
}


@dataclass(frozen=True, slots=True)
class SagaLists:
    """Implements the application's `Lists` on the saga table."""

    client: Any
    table: str
    deadline_shards: int
    pause: Pause

    def partitions(self, order: Order) -> Sequence[str]:
        if order is Order.PARKED:
            return [f"parked#{shard}" for shard in range(MARK_SHARDS)]
        return [str(shard) for shard in range(self.deadline_shards)]

    def keys(self, order: Order, partition: str, since: int, after: Key | None, limit: int) -> tuple[list[Place], bool]:
        index = _INDEXES[order]
        start = {} if after is None else {"ExclusiveStartKey": _place_of(index, partition, since, after)}
        with retryable():
            page = self.client.query(
                TableName=self.table,
                IndexName=index.name,
                KeyConditionExpression="#partition = :partition AND #at >= :since",
                ExpressionAttributeNames={"#partition": index.partition, "#at": index.at},
                ExpressionAttributeValues={":partition": {index.kind: partition}, ":since": {"N": str(since)}},
                Limit=limit,
                **start,
            )
        places = [
            Place(int(item[index.at]["N"]), partition, (item["execution_id"]["S"], item["saga_name"]["S"]))
            for item in part_of(page, "Items")
        ]
        return places, "LastEvaluatedKey" in page

    def sagas(self, keys: Sequence[Key]) -> Mapping[Key, Saga | Unreadable]:
        found: dict[Key, Saga | Unreadable] = {}
        for begin in range(0, len(keys), _BATCH):
            for item in self._items([_key(each) for each in keys[begin : begin + _BATCH]]):
                found[_key_of(item)] = _read(item)
        return found

    def of_execution(self, execution_id: str) -> list[Saga | Unreadable]:
        """Every saga of it, strongly consistent, by name."""
        found: list[Saga | Unreadable] = []
        start: dict[str, Any] = {}
        while True:
            with retryable():
                page = self.client.query(
                    TableName=self.table,
                    KeyConditionExpression="execution_id = :execution",
                    ExpressionAttributeValues={":execution": {"S": execution_id}},
                    ConsistentRead=True,
                    **start,
                )
            found += [_read(item) for item in part_of(page, "Items")]
            if "LastEvaluatedKey" not in page:
                return found
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def _items(self, keys: list[Item]) -> list[Item]:
        found: list[Item] = []
        wanted = keys
        for attempt in range(_BATCH_ATTEMPTS):
            if not wanted:
                return found
            if attempt:
                self.pause(0.02 * 2**attempt)
            with retryable():
                reply = self.client.batch_get_item(RequestItems={self.table: {"Keys": wanted, "ConsistentRead": True}})
            found += part_of(reply, "Responses").get(self.table, [])
            wanted = reply.get("UnprocessedKeys", {}).get(self.table, {}).get("Keys", [])
        if wanted:
            msg = "part of a batch was left unread each time"
            raise RetryableError(msg)
        return found


def _read(item: Item) -> Saga | Unreadable:
    try:
        return decode(item)
    except CorruptSaga as corrupt:
        return Unreadable(_key_of(item), corrupt)


def _key_of(item: Item) -> Key:
    return item["execution_id"]["S"], item["saga_name"]["S"]


def _key(key: Key) -> Item:
    return {"execution_id": {"S": key[0]}, "saga_name": {"S": key[1]}}


def _place_of(index: _Index, partition: str, at: int, key: Key) -> Item:
    """As DynamoDB names a place in an index: by the index's key and the table's. Nothing need stand there any more."""
    return {index.partition: {index.kind: partition}, index.at: {"N": str(at)}, **_key(key)}

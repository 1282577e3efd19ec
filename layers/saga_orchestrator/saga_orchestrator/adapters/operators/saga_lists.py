"""Reads for people who operate: the sagas of one execution, and pages of an index with the items behind its keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

from saga_orchestrator.adapters.aws_errors import part_of, retryable
from saga_orchestrator.adapters.saga_codec import Item, decode
from saga_orchestrator.application.listing import Key, Order, Place, Unreadable, instant_of, place_at
from saga_orchestrator.application.ports import Pause
from saga_orchestrator.domain.errors import CorruptSaga, RetryableError
from saga_orchestrator.domain.saga import ENDED, MARK_SHARDS, PARKED, Saga

_BATCH: Final = 100
"""Keys of one BatchGetItem (DynamoDB API reference)."""
_BATCH_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class _Index:
    """`kind` is the type of its partition key, `at` what it is in the order of."""

    name: str
    partition: str
    kind: str
    at: str


_INDEXES: Final[Mapping[Order, _Index]] = {
    Order.DEADLINES: _Index("deadlines", "deadline_shard", "N", "deadline"),
    Order.PARKED: _Index("marks", "mark", "S", "mark_at"),
    Order.ENDED: _Index("marks", "mark", "S", "mark_at"),
    Order.OWNER: _Index("owner", "owner", "S", "created"),
}


@dataclass(frozen=True, slots=True)
class SagaLists:
    """Implements the application's `Lists` on the saga table; with an owner, of his sagas alone."""

    client: Any
    table: str
    deadline_shards: int
    pause: Pause
    owner: str | None = None

    def of_owner(self, owner: str) -> "SagaLists":
        return replace(self, owner=owner)

    def partitions(self, order: Order) -> Sequence[str]:
        match order:
            case Order.DEADLINES:
                return [str(shard) for shard in range(self.deadline_shards)]
            case Order.PARKED:
                return [f"{PARKED}#{shard}" for shard in range(MARK_SHARDS)]
            case Order.ENDED:
                return [f"{ENDED}#{shard}" for shard in range(MARK_SHARDS)]
            case Order.OWNER:
                # Its name goes into tokens, where another owner's is to be seen as such, and no owner's name is to be.
                return [sha256((self.owner or "").encode()).hexdigest()[:16]]

    def keys(
        self, order: Order, partition: str, since: int, after: Key | None, limit: int, before: int | None = None
    ) -> tuple[list[Place], bool]:
        index, value, newest_first = _INDEXES[order], self._value(order, partition), order.is_newest_first
        at = str(instant_of(order, since))
        start = {} if after is None else {"ExclusiveStartKey": _place_of(index, value, at, after)}
        values = {":partition": {index.kind: value}, ":at": {"N": at}}
        if before is None:
            range_ = f"#at {'<=' if newest_first else '>='} :at"
        else:
            values[":end"] = {"N": str(instant_of(order, before - 1))}
            range_ = f"#at BETWEEN {':end AND :at' if newest_first else ':at AND :end'}"
        with retryable():
            page = self.client.query(
                TableName=self.table,
                IndexName=index.name,
                KeyConditionExpression=f"#partition = :partition AND {range_}",
                ExpressionAttributeNames={"#partition": index.partition, "#at": index.at},
                ExpressionAttributeValues=values,
                ScanIndexForward=not newest_first,
                Limit=limit,
                **start,
            )
        places = [
            Place(place_at(order, int(item[index.at]["N"])), partition, _key_of(item))
            for item in part_of(page, "Items")
        ]
        return places, "LastEvaluatedKey" in page

    def sagas(self, keys: Sequence[Key]) -> Mapping[Key, Saga | Unreadable]:
        found: dict[Key, Saga | Unreadable] = {}
        # One that moved to another partition meanwhile stands in both, and a batch that names a key twice is refused.
        once = list(dict.fromkeys(keys))
        for begin in range(0, len(once), _BATCH):
            for item in self._items([_key(each) for each in once[begin : begin + _BATCH]]):
                found[_key_of(item)] = _read(item)
        return found if self.owner is None else {key: each for key, each in found.items() if self._is_his(each)}

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

    def _value(self, order: Order, partition: str) -> str:
        if order is not Order.OWNER:
            return partition
        if self.owner is None:
            msg = "whose sagas is not said"
            raise TypeError(msg)
        return self.owner

    def _is_his(self, found: Saga | Unreadable) -> bool:
        """The index lags, and an id that expired may be another owner's by now."""
        return isinstance(found, Unreadable) or found.owner == self.owner

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


def _place_of(index: _Index, partition: str, at: str, key: Key) -> Item:
    """As DynamoDB names a place in an index: by the index's key and the table's. Nothing need stand there any more."""
    return {index.partition: {index.kind: partition}, index.at: {"N": at}, **_key(key)}

"""Counting along indexes, a thousand keys at most, and reading the counters of several languages at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from saga_orchestrator.adapters.aws_errors import part_of, retryable
from saga_orchestrator.adapters.counters.counter_items import counter_key, to_shard
from saga_orchestrator.adapters.counters.counter_table import CounterTable
from saga_orchestrator.adapters.rejected_events import SHARDS
from saga_orchestrator.application.gauges import Crowd
from saga_orchestrator.domain.counters import Head, Reading
from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.saga import MARK_SHARDS

_BATCH: Final = 100
"""Keys of one BatchGetItem (DynamoDB API reference)."""


@dataclass(frozen=True, slots=True)
class _Index:
    """`kind` is the type of its partition key, `at` what it is in the order of."""

    name: str
    partition: str
    kind: str
    at: str


_INDEXES: Final[Mapping[Crowd, _Index]] = {
    Crowd.OPEN: _Index("deadlines", "deadline_shard", "N", "deadline"),
    Crowd.PARKED: _Index("marks", "mark", "S", "mark_at"),
    Crowd.REJECTED: _Index("by_time", "kind", "S", "at"),
}


@dataclass(frozen=True, slots=True)
class CrowdReads:
    """Implements the application's `Crowds`. Eventually consistent: a gauge may be a moment late."""

    client: Any
    saga_table: str
    operator_table: str
    deadline_shards: int
    counters: CounterTable

    def partitions(self, crowd: Crowd) -> Sequence[str]:
        match crowd:
            case Crowd.OPEN:
                return [str(shard) for shard in range(self.deadline_shards)]
            case Crowd.PARKED:
                return [f"parked#{shard}" for shard in range(MARK_SHARDS)]
            case Crowd.REJECTED:
                return [f"rejected#{shard}" for shard in range(SHARDS)]

    def count(self, crowd: Crowd, partition: str, most: int) -> tuple[int, int | None]:
        index, number = _INDEXES[crowd], 0
        first: int | None = None
        start: dict[str, Any] = {}
        while True:
            with retryable():
                page = self.client.query(
                    TableName=self.operator_table if crowd is Crowd.REJECTED else self.saga_table,
                    IndexName=index.name,
                    KeyConditionExpression="#partition = :partition",
                    ExpressionAttributeNames={"#partition": index.partition, "#at": index.at},
                    ExpressionAttributeValues={":partition": {index.kind: partition}},
                    ProjectionExpression="#at",
                    Limit=most - number,
                    **start,
                )
            found = part_of(page, "Items")
            number += len(found)
            if first is None and found:
                first = _millis(found[0][index.at])
            if number >= most or "LastEvaluatedKey" not in page:
                return number, first
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def heads(self) -> Mapping[str, Head | RetryableError]:
        return self.counters.heads()

    def readings(self, heads: Mapping[str, Head]) -> Mapping[str, Reading]:
        keys = [counter_key(name, place) for name, head in heads.items() for place in range(head.span)]
        items: dict[str, Any] = {}
        for begin in range(0, len(keys), _BATCH):
            with retryable():
                reply = self.client.batch_get_item(
                    RequestItems={self.saga_table: {"Keys": keys[begin : begin + _BATCH]}}
                )
            if reply.get("UnprocessedKeys"):
                msg = "counters could not all be read"
                raise RetryableError(msg)
            found = part_of(part_of(reply, "Responses"), self.saga_table)
            items |= {item["execution_id"]["S"]: item for item in found}
        return {
            name: Reading(
                head,
                tuple(to_shard(items.get(counter_key(name, place)["execution_id"]["S"])) for place in range(head.span)),
            )
            for name, head in heads.items()
        }


def _millis(value: Mapping[str, str]) -> int:
    """Of the sagas' indexes it is a number, of the operators' a time in words."""
    if "N" in value:
        return int(value["N"])
    return int(datetime.fromisoformat(value["S"]).timestamp() * 1000)

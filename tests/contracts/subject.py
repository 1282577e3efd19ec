"""A stand-in for AWS under observation: its clients, a table of its own, and the few things that differ in kind."""

import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Final

Item = dict[str, dict[str, Any]]

TABLE: Final = {
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "S"},
        {"AttributeName": "bucket_no", "AttributeType": "N"},
        {"AttributeName": "due", "AttributeType": "N"},
        {"AttributeName": "label", "AttributeType": "S"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "deadlines",
            "KeySchema": [
                {"AttributeName": "bucket_no", "KeyType": "HASH"},
                {"AttributeName": "due", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        },
        {
            "IndexName": "labels",
            "KeySchema": [{"AttributeName": "label", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        },
    ],
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
}


def key(pk: str, sk: str = "x") -> Item:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def n(number: float | str) -> dict[str, str]:
    return {"N": str(number)}


def s(text: str) -> dict[str, str]:
    return {"S": text}


class Subject(ABC):
    """One case's view: a fresh table (created when first asked for), bucket, queue and bus."""

    db: Any
    s3: Any
    sqs: Any
    events: Any

    def __init__(self) -> None:
        self._table: str | None = None

    @property
    def table(self) -> str:
        if self._table is None:
            self._table = f"t-{uuid.uuid4().hex[:10]}"
            self.db.create_table(TableName=self._table, **TABLE)
            specification = {"Enabled": True, "AttributeName": "expires"}
            self.db.update_time_to_live(TableName=self._table, TimeToLiveSpecification=specification)
        return self._table

    @abstractmethod
    def stream(self) -> list[dict[str, Any]]:
        """The table's records so far: event name, keys, images, and whether time to live did it."""

    @abstractmethod
    def expire(self) -> None:
        """Let time to live do what it may do now."""

    @abstractmethod
    def now(self) -> int:
        """The subject's time in epoch seconds."""

    def bucket(self) -> str:
        name = f"b-{uuid.uuid4().hex[:10]}"
        self.s3.create_bucket(Bucket=name)
        return name

    def queue(self) -> str:
        return str(self.sqs.create_queue(QueueName=f"q-{uuid.uuid4().hex[:10]}")["QueueUrl"])

    def bus(self) -> str:
        return "default"

    # -- calls in the few words that cases need

    def put(self, pk: str, sk: str = "x", **attributes: Any) -> dict[str, Any]:
        reply: dict[str, Any] = self.db.put_item(TableName=self.table, Item={**key(pk, sk), **attributes})
        return reply

    def put_if(self, pk: str, condition: str, *, more: Item | None = None, **parameters: Any) -> dict[str, Any]:
        item = {**key(pk), **(more or {})}
        reply: dict[str, Any] = self.db.put_item(
            TableName=self.table, Item=item, ConditionExpression=condition, **parameters
        )
        return reply

    def get(self, pk: str, sk: str = "x") -> Item | None:
        """Without the key attributes."""
        item = self.db.get_item(TableName=self.table, Key=key(pk, sk), ConsistentRead=True).get("Item")
        return None if item is None else {name: item[name] for name in sorted(item) if name not in {"pk", "sk"}}

    def update(self, pk: str, expression: str, values: Item | None = None, **parameters: Any) -> dict[str, Any]:
        if values:
            parameters["ExpressionAttributeValues"] = values
        reply: dict[str, Any] = self.db.update_item(
            TableName=self.table, Key=key(pk), UpdateExpression=expression, **parameters
        )
        return reply

    def query(self, condition: str, values: Item, **parameters: Any) -> dict[str, Any]:
        reply: dict[str, Any] = self.db.query(
            TableName=self.table, KeyConditionExpression=condition, ExpressionAttributeValues=values, **parameters
        )
        return reply

    def transact(self, *actions: dict[str, Any], **parameters: Any) -> dict[str, Any]:
        reply: dict[str, Any] = self.db.transact_write_items(
            TransactItems=[self._named(action) for action in actions], **parameters
        )
        return reply

    def _named(self, action: dict[str, Any]) -> dict[str, Any]:
        return {kind: {"TableName": self.table, **request} for kind, request in action.items()}


def eventually(read: Callable[[], Any], enough: Callable[[Any], bool], seconds: float = 3.0) -> Any:
    """What `read` gives once it is enough, or at last: indexes and streams of real services come late."""
    until = time.monotonic() + seconds
    while not enough(found := read()) and time.monotonic() < until:
        time.sleep(0.05)
    return found

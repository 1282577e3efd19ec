"""A table of the repaired emulator, as a client sees it."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_stack.aws.clients import AwsClients

Item = dict[str, dict[str, Any]]


class Table:
    """A table with stream and TTL of its own, and what its stream has said."""

    def __init__(self, aws: AwsClients) -> None:
        self.name = f"t-{uuid.uuid4().hex[:8]}"
        self.db, self._streams = aws("dynamodb"), aws("dynamodbstreams")
        keys = ("pk", "sk")
        self._arn = self.db.create_table(
            TableName=self.name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )["TableDescription"]["LatestStreamArn"]

    def put(self, pk: str, **attributes: Any) -> None:
        self.db.put_item(TableName=self.name, Item={**key_of(pk), **attributes})

    def get(self, pk: str) -> Item | None:
        item: Item | None = self.db.get_item(TableName=self.name, Key=key_of(pk), ConsistentRead=True).get("Item")
        return item

    def add(self, pk: str, amount: int = 1) -> dict[str, Any]:
        return {
            "Update": {
                "TableName": self.name,
                "Key": key_of(pk),
                "UpdateExpression": "ADD n :amount",
                "ExpressionAttributeValues": {":amount": {"N": str(amount)}},
            }
        }

    def create(self, pk: str) -> dict[str, Any]:
        return {"Put": {"TableName": self.name, "Item": key_of(pk), "ConditionExpression": "attribute_not_exists(pk)"}}

    def stream(self) -> list[dict[str, Any]]:
        shard = self._streams.describe_stream(StreamArn=self._arn)["StreamDescription"]["Shards"][0]["ShardId"]
        iterator = self._streams.get_shard_iterator(
            StreamArn=self._arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records: list[dict[str, Any]] = self._streams.get_records(ShardIterator=iterator)["Records"]
        return records


def key_of(pk: str) -> Item:
    return {"pk": {"S": pk}, "sk": {"S": "x"}}


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    return str(caught.value.response["Error"]["Code"])

"""Queries and time to live find items without walking the table, and find what a walk would find."""

import random
import uuid
from typing import Any

import pytest
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import Table

from local_stack.aws.clients import AwsClients
from local_stack.aws.moto_repairs import indexes
from local_stack.aws.ttl_reaper import delete_expired
from local_stack.template.inventory import ACCOUNT

NOW = 1_800_000_000


class Things:
    """A table with an index by shard and due time, and with time to live."""

    def __init__(self, aws: AwsClients) -> None:
        self.db, self.name = aws("dynamodb"), f"t-{uuid.uuid4().hex[:8]}"
        self.db.create_table(
            TableName=self.name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                *({"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk", "lane")),
                {"AttributeName": "due", "AttributeType": "N"},
            ],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by-shard",
                    "KeySchema": [
                        {"AttributeName": "lane", "KeyType": "HASH"},
                        {"AttributeName": "due", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        )
        self.db.update_time_to_live(
            TableName=self.name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}
        )

    @property
    def table(self) -> Table:
        return dynamodb_backends[ACCOUNT]["us-east-1"].get_table(self.name)

    def put(self, pk: str, sk: str = "s", **attributes: Any) -> None:
        item = {"pk": {"S": pk}, "sk": {"S": sk}, **attributes}
        self.db.put_item(TableName=self.name, Item=item)

    def update(self, pk: str, expression: str, values: dict[str, Any] | None = None, **more: Any) -> None:
        given = {"ExpressionAttributeValues": values} if values else {}
        key = {"pk": {"S": pk}, "sk": {"S": "s"}}
        self.db.update_item(TableName=self.name, Key=key, UpdateExpression=expression, **given, **more)

    def shard(self, shard: str) -> list[str]:
        answer = self.db.query(
            TableName=self.name,
            IndexName="by-shard",
            KeyConditionExpression="lane = :s AND due <= :d",
            ExpressionAttributeValues={":s": {"S": shard}, ":d": {"N": "100"}},
        )
        return [item["pk"]["S"] for item in answer["Items"]]

    def under(self, pk: str) -> list[str]:
        answer = self.db.query(
            TableName=self.name, KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": {"S": pk}}
        )
        return [item["sk"]["S"] for item in answer["Items"]]

    def reap(self, now: float) -> int:
        return delete_expired(dynamodb_backends[ACCOUNT]["us-east-1"], self.name, now)


@pytest.fixture
def things(aws: AwsClients) -> Things:
    return Things(aws)


def placed(shard: str, due: int) -> dict[str, Any]:
    return {"lane": {"S": shard}, "due": {"N": str(due)}}


def test_an_item_is_found_where_it_is_now(things: Things) -> None:
    things.put("a", **placed("0", 2))
    things.put("b", **placed("0", 1))
    assert things.shard("0") == ["b", "a"]

    things.update("a", "SET lane = :s", {":s": {"S": "1"}})
    things.update("b", "REMOVE lane")
    things.update("new", "SET lane = :s, due = :d", {":s": {"S": "1"}, ":d": {"N": "9"}})
    assert (things.shard("0"), things.shard("1")) == ([], ["a", "new"])

    things.db.delete_item(TableName=things.name, Key={"pk": {"S": "a"}, "sk": {"S": "s"}})
    things.put("new")
    assert things.shard("1") == []


def test_a_cancelled_transaction_leaves_every_item_where_it_was(things: Things) -> None:
    things.put("a", **placed("0", 1))
    assert things.shard("0") == ["a"]
    moved = {
        "TableName": things.name,
        "Key": {"pk": {"S": "a"}, "sk": {"S": "s"}},
        "UpdateExpression": "SET lane = :s",
        "ExpressionAttributeValues": {":s": {"S": "1"}},
    }
    refused = {
        "TableName": things.name,
        "Item": {"pk": {"S": "b"}, "sk": {"S": "s"}, **placed("1", 1)},
        "ConditionExpression": "attribute_exists(pk)",
    }

    with pytest.raises(things.db.exceptions.TransactionCanceledException):
        things.db.transact_write_items(TransactItems=[{"Update": moved}, {"Put": refused}])

    assert (things.shard("0"), things.shard("1")) == (["a"], [])


def test_an_index_that_comes_later_finds_what_was_there(things: Things) -> None:
    things.put("a", holder={"S": "me"})
    assert things.shard("0") == []
    things.db.update_table(
        TableName=things.name,
        AttributeDefinitions=[
            *({"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk", "lane", "holder")),
            {"AttributeName": "due", "AttributeType": "N"},
        ],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "by-owner",
                    "KeySchema": [{"AttributeName": "holder", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            }
        ],
    )

    answer = things.db.query(
        TableName=things.name,
        IndexName="by-owner",
        KeyConditionExpression="holder = :o",
        ExpressionAttributeValues={":o": {"S": "me"}},
    )

    assert [item["pk"]["S"] for item in answer["Items"]] == ["a"]


def test_expiry_follows_the_item(things: Things) -> None:
    for name in ("sooner", "later", "never"):
        things.put(name, expires={"N": str(NOW)})
    assert things.reap(NOW - 1) == 0
    things.update("later", "SET expires = :e", {":e": {"N": str(NOW + 10)}})
    things.update("never", "REMOVE expires")

    assert things.reap(NOW) == 1
    assert things.reap(NOW + 9) == 0
    assert things.reap(NOW + 10) == 1
    assert things.under("never") == ["s"]


def test_random_writes_are_found_as_a_walk_finds_them(things: Things) -> None:
    dice = random.Random(7)
    things.shard("0")  # from here on the index is kept, not built
    for _ in range(300):
        pk = str(dice.randrange(20))
        if dice.random() < 0.3:
            things.db.delete_item(TableName=things.name, Key={"pk": {"S": pk}, "sk": {"S": "s"}})
        elif dice.random() < 0.5:
            things.put(pk, **placed(str(dice.randrange(3)), dice.randrange(50)))
        else:
            things.update(pk, "SET lane = :s", {":s": {"S": str(dice.randrange(3))}})

    for shard in "012":
        with pytest.MonkeyPatch.context() as patched:
            found = things.shard(shard)
            patched.setattr(indexes, "candidates", lambda *_: None)
            assert found == things.shard(shard)


def test_neither_a_query_nor_time_to_live_walks_the_table(things: Things, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(30):
        things.put(str(number), **placed("0", number), expires={"N": str(NOW + number)})
    things.shard("0")
    looked_at: list[str] = []
    item_at = indexes.item_at

    def noted(table: Table, key: indexes.Key) -> Item | None:
        looked_at.append(key[0].value)
        return item_at(table, key)

    monkeypatch.setattr(indexes, "item_at", noted)
    all_items = Table.all_items

    def without_walking(table: Table) -> list[Item]:
        assert indexes._query.candidates is not None
        return all_items(table)

    monkeypatch.setattr(Table, "all_items", without_walking)

    assert len(things.shard("1")) == 0
    assert looked_at == []
    assert things.under("5") == ["s"]
    assert looked_at == []
    assert things.reap(NOW) == 1
    assert set(looked_at) == {"0"}

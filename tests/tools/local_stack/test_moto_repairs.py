"""Each repair against the AWS statement that it restores, with threads where atomicity is the point."""

import sys
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.models import dynamodb_backends

from local_stack.aws import moto_repairs
from local_stack.aws.clients import AwsClients
from local_stack.aws.ttl_reaper import FIVE_YEARS_SECONDS, delete_expired
from local_stack.template.inventory import ACCOUNT
from tests.tools.local_stack.repaired_table import Table, code_of, key_of


@pytest.fixture
def table(aws: AwsClients) -> Table:
    return Table(aws)


def in_parallel(work: Callable[[int], object], count: int) -> None:
    """With threads that change so often that what is not atomic shows."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(count)))
    finally:
        sys.setswitchinterval(usual)


def test_one_of_many_concurrent_creates_wins(table: Table) -> None:
    won: list[int] = []

    def create(i: int) -> None:
        try:
            table.db.put_item(TableName=table.name, Item=key_of("one"), ConditionExpression="attribute_not_exists(pk)")
        except ClientError:
            return
        won.append(i)

    in_parallel(create, 40)
    assert len(won) == 1


def test_no_concurrent_update_is_lost(table: Table) -> None:
    table.put("counter", n={"N": "0"})
    increment = {"UpdateExpression": "SET n = n + :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
    in_parallel(lambda _: table.db.update_item(TableName=table.name, Key=key_of("counter"), **increment), 100)
    assert table.get("counter") == {**key_of("counter"), "n": {"N": "100"}}


def test_a_failing_transaction_undoes_nothing_but_itself(table: Table) -> None:
    table.put("taken")

    def write(i: int) -> None:
        if i % 2:
            table.put(f"kept-{i}")
            return
        with pytest.raises(ClientError):
            table.db.transact_write_items(TransactItems=[table.add(f"ghost-{i}"), table.create("taken")])

    in_parallel(write, 60)
    assert all(table.get(f"kept-{i}") for i in range(1, 60, 2))
    assert not any(table.get(f"ghost-{i}") for i in range(0, 60, 2))


def test_a_failing_transaction_restores_the_items_it_touched_and_emits_no_record(table: Table) -> None:
    table.put("old", n={"N": "5"})
    table.put("taken")
    before = len(table.stream())
    operations = [table.add("old"), {"Delete": {"TableName": table.name, "Key": key_of("gone")}}, table.create("taken")]
    with pytest.raises(ClientError) as caught:
        table.db.transact_write_items(TransactItems=operations)
    reasons = [reason["Code"] for reason in caught.value.response["CancellationReasons"]]
    assert reasons == ["None", "None", "ConditionalCheckFailed"]
    assert table.get("old") == {**key_of("old"), "n": {"N": "5"}}
    assert len(table.stream()) == before


def test_a_transactions_cost_does_not_grow_with_the_table(table: Table) -> None:
    for i in range(300):
        table.put(f"filler-{i}", text={"S": "x" * 200})
    copied: list[object] = []
    backend = dynamodb_backends[ACCOUNT]["us-east-1"]
    backend.tables[table.name].items[next(iter(backend.tables[table.name].items))]["probe"] = _CountsCopies(copied)
    table.db.transact_write_items(TransactItems=[table.add("a"), table.add("b")])
    assert copied == []


class _CountsCopies:
    def __init__(self, copies: list[object]) -> None:
        self._copies = copies

    def __deepcopy__(self, _: object) -> "_CountsCopies":
        self._copies.append(self)
        return self


def test_the_same_token_applies_a_transaction_once(table: Table) -> None:
    token = str(uuid.uuid4())
    for _ in range(2):
        table.db.transact_write_items(TransactItems=[table.add("counter")], ClientRequestToken=token)
    item = table.get("counter")
    assert item is not None
    assert item["n"] == {"N": "1"}


def test_the_same_token_with_other_content_is_refused(table: Table) -> None:
    token = str(uuid.uuid4())
    table.db.transact_write_items(TransactItems=[table.add("counter")], ClientRequestToken=token)
    other = [table.add("counter", 2)]
    refused = code_of(lambda: table.db.transact_write_items(TransactItems=other, ClientRequestToken=token))
    assert refused == "IdempotentParameterMismatchException"


def test_binary_values_survive_a_transaction_with_a_token(table: Table) -> None:
    item = {**key_of("binary"), "hash": {"B": b"\x00\xff"}}
    table.db.transact_write_items(TransactItems=[{"Put": {"TableName": table.name, "Item": item}}])
    assert table.get("binary") == item
    assert table.stream()[-1]["dynamodb"]["NewImage"] == item


def test_a_write_that_changes_nothing_emits_no_record(table: Table) -> None:
    table.put("same", a={"S": "1"})
    table.put("same", a={"S": "1"})
    table.db.update_item(
        TableName=table.name,
        Key=key_of("same"),
        UpdateExpression="SET a = :a",
        ExpressionAttributeValues={":a": {"S": "1"}},
    )
    table.db.delete_item(TableName=table.name, Key=key_of("never-there"))
    assert [record["eventName"] for record in table.stream()] == ["INSERT"]


def test_an_update_that_creates_its_item_is_one_insert(table: Table) -> None:
    table.db.transact_write_items(TransactItems=[table.add("new")])
    (record,) = table.stream()
    assert record["eventName"] == "INSERT"
    assert record["dynamodb"]["NewImage"] == {**key_of("new"), "n": {"N": "1"}}
    assert "OldImage" not in record["dynamodb"]


def test_records_keep_the_images_of_their_moment(table: Table) -> None:
    table.put("item", a={"M": {"b": {"S": "1"}}})
    table.db.update_item(
        TableName=table.name,
        Key=key_of("item"),
        UpdateExpression="SET a.b = :b",
        ExpressionAttributeValues={":b": {"S": "2"}},
    )
    images = [record["dynamodb"]["NewImage"]["a"]["M"]["b"]["S"] for record in table.stream()]
    assert images == ["1", "2"]


def test_an_update_that_is_refused_leaves_nothing(table: Table) -> None:
    too_large = {":big": {"S": "x" * 410_000}}
    refused = code_of(
        lambda: table.db.update_item(
            TableName=table.name,
            Key=key_of("big"),
            UpdateExpression="SET a = :big",
            ExpressionAttributeValues=too_large,
        )
    )
    assert refused == "ValidationException"
    assert table.get("big") is None
    assert table.stream() == []


def test_shard_iterators_do_not_accumulate(aws: AwsClients, table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local_stack.aws.moto_repairs.dynamodb.MAX_SHARD_ITERATORS", 5)
    for _ in range(20):
        table.stream()
    from moto.dynamodbstreams.models import dynamodbstreams_backends  # noqa: PLC0415 - white box

    assert len(dynamodbstreams_backends[ACCOUNT]["us-east-1"].shard_iterators) <= 6


class TestTimeToLive:
    @pytest.fixture
    def expiring(self, table: Table) -> Table:
        specification = {"Enabled": True, "AttributeName": "expires"}
        table.db.update_time_to_live(TableName=table.name, TimeToLiveSpecification=specification)
        return table

    def reap(self, table: Table) -> int:
        return delete_expired(dynamodb_backends[ACCOUNT]["us-east-1"], table.name, time.time())

    def test_only_what_has_expired_is_deleted(self, expiring: Table) -> None:
        now = int(time.time())
        expiring.put("past", expires={"N": str(now - 1)})
        expiring.put("future", expires={"N": str(now + 100)})
        expiring.put("ancient", expires={"N": str(now - FIVE_YEARS_SECONDS - 100)})
        expiring.put("text", expires={"S": "1"})
        expiring.put("none")
        assert self.reap(expiring) == 1
        assert expiring.get("past") is None
        assert all(expiring.get(name) for name in ("future", "ancient", "text", "none"))

    def test_the_stream_says_who_deleted_it(self, expiring: Table) -> None:
        expiring.put("past", expires={"N": "1"})
        expiring.put("past", expires={"N": str(int(time.time()) - 1)})
        self.reap(expiring)
        expiring.put("own")
        expiring.db.delete_item(TableName=expiring.name, Key=key_of("own"))
        *_, by_service, _, by_user = expiring.stream()
        assert by_service["eventName"] == by_user["eventName"] == "REMOVE"
        assert by_service["userIdentity"] == {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
        assert "userIdentity" not in by_user

    def test_a_table_without_it_keeps_everything(self, table: Table) -> None:
        table.put("past", expires={"N": "1"})
        assert self.reap(table) == 0


def test_another_version_of_moto_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moto.__version__", "5.3.0")
    with pytest.raises(RuntimeError, match=r"5\.2\.5, not 5\.3\.0"):
        moto_repairs.install()

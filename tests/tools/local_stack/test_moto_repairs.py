"""Each repair against the AWS statement that it restores, with threads where atomicity is the point."""

import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.models import dynamodb_backends

from local_stack.aws import moto_repairs
from local_stack.aws.clients import AwsClients
from local_stack.aws.moto_repairs.repairs import MAX_PUT_EVENTS_BYTES
from local_stack.aws.ttl_reaper import FIVE_YEARS_SECONDS, delete_expired
from local_stack.template.inventory import ACCOUNT

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


@pytest.fixture
def table(aws: AwsClients) -> Table:
    return Table(aws)


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    return str(caught.value.response["Error"]["Code"])


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


class TestQueues:
    @pytest.fixture
    def queue(self, aws: AwsClients) -> str:
        return str(aws("sqs").create_queue(QueueName=f"q-{uuid.uuid4().hex[:8]}")["QueueUrl"])

    def test_a_long_poll_delays_nobody_else(self, aws: AwsClients, queue: str, table: Table) -> None:
        table.put("warm")
        poll = threading.Thread(target=lambda: aws("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20))
        poll.start()
        time.sleep(0.1)
        table.put("meanwhile")
        still_waiting = poll.is_alive()
        aws("sqs").send_message(QueueUrl=queue, MessageBody="enough")
        poll.join()
        assert still_waiting

    def test_a_long_poll_sees_a_message_that_comes_while_it_waits(self, aws: AwsClients, queue: str) -> None:
        send = threading.Timer(0.2, lambda: aws("sqs").send_message(QueueUrl=queue, MessageBody="late"))
        send.start()
        answer = aws("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20)
        send.join()
        assert [message["Body"] for message in answer["Messages"]] == ["late"]


class TestBus:
    @pytest.fixture
    def matched(self) -> Iterator[list[dict[str, Any]]]:
        events: list[dict[str, Any]] = []
        moto_repairs.dispatch_rules_to(lambda _, event: events.append(event))
        yield events
        moto_repairs.dispatch_rules_to(None)

    @pytest.fixture
    def bus(self, aws: AwsClients, matched: list[dict[str, Any]]) -> str:
        name = f"bus-{uuid.uuid4().hex[:8]}"
        aws("events").create_event_bus(Name=name)
        aws("events").put_rule(Name="rule", EventBusName=name, EventPattern='{"source":["me"]}')
        return name

    def entry(self, bus: str, detail: str = '{"a":1}', **more: Any) -> dict[str, Any]:
        return {"Source": "me", "DetailType": "Thing", "Detail": detail, "EventBusName": bus, **more}

    def test_the_envelope_is_awss(self, aws: AwsClients, bus: str, matched: list[dict[str, Any]]) -> None:
        sent = aws("events").put_events(Entries=[self.entry(bus, Resources=["arn:x"], Time=1_700_000_000)])
        assert matched == [
            {
                "version": "0",
                "id": sent["Entries"][0]["EventId"],
                "detail-type": "Thing",
                "source": "me",
                "account": ACCOUNT,
                "time": "2023-11-14T22:13:20Z",
                "region": "us-east-1",
                "resources": ["arn:x"],
                "detail": {"a": 1},
            }
        ]

    def test_a_disabled_rule_matches_nothing(self, aws: AwsClients, bus: str, matched: list[dict[str, Any]]) -> None:
        aws("events").disable_rule(Name="rule", EventBusName=bus)
        aws("events").put_events(Entries=[self.entry(bus)])
        assert matched == []

    def test_entries_of_one_megabyte_are_refused(self, aws: AwsClients, bus: str) -> None:
        overhead = len("me") + len("Thing") + len('{"a":""}')
        fits = '{"a":"%s"}' % ("x" * (MAX_PUT_EVENTS_BYTES - overhead - 1))
        assert aws("events").put_events(Entries=[self.entry(bus, fits)])["FailedEntryCount"] == 0
        too_long = fits.replace("x", "xx", 1)
        assert code_of(lambda: aws("events").put_events(Entries=[self.entry(bus, too_long)])) == "ValidationException"

    def test_the_limit_counts_bytes_of_the_whole_request(self, aws: AwsClients, bus: str) -> None:
        half = '{"a":"%s"}' % ("é" * (MAX_PUT_EVENTS_BYTES // 4))
        entries = [self.entry(bus, half), self.entry(bus, half)]
        assert code_of(lambda: aws("events").put_events(Entries=entries)) == "ValidationException"


def test_another_version_of_moto_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moto.__version__", "5.3.0")
    with pytest.raises(RuntimeError, match=r"5\.2\.5, not 5\.3\.0"):
        moto_repairs.install()

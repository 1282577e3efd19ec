"""The stand-ins for AWS: the simulation, and anything that the real SDK can talk to (moto, another emulator)."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import botocore.session
from botocore.config import Config
from moto import mock_aws
from moto.dynamodb.models import dynamodb_backends

from local_stack.aws import delete_expired, moto_repairs
from saga_testing.aws.dynamodb.client import SimulatedDynamoDb
from saga_testing.aws.events import SimulatedEventBus
from saga_testing.aws.s3 import SimulatedS3
from saga_testing.aws.sqs import SimulatedSqs
from tests.contracts.subject import Subject

SIMULATED_NOW_MS = 1_800_000_000_000
ACCOUNT, REGION = "123456789012", "us-east-1"


class Simulated(Subject):
    def __init__(self) -> None:
        super().__init__()
        self.clock_ms = SIMULATED_NOW_MS
        self.db = SimulatedDynamoDb(lambda: self.clock_ms)
        self.s3, self.sqs, self.events = SimulatedS3(), SimulatedSqs(lambda: self.clock_ms), SimulatedEventBus()

    def now(self) -> int:
        return self.clock_ms // 1000

    def expire(self) -> None:
        self.db.expire(self.clock_ms)

    def stream(self) -> list[dict[str, Any]]:
        return [
            {
                "event": record.event_name,
                "keys": record.keys,
                "old": record.old_image,
                "new": record.new_image,
                "by_ttl": record.by_ttl,
                "sequence": int(record.sequence_number),
            }
            for record in self.db.stream
        ]


class ThroughTheSdk(Subject):
    """Parameters are not checked on the way, as in production: what is wrong must be refused by the service."""

    def __init__(self, clients: "Clients") -> None:
        super().__init__()
        self.db, self.s3, self.sqs, self.events = clients.db, clients.s3, clients.sqs, clients.events
        self._streams = clients.streams

    def now(self) -> int:
        return int(time.time())

    def expire(self) -> None:
        """Nothing to be done from outside: what is not deleted now stays."""

    def stream(self) -> list[dict[str, Any]]:
        arn = self.db.describe_table(TableName=self.table)["Table"]["LatestStreamArn"]
        found = []
        for shard in self._streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            iterator = self._streams.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            found += self._streams.get_records(ShardIterator=iterator)["Records"]
        return [_plain(record) for record in found]


class Moto(ThroughTheSdk):
    def expire(self) -> None:
        delete_expired(dynamodb_backends[ACCOUNT][REGION], self.table, time.time())


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    change = record["dynamodb"]
    return {
        "event": record["eventName"],
        "keys": change["Keys"],
        "old": change.get("OldImage"),
        "new": change.get("NewImage"),
        "by_ttl": record.get("userIdentity", {}).get("PrincipalId") == "dynamodb.amazonaws.com",
        "sequence": int(change["SequenceNumber"]),
    }


class Clients:
    """One set of clients of the real SDK. One attempt each: an emulator's fault must not look like a slow success."""

    def __init__(self, endpoint: str | None = None) -> None:
        session = botocore.session.get_session()
        session.set_credentials("testing", "testing")
        config = Config(
            parameter_validation=False,
            account_id_endpoint_mode="disabled",
            retries={"mode": "standard", "total_max_attempts": 1},
            s3={"addressing_style": "path"},
        )

        def client(service: str) -> Any:
            return session.create_client(service, region_name=REGION, endpoint_url=endpoint, config=config)

        self.db, self.streams = client("dynamodb"), client("dynamodbstreams")
        self.s3, self.sqs, self.events = client("s3"), client("sqs"), client("events")


@contextmanager
def moto_clients(*, repaired: bool) -> Iterator[Clients]:
    """moto in this process. Repairs are patches of its classes: once they are in, this process has no raw moto."""
    if repaired:
        moto_repairs.install()
    with mock_aws():
        yield Clients()

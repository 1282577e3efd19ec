"""A table's stream, read in this process: for the stack's own poller, which would else ask its own endpoint over HTTP
several times a second. Outside clients read it with GetRecords, as ever."""

import base64
from datetime import UTC
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import StreamShard

from local_stack.aws.moto_repairs import STATE
from local_stack.errors import LocalStackError

Record = dict[str, Any]


class TableStream:
    """The one shard of a stream. A position is the number of records before it."""

    def __init__(self, account: str, stream_arn: str) -> None:
        region, name = stream_arn.split(":")[3], stream_arn.split("/")[1]
        with STATE:
            shard: StreamShard | None = dynamodb_backends[account][region].get_table(name).stream_shard
        if shard is None:
            message = f"the table {name} has no stream"
            raise LocalStackError(message)
        self._shard, self._arn = shard, stream_arn

    @property
    def shard_id(self) -> str:
        return str(self._shard.id)

    def position(self, starting_position: str) -> int:
        """Where a reader begins: TRIM_HORIZON or LATEST (API Reference, GetShardIterator)."""
        with STATE:
            return len(self._shard.items) if starting_position == "LATEST" else 0

    def read(self, position: int, limit: int) -> list[Record]:
        """The records from there on, as Lambda passes them on. Under the lock, so that nothing is seen of a transaction
        that is still taken back."""
        with STATE:
            found = [record.to_json() for record in self._shard.items[position : position + limit]]
        return [lambda_record(record, self._arn) for record in found]


def lambda_record(record: Record, stream_arn: str) -> Record:
    """A record as moto keeps it in the shape that Lambda passes on (Developer Guide, Using AWS Lambda with Amazon
    DynamoDB, example event): seconds instead of a date, base64 instead of bytes, lower-case user identity."""
    change = dict(record["dynamodb"])
    change["ApproximateCreationDateTime"] = (
        int(change["ApproximateCreationDateTime"].replace(tzinfo=UTC).timestamp() * 1000) / 1000
    )
    for part in ("Keys", "NewImage", "OldImage"):
        if part in change:
            change[part] = _plain(change[part])
    shaped = {**record, "dynamodb": change, "eventSourceARN": stream_arn}
    if identity := record.get("userIdentity"):
        shaped["userIdentity"] = {"type": identity["Type"], "principalId": identity["PrincipalId"]}
    return shaped


def _plain(value: Any) -> Any:
    if isinstance(value, DynamoType):
        value = value.to_json()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value

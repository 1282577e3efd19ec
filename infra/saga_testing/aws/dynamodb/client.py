"""DynamoDB as a client object: botocore's methods, keyword arguments, reply shapes and errors.

Calls are atomic and follow one another, so a transaction meets no other: conflicts, throttles and lost replies are
faults that a simulator puts in front (`errors` makes them). One thing a fault layer must know: the SDK gives every
TransactWriteItems a token when the caller gives none, and its own retry of a lost reply repeats that token, which
then finds its work done; the retry of a lost PutItem or UpdateItem meets its own effect and fails its condition.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from saga_testing.aws.dynamodb.attribute_values import item_size
from saga_testing.aws.dynamodb.expressions.operands import check_placeholders
from saga_testing.aws.dynamodb.item_writes import CALL_PARAMETERS, Plan, plan_delete, plan_put, plan_update, returned
from saga_testing.aws.dynamodb.queries import QUERY_PARAMETERS, SCAN_PARAMETERS, compiled_projection, query, scan
from saga_testing.aws.dynamodb.stream_record import StreamRecord
from saga_testing.aws.dynamodb.table import Table
from saga_testing.aws.dynamodb.transactions import Transactions
from saga_testing.aws.errors import Item, Refused, check_parameters, invalid

__all__ = ["SimulatedDynamoDb", "StreamRecord"]

MAX_BATCH_GET: Final = 100
MAX_BATCH_BYTES: Final = 16 * 1024 * 1024

_METADATA: Final = {"HTTPStatusCode": 200, "HTTPHeaders": {}, "RequestId": "simulated", "RetryAttempts": 0}
_TABLE_PARAMETERS: Final = (
    frozenset({"TableName", "KeySchema", "AttributeDefinitions"}),
    frozenset(
        {
            "TableName",
            "KeySchema",
            "AttributeDefinitions",
            "GlobalSecondaryIndexes",
            "BillingMode",
            "ProvisionedThroughput",
            "StreamSpecification",
        }
    ),
)
_GET_PARAMETERS: Final = (
    frozenset({"TableName", "Key"}),
    frozenset(
        {
            "TableName",
            "Key",
            "ConsistentRead",
            "ProjectionExpression",
            "ExpressionAttributeNames",
            "ReturnConsumedCapacity",
        }
    ),
)
_TRANSACT_PARAMETERS: Final = (
    frozenset({"TransactItems"}),
    frozenset({"TransactItems", "ClientRequestToken", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics"}),
)
_BATCH_GET_PARAMETERS: Final = (frozenset({"RequestItems"}), frozenset({"RequestItems", "ReturnConsumedCapacity"}))
_BATCH_TABLE_PARAMETERS: Final = (
    frozenset({"Keys"}),
    frozenset({"Keys", "ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames"}),
)
_OLD: Final = frozenset({"NONE", "ALL_OLD"})
_ANY: Final = frozenset({"NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"})

Reply = dict[str, Any]


class SimulatedDynamoDb:
    """Tables, their indexes and one stream of all their changes.

    `clock` gives epoch milliseconds; `index_lag_ms` is asked once for each change of an index, `read_lag_ms` at each
    read of items that does not ask for consistency: how old the image may be that it is given. Items in replies, images
    and requests are shared, not copied below their top level: nobody may change a value in place.
    """

    def __init__(
        self,
        clock: Callable[[], int],
        index_lag_ms: Callable[[], int] = lambda: 0,
        read_lag_ms: Callable[[], int] = lambda: 0,
    ) -> None:
        self.stream: list[StreamRecord] = []
        self.last_write_units = 0
        """What the last write that was carried out is billed on the table itself, indexes not counted."""
        self._clock, self._index_lag_ms, self._read_lag_ms = clock, index_lag_ms, read_lag_ms
        self._tables: dict[str, Table] = {}
        self._transactions = Transactions(clock)

    # -- tables

    def create_table(self, **request: Any) -> Reply:
        check_parameters(request, *_TABLE_PARAMETERS)
        name = request["TableName"]
        if name in self._tables:
            raise Refused("ResourceInUseException", f"Table already exists: {name}").as_client_error("CreateTable")
        try:
            self._tables[name] = Table.from_request(request, self.stream, self._clock, self._index_lag_ms)
        except Refused as refused:
            raise refused.as_client_error("CreateTable") from None
        return _reply(TableDescription={"TableName": name, "TableStatus": "ACTIVE"})

    def update_time_to_live(self, **request: Any) -> Reply:
        specification = request["TimeToLiveSpecification"]
        attribute = specification["AttributeName"] if specification["Enabled"] else None
        try:
            self._table(request["TableName"]).ttl_attribute = attribute
        except Refused as refused:
            raise refused.as_client_error("UpdateTimeToLive") from None
        return _reply(TimeToLiveSpecification=specification)

    # -- single items

    def put_item(self, **request: Any) -> Reply:
        return self._write("PutItem", plan_put, request, _OLD)

    def update_item(self, **request: Any) -> Reply:
        return self._write("UpdateItem", plan_update, request, _ANY)

    def delete_item(self, **request: Any) -> Reply:
        return self._write("DeleteItem", plan_delete, request, _OLD)

    def _write(
        self,
        operation: str,
        plan_of: Callable[[Table, Mapping[str, Any]], Plan],
        request: dict[str, Any],
        may_return: frozenset[str],
    ) -> Reply:
        check_parameters(request, *CALL_PARAMETERS[operation])
        wanted = request.get("ReturnValues", "NONE")
        try:
            if wanted not in may_return:
                returned(wanted, may_return, None, None, set())
            plan = plan_of(self._table(request["TableName"]), request)
            old, new, size, touched = plan.judge()
        except Refused as refused:
            raise refused.as_client_error(operation) from None
        table = plan.table
        self.last_write_units = _units(max(table.sizes.get(plan.key, 0), size))
        table.write(plan.key, old, new, size)
        attributes = None if wanted == "NONE" else returned(wanted, may_return, old, new, touched)
        return _reply(Attributes=dict(attributes)) if attributes else _reply()

    def get_item(self, **request: Any) -> Reply:
        check_parameters(request, *_GET_PARAMETERS)
        try:
            item = self._read(self._table(request["TableName"]), request["Key"], request)
        except Refused as refused:
            raise refused.as_client_error("GetItem") from None
        return _reply() if item is None else _reply(Item=item)

    def _read(self, table: Table, key: Item, request: Mapping[str, Any]) -> Item | None:
        place = table.schema.key_of(table.schema.checked_key(key))
        if request.get("ConsistentRead"):
            item = table.get(place)
        else:
            item = table.get_as_of(place, self._clock() - self._read_lag_ms())
        if text := request.get("ProjectionExpression"):
            projection = compiled_projection(text)
            names, _ = check_placeholders(request, projection.names, frozenset())
            return None if item is None else projection.of(item, names)
        return None if item is None else dict(item)

    # -- several items

    def transact_write_items(self, **request: Any) -> Reply:
        check_parameters(request, *_TRANSACT_PARAMETERS)
        try:
            sizes = self._transactions.write(self._table, request)
        except Refused as refused:
            raise refused.as_client_error("TransactWriteItems") from None
        # "DynamoDB performs two underlying writes of every item in the transaction": one to prepare, one to commit.
        self.last_write_units = 2 * sum(_units(max(each)) for each in sizes)
        return _reply()

    def batch_get_item(self, **request: Any) -> Reply:
        check_parameters(request, *_BATCH_GET_PARAMETERS)
        try:
            return self._batch_get(request["RequestItems"])
        except Refused as refused:
            raise refused.as_client_error("BatchGetItem") from None

    def _batch_get(self, wanted: Mapping[str, Mapping[str, Any]]) -> Reply:
        if not 1 <= sum(len(each["Keys"]) for each in wanted.values()) <= MAX_BATCH_GET:
            raise invalid(f"Too many items requested for the BatchGetItem call, at most {MAX_BATCH_GET} are allowed")
        responses: dict[str, list[Item]] = {}
        unprocessed: dict[str, Any] = {}
        size = 0
        for name, request in wanted.items():
            check_parameters(request, *_BATCH_TABLE_PARAMETERS)
            table, found, left = self._table(name), [], []
            keys = [table.schema.key_of(table.schema.checked_key(key)) for key in request["Keys"]]
            if len(set(keys)) != len(keys):
                raise invalid("Provided list of item keys contains duplicates")
            for key in request["Keys"]:
                item = self._read(table, key, request)
                size += 0 if item is None else item_size(item)
                if size > MAX_BATCH_BYTES:
                    left.append(key)
                elif item is not None:
                    found.append(item)
            responses[name] = found
            if left:
                unprocessed[name] = {**request, "Keys": left}
        return _reply(Responses=responses, UnprocessedKeys=unprocessed)

    def query(self, **request: Any) -> Reply:
        check_parameters(request, *QUERY_PARAMETERS)
        try:
            return _reply(**query(self._table(request["TableName"]), request))
        except Refused as refused:
            raise refused.as_client_error("Query") from None

    def scan(self, **request: Any) -> Reply:
        check_parameters(request, *SCAN_PARAMETERS)
        try:
            return _reply(**scan(self._table(request["TableName"]), request))
        except Refused as refused:
            raise refused.as_client_error("Scan") from None

    # -- what only a simulator asks

    def expire(self, now_ms: int) -> int:
        """Delete what time to live allows at `now_ms`, in every table that has it; how many items that were."""
        return sum(table.expire(now_ms) for table in self._tables.values())

    def items(self, table: str) -> Iterator[Item]:
        """Every stored item, for oracles."""
        return self._tables[table].items()

    def index_settled_at(self, table: str, index: str) -> int | None:
        """When the last known change becomes visible in an index; None when nothing is under way."""
        return self._tables[table].indexes[index].settled_at()

    def _table(self, name: str) -> Table:
        try:
            return self._tables[name]
        except KeyError:
            raise Refused("ResourceNotFoundException", "Requested resource not found") from None


def _reply(**members: Any) -> Reply:
    members["ResponseMetadata"] = _METADATA
    return members


def _units(size: int) -> int:
    return max(1, -(-size // 1024))

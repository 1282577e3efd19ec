"""Clients by name, where `Sdk` stands: each call of theirs is one of `FaultyCalls`."""

from typing import Any, Protocol

from saga_testing.saga_table import OPERATOR_TABLE
from tests.proof.simulation.faults.weather import Fault
from tests.proof.simulation.world.clients import FaultyCalls, all_but_one
from tests.proof.simulation.world.lambda_service import Container


class SimulatedAws(Protocol):
    """The services behind the clients."""

    dynamodb: Any
    s3: Any
    sqs: Any
    events: Any


class _Client:
    __slots__ = ("_calls", "_target")

    def __init__(self, calls: FaultyCalls, target: Any) -> None:
        self._calls = calls
        self._target = target


class DynamoDbClient(_Client):
    __slots__ = ()

    def put_item(self, **arguments: Any) -> Any:
        return self._calls.make("dynamodb", "PutItem", _group_of(arguments), self._target.put_item, arguments)

    def update_item(self, **arguments: Any) -> Any:
        return self._calls.make("dynamodb", "UpdateItem", _group_of(arguments), self._target.update_item, arguments)

    def transact_write_items(self, **arguments: Any) -> Any:
        method = self._target.transact_write_items
        return self._calls.make("dynamodb", "TransactWriteItems", "transaction", method, arguments)

    def get_item(self, **arguments: Any) -> Any:
        return self._calls.make("dynamodb", "GetItem", "read", self._target.get_item, arguments)

    def batch_get_item(self, **arguments: Any) -> Any:
        method = self._target.batch_get_item
        if self._calls.weather.strikes(Fault.SHORT_PAGE):
            method = lambda **request: all_but_one(self._target.batch_get_item, request)  # noqa: E731 - bound now
        return self._calls.make("dynamodb", "BatchGetItem", "read", method, arguments)

    def scan(self, **arguments: Any) -> Any:
        if self._calls.weather.strikes(Fault.SHORT_PAGE):
            arguments["Limit"] = 2
        return self._calls.make("dynamodb", "Scan", "read", self._target.scan, arguments)

    def query(self, **arguments: Any) -> Any:
        if self._calls.weather.strikes(Fault.SHORT_PAGE):
            arguments["Limit"] = 1
        return self._calls.make("dynamodb", "Query", "read", self._target.query, arguments)


def _group_of(arguments: dict[str, Any]) -> str:
    """A saga or a counter; or an item of the operators' table, which no saga's write can meet."""
    return "rejecting" if arguments["TableName"] == OPERATOR_TABLE["TableName"] else "write"


class S3Client(_Client):
    __slots__ = ()

    def put_object(self, **arguments: Any) -> Any:
        return self._calls.make("s3", "PutObject", "rejecting", self._target.put_object, arguments)

    def get_object(self, **arguments: Any) -> Any:
        return self._calls.make("s3", "GetObject", "read", self._target.get_object, arguments)


class SqsClient(_Client):
    __slots__ = ()

    def send_message(self, **arguments: Any) -> Any:
        return self._calls.make("sqs", "SendMessage", "rejecting", self._send, arguments)

    def send_message_batch(self, **arguments: Any) -> Any:
        return self._calls.make("sqs", "SendMessageBatch", "rejecting", self._target.send_message_batch, arguments)

    def _send(self, **arguments: Any) -> Any:
        reply = self._target.send_message(**arguments)
        current = self._calls.scheduler.current
        if current is not None:
            self._calls.witness.rejected(current.invocation, arguments["MessageBody"])
        return reply


class LambdaClient(_Client):
    __slots__ = ()

    def invoke(self, **arguments: Any) -> Any:
        return self._calls.make("lambda", "Invoke", "rejecting", self._invoke, arguments)

    def _invoke(self, **arguments: Any) -> Any:
        self._calls.witness.called(arguments["Payload"])
        return {"StatusCode": 202}


class EventsClient(_Client):
    __slots__ = ()

    def put_events(self, **arguments: Any) -> Any:
        return self._calls.make("events", "PutEvents", "put_events", self._target.put_events, arguments)


class SimulatedSdk:
    """Stands where `Sdk` stands: clients by name."""

    __slots__ = ("dynamodb", "events", "functions", "s3", "sqs")

    def __init__(self, calls: FaultyCalls, aws: "SimulatedAws", container: Container) -> None:
        self.dynamodb = DynamoDbClient(calls, aws.dynamodb)
        self.s3 = S3Client(calls, aws.s3)
        self.sqs = SqsClient(calls, aws.sqs)
        self.events = EventsClient(calls, aws.events)
        self.functions = LambdaClient(calls, None)

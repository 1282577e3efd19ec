"""The IAM action, and the resource by its name in the template, that each recorded SDK call needs."""

from collections.abc import Iterable
from typing import Any, Final

from saga_orchestrator.domain.registry import REPLY
from saga_testing.http_door import FUNCTIONS, OPERATION_RUNNER, RELAY
from tests.release.template.deployment import COMMAND_REPLY, EVENT_FUNCTIONS, SAGA_EVENT

Grant = tuple[str, str]

_TABLES: Final = {"operator": "<OperatorTable.Arn>"}
_ITEM_ACTIONS: Final = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
_QUEUES: Final = {"SendMessage": "<RejectedQueue.Arn>", "SendMessageBatch": "<WakeQueue.Arn>"}
"""The batch has no action of its own, as a transaction has none. Wakes alone are sent so."""
_FUNCTIONS: Final = {
    **{FUNCTIONS[event_type]: f"<{function}.Arn>" for event_type, function in EVENT_FUNCTIONS.items()},
    FUNCTIONS[REPLY]: f"<{COMMAND_REPLY}.Arn>",
    FUNCTIONS["*"]: f"<{SAGA_EVENT}.Arn>",
    RELAY: "<CommandRelayFunction.Arn>",
    OPERATION_RUNNER: "<OperationRunnerFunction.Arn>",
}
_WHEREVER: Final = {
    "PutMetricData": ("cloudwatch:PutMetricData", "*"),
    "PutEvents": ("events:PutEvents", "<EventBus.Arn>"),
}
_TABLE_CALLS: Final = frozenset({"PutItem", "UpdateItem", "GetItem", "DeleteItem", "BatchGetItem", "Query", "Scan"})


def needed(calls: Iterable[tuple[str, dict[str, Any]]]) -> set[Grant]:
    return {grant for operation, arguments in calls for grant in _grants(operation, arguments)}


def _grants(operation: str, arguments: dict[str, Any]) -> set[Grant]:
    if operation == "TransactWriteItems":
        # A transaction has no action of its own: each item in it needs the action of the single call.
        return {
            (f"dynamodb:{_ITEM_ACTIONS[kind]}", _table(action))
            for item in arguments["TransactItems"]
            for kind, action in item.items()
        }
    if operation in _TABLE_CALLS:
        index, table = arguments.get("IndexName"), _table(arguments)
        return {(f"dynamodb:{operation}", f"{table}/index/{index}" if index else table)}
    if operation in {"PutObject", "GetObject"}:
        folder = arguments["Key"].split("/")[0]
        return {(f"s3:{operation}", f"<PayloadBucket.Arn>/{folder}/*")}
    if operation in _QUEUES:
        return {("sqs:SendMessage", _QUEUES[operation])}
    if operation == "Invoke":
        return {("lambda:InvokeFunction", _FUNCTIONS[arguments["FunctionName"]])}
    if operation in _WHEREVER:
        return {_WHEREVER[operation]}
    msg = f"{operation} is a call that this test knows no permission for"
    raise AssertionError(msg)


def _table(arguments: dict[str, Any]) -> str:
    """BatchGetItem names its table elsewhere; it reads counters."""
    return _TABLES.get(arguments.get("TableName", ""), "<SagaTable.Arn>")

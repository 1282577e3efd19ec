"""The IAM action, and the resource by its name in the template, that each recorded SDK call needs."""

from collections.abc import Iterable
from typing import Any, Final

Grant = tuple[str, str]

TABLE: Final = "<SagaTable.Arn>"
_ITEM_ACTIONS: Final = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
_TABLE_CALLS: Final = frozenset({"PutItem", "UpdateItem", "GetItem", "DeleteItem", "BatchGetItem", "Query", "Scan"})


def needed(calls: Iterable[tuple[str, dict[str, Any]]]) -> set[Grant]:
    return {grant for operation, arguments in calls for grant in _grants(operation, arguments)}


def _grants(operation: str, arguments: dict[str, Any]) -> set[Grant]:
    if operation == "TransactWriteItems":
        # A transaction has no action of its own: each item in it needs the action of the single call.
        return {(f"dynamodb:{_ITEM_ACTIONS[kind]}", TABLE) for item in arguments["TransactItems"] for kind in item}
    if operation in _TABLE_CALLS:
        index = arguments.get("IndexName")
        return {(f"dynamodb:{operation}", f"{TABLE}/index/{index}" if index else TABLE)}
    if operation in {"PutObject", "GetObject"}:
        folder = arguments["Key"].split("/")[0]
        return {(f"s3:{operation}", f"<PayloadBucket.Arn>/{folder}/*")}
    if operation == "SendMessage":
        return {("sqs:SendMessage", "<RejectedQueue.Arn>")}
    if operation == "PutEvents":
        return {("events:PutEvents", "<EventBus.Arn>")}
    msg = f"{operation} is a call that this test knows no permission for"
    raise AssertionError(msg)

"""Requests that DynamoDB refuses because of a table's keys, and that moto takes. See `moto_repairs`."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from moto.core.responses import ActionResult
from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

#: What a filter may have in a key condition's place may not.
NOT_IN_A_KEY_CONDITION: Final = re.compile(
    r"<>|(?<![#:\w])(?:OR|NOT|IN)\b|\b(?:contains|size|attribute_\w+)\s*\(", re.IGNORECASE
)
COMPARISON: Final = re.compile(r"([#\w]+)\s*(?:=|<=|>=|<|>)\s*(:\w+)")
ATTRIBUTE: Final = re.compile(r"(?<![.:#\w])#?\w+")


def validate_requests_by_schema() -> None:
    moto_put, moto_transact, moto_query = (
        DynamoHandler.put_item,
        DynamoHandler.transact_write_items,
        DynamoHandler.query,
    )
    _check_first("put_item", moto_put, _check_puts)
    _check_first("transact_write_items", moto_transact, _check_puts)
    _check_first("query", moto_query, _check_query)


def _check_first(
    action: str, respond: Callable[[DynamoHandler], ActionResult], check: Callable[[DynamoHandler], None]
) -> None:
    def checked(self: DynamoHandler) -> ActionResult:
        check(self)
        return respond(self)

    setattr(DynamoHandler, action, checked)


def _key_types(table: Table) -> dict[str, str]:
    return {definition["AttributeName"]: definition["AttributeType"] for definition in table.attr}


def _check_puts(handler: DynamoHandler) -> None:
    """An attribute that is a key of an index has the type that the table defines for it, or is absent (Developer Guide,
    Quotas: partition key and sort key length)."""
    for put in _puts(handler.body):
        table = handler.dynamodb_backend.tables.get(put.get("TableName", ""))
        for name, expected in _key_types(table).items() if table else ():
            value = (put.get("Item") or {}).get(name)
            if value is not None and expected not in value:
                raise MockValidationException(f"Type mismatch for Index Key {name}, expected: {expected}")


def _puts(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield body
    for action in body.get("TransactItems") or []:
        if "Put" in action:
            yield action["Put"]


def _check_query(handler: DynamoHandler) -> None:
    body = handler.body
    table = handler.dynamodb_backend.tables.get(body.get("TableName", ""))
    if table is None:
        return  # moto reports it
    schema = _queried_keys(table, body.get("IndexName"))
    names, values = body.get("ExpressionAttributeNames") or {}, body.get("ExpressionAttributeValues") or {}
    _check_key_condition(body.get("KeyConditionExpression") or "", names, values, _key_types(table))
    for attribute in ATTRIBUTE.findall(body.get("FilterExpression") or ""):
        if names.get(attribute, attribute) in schema:
            raise MockValidationException("Filter Expression can only contain non-primary key attributes")
    start = body.get("ExclusiveStartKey")
    if start is not None and set(start) != {*schema, *table.table_key_attrs}:
        raise MockValidationException("The provided starting key is invalid")


def _queried_keys(table: Table, index_name: str | None) -> list[str]:
    """An unknown index is a ValidationException on AWS (Developer Guide, Using Global Secondary Indexes)."""
    if index_name is None:
        return list(table.table_key_attrs)
    for index in (*table.global_indexes, *table.indexes):
        if index.name == index_name:
            return list(index.schema_key_attrs)
    raise MockValidationException(f"The table does not have the specified index: {index_name}")


def _check_key_condition(
    condition: str, names: dict[str, str], values: dict[str, dict[str, Any]], types: dict[str, str]
) -> None:
    """Developer Guide, Key condition expressions for the Query operation."""
    if NOT_IN_A_KEY_CONDITION.search(condition):
        raise MockValidationException("Invalid operator used in KeyConditionExpression")
    for attribute, placeholder in COMPARISON.findall(condition):
        expected = types.get(names.get(attribute, attribute))
        if expected is not None and placeholder in values and expected not in values[placeholder]:
            raise MockValidationException("Condition parameter type does not match schema type")

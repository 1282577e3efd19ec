"""Puts, updates, deletes and condition checks, each as a plan: what a call asks for, before it meets the stored item.

A single call carries out one plan; a transaction judges several and then carries out all of them, or none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from saga_testing.aws.dynamodb.attribute_values import checked, checked_item, text_bytes
from saga_testing.aws.dynamodb.expressions.conditions import CompiledCondition, compiled_condition
from saga_testing.aws.dynamodb.expressions.operands import Names, Values, check_placeholders
from saga_testing.aws.dynamodb.expressions.updates import (
    BoundUpdate,
    CompiledUpdate,
    applied,
    bound_update,
    check_update_values,
    compiled_update,
)
from saga_testing.aws.dynamodb.key_schema import Key
from saga_testing.aws.dynamodb.table import Table
from saga_testing.aws.errors import ConditionFailed, Item, invalid

_EXPRESSIONS: Final = frozenset({"ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues"})
_ON_FAILURE: Final = frozenset({"ReturnValuesOnConditionCheckFailure"})
_ACTION: Final = _EXPRESSIONS | _ON_FAILURE | {"TableName"}
ACTION_PARAMETERS: Final = {
    "Put": (frozenset({"TableName", "Item"}), _ACTION | {"Item"}),
    "Update": (frozenset({"TableName", "Key", "UpdateExpression"}), _ACTION | {"Key", "UpdateExpression"}),
    "Delete": (frozenset({"TableName", "Key"}), _ACTION | {"Key"}),
    "ConditionCheck": (frozenset({"TableName", "Key", "ConditionExpression"}), _ACTION | {"Key"}),
}
_CALL: Final = frozenset({"ReturnValues", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics"})
CALL_PARAMETERS: Final = {
    "PutItem": (frozenset({"TableName", "Item"}), ACTION_PARAMETERS["Put"][1] | _CALL),
    "UpdateItem": (frozenset({"TableName", "Key"}), ACTION_PARAMETERS["Update"][1] | _CALL),
    "DeleteItem": (frozenset({"TableName", "Key"}), ACTION_PARAMETERS["Delete"][1] | _CALL),
}
_NONE: Final[frozenset[str]] = frozenset()

After = Callable[[Item | None, int], tuple[Item | None, int, set[str]]]
"""The stored item and its size -> the item to store, its size, and the attributes written."""


@dataclass(slots=True)
class Plan:
    table: Table
    key: Key
    condition: CompiledCondition | None
    names: Names
    values: Values
    return_old: bool
    after: After

    def judge(self) -> tuple[Item | None, Item | None, int, set[str]]:
        """The stored item, and what would take its place. Changes nothing.

        Raises:
            ConditionFailed: the condition is false.
            ItemRefused: the stored item does not fit the update.
        """
        old = self.table.get(self.key)
        if self.condition is not None and not self.condition.holds(old or {}, self.names, self.values):
            raise ConditionFailed(old if self.return_old else None)
        new, size, touched = self.after(old, self.table.sizes.get(self.key, 0))
        return old, new, size, touched


def plan_put(table: Table, request: Mapping[str, Any]) -> Plan:
    item, size = checked_item(request["Item"])
    table.schema.check_item(item)
    table.check_new(item, size)
    condition, names, values = _bound_condition(request)
    return _plan(
        table, table.schema.key_of(item), condition, names, values, request, lambda _old, _size: (item, size, set())
    )


def plan_delete(table: Table, request: Mapping[str, Any]) -> Plan:
    key = table.schema.key_of(table.schema.checked_key(request["Key"]))
    condition, names, values = _bound_condition(request)
    return _plan(table, key, condition, names, values, request, lambda _old, _size: (None, 0, set()))


def plan_check(table: Table, request: Mapping[str, Any]) -> Plan:
    key = table.schema.key_of(table.schema.checked_key(request["Key"]))
    condition, names, values = _bound_condition(request)
    return _plan(table, key, condition, names, values, request, lambda old, size: (old, size, set()))


def plan_update(table: Table, request: Mapping[str, Any]) -> Plan:
    key_item = table.schema.checked_key(request["Key"])
    text = request.get("UpdateExpression")
    update = None if text is None else compiled_update(text)
    condition, names, values = _bound_condition(request, update)
    bound = None if update is None else bound_update(update, tuple(names.items()), table.schema.names)
    if bound is not None and (bound.adds or bound.deletes):
        check_update_values(bound, values)

    def after(old: Item | None, size: int) -> tuple[Item | None, int, set[str]]:
        return _updated(table, key_item, bound, names, values, old, size)

    return _plan(table, table.schema.key_of(key_item), condition, names, values, request, after)


def _updated(
    table: Table,
    key_item: Item,
    update: BoundUpdate | None,
    names: Names,
    values: Values,
    old: Item | None,
    size: int,
) -> tuple[Item, int, set[str]]:
    base = key_item if old is None else old
    if update is None:
        new, touched = dict(base), set[str]()
    else:
        new, touched = applied(update, base, names, values)
    if old is None:
        new, size = checked_item(new)
    else:
        for name in touched:
            before, now = old.get(name), new.get(name)
            size -= 0 if before is None else text_bytes(name) + checked(before)[1]
            size += 0 if now is None else text_bytes(name) + checked(now)[1]
    indexed = table.index_keys & touched
    table.check_new(new if indexed else {}, size, "Item size to update has exceeded the maximum allowed size")
    return new, size, touched


def _bound_condition(
    request: Mapping[str, Any], update: CompiledUpdate | None = None
) -> tuple[CompiledCondition | None, Names, Values]:
    text = request.get("ConditionExpression")
    condition = None if text is None else compiled_condition(text, "ConditionExpression")
    names, values = (_NONE, _NONE) if update is None else (update.names, update.values)
    if condition is not None:
        names, values = names | condition.names, values | condition.values
    elif update is None and not (request.keys() & {"ExpressionAttributeNames", "ExpressionAttributeValues"}):
        return None, {}, {}
    elif update is None:
        raise invalid("ExpressionAttributeValues can only be specified when using expressions")
    bound_names, bound_values = check_placeholders(request, names, values)
    if condition is not None:
        condition.check_values(bound_values)
    return condition, bound_names, bound_values


def _plan(
    table: Table,
    key: Key,
    condition: CompiledCondition | None,
    names: Names,
    values: Values,
    request: Mapping[str, Any],
    after: After,
) -> Plan:
    wanted = request.get("ReturnValuesOnConditionCheckFailure", "NONE")
    if wanted not in {"ALL_OLD", "NONE"}:
        raise invalid(f"Value '{wanted}' at 'returnValuesOnConditionCheckFailure' failed to satisfy constraint")
    return Plan(table, key, condition, names, values, wanted == "ALL_OLD", after)


PLANS: Final[dict[str, Callable[[Table, Mapping[str, Any]], Plan]]] = {
    "Put": plan_put,
    "Update": plan_update,
    "Delete": plan_delete,
    "ConditionCheck": plan_check,
}


def returned(
    wanted: str, allowed: frozenset[str], old: Item | None, new: Item | None, touched: set[str]
) -> Item | None:
    """The `Attributes` of a reply."""
    if wanted not in allowed:
        raise invalid("ReturnValues can only be " + " or ".join(sorted(allowed)))
    match wanted:
        case "ALL_OLD":
            return old
        case "ALL_NEW":
            return new
        case "UPDATED_OLD":
            return {name: old[name] for name in touched if name in old} if old else None
        case "UPDATED_NEW":
            return {name: new[name] for name in touched if name in new} if new else None
    return None

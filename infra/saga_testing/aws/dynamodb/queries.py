"""Query and Scan: key conditions, filters, projections and pages."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache
from typing import Any, Final

from saga_testing.aws.dynamodb.attribute_values import item_size
from saga_testing.aws.dynamodb.expressions.conditions import CompiledCondition, compiled_condition
from saga_testing.aws.dynamodb.expressions.operands import Names, Values, check_placeholders
from saga_testing.aws.dynamodb.expressions.operands import resolve as resolve_path
from saga_testing.aws.dynamodb.expressions.parser import Parser
from saga_testing.aws.dynamodb.expressions.tree import All, Between, Comparison, Condition, Function, Path, Value
from saga_testing.aws.dynamodb.key_schema import KeySchema
from saga_testing.aws.dynamodb.secondary_index import SecondaryIndex
from saga_testing.aws.dynamodb.table import Table
from saga_testing.aws.errors import Item, Refused, invalid

MAX_PAGE_BYTES: Final = 1024 * 1024
_SHARED: Final = frozenset(
    {
        "TableName",
        "IndexName",
        "Select",
        "Limit",
        "ConsistentRead",
        "ExclusiveStartKey",
        "ReturnConsumedCapacity",
        "ProjectionExpression",
        "FilterExpression",
        "ExpressionAttributeNames",
        "ExpressionAttributeValues",
    }
)
QUERY_PARAMETERS: Final = (frozenset({"TableName"}), _SHARED | {"KeyConditionExpression", "ScanIndexForward"})
SCAN_PARAMETERS: Final = (frozenset({"TableName"}), _SHARED)

Positioned = tuple[Any, Item]
"""An item and what sorts it."""


@dataclass(frozen=True, slots=True)
class CompiledProjection:
    paths: tuple[Path, ...]
    names: frozenset[str]

    def of(self, item: Item, names: Names) -> Item:
        """Top-level attributes; the project asks for no others."""
        wanted = {resolve_path(path, names)[0] for path in self.paths}
        return {name: value for name, value in item.items() if name in wanted}


@lru_cache(maxsize=128)
def compiled_projection(text: str) -> CompiledProjection:
    parser = Parser(text)
    try:
        paths = parser.whole(parser.paths)
    except Refused as refused:
        raise invalid(f"Invalid ProjectionExpression: {refused.message}") from None
    return CompiledProjection(paths, frozenset(parser.names))


@dataclass(frozen=True, slots=True)
class Question:
    """The expressions of one request, bound to its placeholders."""

    key_condition: CompiledCondition | None
    filter: CompiledCondition | None
    projection: CompiledProjection | None
    names: Names
    values: Values

    @classmethod
    def of(cls, request: Mapping[str, Any]) -> "Question":
        conditions = [
            compiled_condition(request[parameter], parameter) if parameter in request else None
            for parameter in ("KeyConditionExpression", "FilterExpression")
        ]
        projection = None
        if text := request.get("ProjectionExpression"):
            projection = compiled_projection(text)
        names: frozenset[str] = projection.names if projection else frozenset()
        values: frozenset[str] = frozenset()
        for condition in conditions:
            if condition is not None:
                names, values = names | condition.names, values | condition.values
        bound_names, bound_values = check_placeholders(request, names, values)
        for condition in conditions:
            if condition is not None:
                condition.check_values(bound_values)
        return cls(conditions[0], conditions[1], projection, bound_names, bound_values)


def query(table: Table, request: Mapping[str, Any]) -> dict[str, Any]:
    """
    Raises:
        Refused: not a query that DynamoDB answers.
    """
    if "KeyConditionExpression" not in request:
        raise invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
    question, index = Question.of(request), _index(table, request)
    schema = table.schema if index is None else index.schema
    assert question.key_condition is not None  # asked for above
    hash_test, range_test = _key_tests(question.key_condition.tree, schema, question.names)
    _refuse_keys_in_filter(question, schema)
    (content,) = question.values[hash_test.name].values()
    if schema.hash.kind not in question.values[hash_test.name]:
        raise invalid("One or more parameter values were invalid: Condition parameter type does not match schema type")
    if range_test is not None:
        _check_range_types(range_test, schema, question)
    partition: Iterable[Positioned]
    if index is None:
        stored = table.partitions.get(content, {})
        partition = [((schema.order(key), ()), item) for key, item in stored.items()]
    else:
        index.settle(table.clock())
        partition = [(_index_position(index, entry), entry) for entry in index.partitions.get(content, {}).values()]
    holds = question.key_condition.holds
    if start := request.get("ExclusiveStartKey"):
        _refuse_start_outside(start, schema, question)
    found = [pair for pair in partition if holds(pair[1], question.names, question.values)]
    forward = request.get("ScanIndexForward", True)
    found.sort(key=lambda pair: pair[0], reverse=not forward)
    position: Callable[[Item], Any] = (
        (lambda item: (schema.order(schema.key_of(item)[1]), ()))
        if index is None
        else (lambda item: _index_position(index, item))
    )
    return _page(table, index, request, question, found, position, forward=forward)


def scan(table: Table, request: Mapping[str, Any]) -> dict[str, Any]:
    """
    Raises:
        Refused: not a scan that DynamoDB answers.
    """
    question, index = Question.of(request), _index(table, request)
    if index is None:
        return _page(table, None, request, question, table.scan_order(), table.scan_position, forward=True)
    index.settle(table.clock())

    def position(item: Item) -> Any:
        return table.scan_position(item)

    entries = [entry for partition in index.partitions.values() for entry in partition.values()]
    found = sorted(((position(entry), entry) for entry in entries), key=lambda pair: pair[0])
    return _page(table, index, request, question, found, position, forward=True)


def _index(table: Table, request: Mapping[str, Any]) -> SecondaryIndex | None:
    name = request.get("IndexName")
    if name is None:
        return None
    if name not in table.indexes:
        raise invalid(f"The table does not have the specified index: {name}")
    if request.get("ConsistentRead"):
        raise invalid("Consistent reads are not supported on global secondary indexes")
    index = table.indexes[name]
    if request.get("Select") == "ALL_ATTRIBUTES" and index.projection != "ALL":
        raise invalid(
            "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global "
            f"secondary index {name} because its projection type is not ALL"
        )
    return index


def _index_position(index: SecondaryIndex, entry: Item) -> Any:
    """By sort key, and by primary key where that is equal (on AWS in no promised order)."""
    return index.schema.order(index.schema.key_of(entry)[1]), index.table_keys.key_of(entry)


def _key_tests(tree: Condition, schema: KeySchema, names: Names) -> tuple[Value, Condition | None]:
    """The value of the partition key, and the test of the sort key."""
    parts = [tree.left, tree.right] if isinstance(tree, All) else [tree]
    hash_value: Value | None = None
    range_test: Condition | None = None
    for part in parts:
        name = _tested_attribute(part, names)
        if name == schema.hash.name and isinstance(part, Comparison) and hash_value is None:
            if part.operator != "=" or not isinstance(part.right, Value):
                raise invalid("Query key condition not supported")
            hash_value = part.right
        elif schema.range is not None and name == schema.range.name and range_test is None:
            range_test = part
        else:
            raise invalid("Query key condition not supported")
    if hash_value is None:
        raise invalid(f"Query condition missed key schema element: {schema.hash.name}")
    return hash_value, range_test


def _tested_attribute(part: Condition, names: Names) -> str:
    match part:
        case Comparison(operator, Path() as path, Value()) if operator != "<>":
            pass
        case Between(Path() as path, Value(), Value()):
            pass
        case Function("begins_with", (Path() as path, Value())):
            pass
        case _:
            raise invalid("Invalid operator used in KeyConditionExpression")
    (name,) = resolve_path(path, names)
    return str(name)


def _refuse_start_outside(start: Item, schema: KeySchema, question: Question) -> None:
    """DynamoDB goes on from no place that the key condition leaves out."""
    named = all(attribute.kind in start.get(attribute.name, {}) for attribute in schema.attributes)
    if named and question.key_condition and not question.key_condition.holds(start, question.names, question.values):
        raise invalid("The provided starting key is outside query boundaries based on provided conditions")


def _check_range_types(test: Condition, schema: KeySchema, question: Question) -> None:
    assert schema.range is not None  # a test of it was found
    for name in _value_names(test):
        if schema.range.kind not in question.values[name]:
            raise invalid(
                "One or more parameter values were invalid: Condition parameter type does not match schema type"
            )


def _refuse_keys_in_filter(question: Question, schema: KeySchema) -> None:
    if question.filter is None:
        return
    for name in _attributes(question.filter.tree, question.names):
        if name in schema.names:
            raise invalid(
                f"Filter Expression can only contain non-primary key attributes: Primary key attribute: {name}"
            )


def _attributes(tree: Any, names: Names) -> Iterable[str]:
    return (str(resolve_path(leaf, names)[0]) for leaf in _leaves(tree) if isinstance(leaf, Path))


def _value_names(tree: Any) -> Iterable[str]:
    return (leaf.name for leaf in _leaves(tree) if isinstance(leaf, Value))


def _leaves(tree: Any) -> Iterable[Path | Value]:
    if isinstance(tree, Path | Value):
        yield tree
    elif isinstance(tree, tuple):
        for part in tree:
            yield from _leaves(part)
    elif is_dataclass(tree):
        for part in fields(tree):
            yield from _leaves(getattr(tree, part.name))


def _page(
    table: Table,
    index: SecondaryIndex | None,
    request: Mapping[str, Any],
    question: Question,
    found: list[Positioned],
    position: Callable[[Item], Any],
    *,
    forward: bool,
) -> dict[str, Any]:
    """Limit and page size count what was looked at, before the filter."""
    limit = request.get("Limit", len(found) + 1)
    if limit < 1:
        raise invalid("Limit must be greater than or equal to 1")
    if start := request.get("ExclusiveStartKey"):
        after = _position_of(table, index, start, position)
        found = [pair for pair in found if (pair[0] > after if forward else pair[0] < after)]
    items, size, looked_at, last = [], 0, 0, None
    for _, item in found:
        looked_at += 1
        size += table.sizes[table.schema.key_of(item)] if index is None else item_size(item)
        if question.filter is None or question.filter.holds(item, question.names, question.values):
            items.append(item)
        if looked_at == limit or size >= MAX_PAGE_BYTES:
            last = item
            break
    reply: dict[str, Any] = {"Count": len(items), "ScannedCount": looked_at}
    if last is not None:
        names = table.schema.names if index is None else table.schema.names | index.schema.names
        reply["LastEvaluatedKey"] = {name: last[name] for name in last if name in names}
    if request.get("Select") != "COUNT":
        projection = question.projection
        reply["Items"] = [projection.of(each, question.names) if projection else dict(each) for each in items]
    return reply


def _position_of(table: Table, index: SecondaryIndex | None, start: Item, position: Callable[[Item], Any]) -> Any:
    wanted = {attribute.name: attribute.kind for attribute in table.schema.attributes}
    if index is not None:
        wanted |= {attribute.name: attribute.kind for attribute in index.schema.attributes}
    if start.keys() != wanted.keys() or any(kind not in start[name] for name, kind in wanted.items()):
        raise invalid("The provided starting key is invalid")
    return position(start)

"""Conditions and filters: compiled once per expression text, evaluated against an item and the call's placeholders."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from saga_testing.aws.dynamodb.attribute_values import AttributeValue, numeric
from saga_testing.aws.dynamodb.expressions.operands import Names, Read, Values, operand_of
from saga_testing.aws.dynamodb.expressions.parser import Parser
from saga_testing.aws.dynamodb.expressions.tree import (
    All,
    Any_,
    Between,
    Comparison,
    Condition,
    Function,
    In,
    Not,
    Operand,
    Value,
)
from saga_testing.aws.errors import Item, Refused, invalid

Test = Callable[[Item, Names, Values], bool]
Check = Callable[[Values], None]

_TYPES: Final = frozenset({"S", "SS", "N", "NS", "B", "BS", "BOOL", "NULL", "L", "M"})
_ORDERED: Final = frozenset({"S", "N", "B"})


@dataclass(frozen=True, slots=True)
class CompiledCondition:
    """What an expression asks of an item, the placeholders it uses, and what it asks of their values."""

    holds: Test
    names: frozenset[str]
    values: frozenset[str]
    checks: tuple[Check, ...]
    tree: Condition

    def check_values(self, values: Values) -> None:
        for check in self.checks:
            check(values)


@lru_cache(maxsize=512)
def compiled_condition(text: str, parameter: str) -> CompiledCondition:
    """`parameter` is the request's member that held the text; errors name it.

    Raises:
        Refused: not an expression of DynamoDB's.
    """
    parser = Parser(text)
    try:
        tree = parser.whole(parser.condition)
        checks: list[Check] = []
        holds = _test(tree, checks)
    except Refused as refused:
        raise invalid(f"Invalid {parameter}: {refused.message}") from None
    return CompiledCondition(holds, frozenset(parser.names), frozenset(parser.values), tuple(checks), tree)


def _test(tree: Condition, checks: list[Check]) -> Test:
    match tree:
        case All(left, right):
            first, second = _test(left, checks), _test(right, checks)
            return lambda item, names, values: first(item, names, values) and second(item, names, values)
        case Any_(left, right):
            first, second = _test(left, checks), _test(right, checks)
            return lambda item, names, values: first(item, names, values) or second(item, names, values)
        case Not(inner):
            held = _test(inner, checks)
            return lambda item, names, values: not held(item, names, values)
        case In(subject, choices):
            read, reads = operand_of(subject), [operand_of(choice) for choice in choices]
            return lambda item, names, values: (
                (found := read(item, names, values)) is not None
                and any(each(item, names, values) == found for each in reads)
            )
    return _plain_test(tree, checks)


def _plain_test(tree: Comparison | Between | Function, checks: list[Check]) -> Test:
    match tree:
        case Comparison():
            return _comparison(tree, checks)
        case Between():
            return _between(tree, checks)
        case Function():
            return _function(tree, checks)


def _comparison(tree: Comparison, checks: list[Check]) -> Test:
    left, right, operator = operand_of(tree.left), operand_of(tree.right), tree.operator
    if tree.left == tree.right:
        raise invalid("The first operand must be distinct from the remaining operands for this operator or function;")
    if operator == "=":
        return lambda item, names, values: (
            (found := left(item, names, values)) is not None and found == right(item, names, values)
        )
    if operator == "<>":
        # A missing attribute differs from everything.
        return lambda item, names, values: (
            (found := left(item, names, values)) is None or found != right(item, names, values)
        )
    for operand in (tree.left, tree.right):
        _wants(operand, _ORDERED, operator, checks)
    compare = {
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
        ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b,
    }[operator]
    return lambda item, names, values: _in_order(left(item, names, values), right(item, names, values), compare)


def _in_order(left: AttributeValue | None, right: AttributeValue | None, compare: Callable[[Any, Any], bool]) -> bool:
    """False, not an error, between values of different types: that is how DynamoDB compares stored values."""
    if left is None or right is None:
        return False
    ((kind, first),) = left.items()
    ((other, second),) = right.items()
    if kind != other or kind not in _ORDERED:
        return False
    return compare(numeric(first), numeric(second)) if kind == "N" else compare(first, second)


def _between(tree: Between, checks: list[Check]) -> Test:
    subject, lower, upper = operand_of(tree.subject), operand_of(tree.lower), operand_of(tree.upper)
    for operand in (tree.subject, tree.lower, tree.upper):
        _wants(operand, _ORDERED, "BETWEEN", checks)
    if isinstance(tree.lower, Value) and isinstance(tree.upper, Value):
        checks.append(_bounds(tree.lower.name, tree.upper.name))

    def test(item: Item, names: Names, values: Values) -> bool:
        found = subject(item, names, values)
        return _in_order(lower(item, names, values), found, lambda a, b: a <= b) and _in_order(
            found, upper(item, names, values), lambda a, b: a <= b
        )

    return test


def _bounds(lower: str, upper: str) -> Check:
    def check(values: Values) -> None:
        if values[lower].keys() != values[upper].keys():
            raise invalid("The BETWEEN operator requires same data type for lower and upper bounds;")
        if not _in_order(values[lower], values[upper], lambda a, b: a <= b):
            raise invalid("The BETWEEN operator requires upper bound to be greater than or equal to lower bound;")

    return check


def _wants(operand: Operand, kinds: frozenset[str], operator: str, checks: list[Check]) -> None:
    if not isinstance(operand, Value):
        return
    name = operand.name

    def check(values: Values) -> None:
        (kind,) = values[name]
        if kind not in kinds:
            message = "Incorrect operand type for operator or function; operator or function: "
            raise invalid(f"{message}{operator}, operand type: {kind}")

    checks.append(check)


def _function(tree: Function, checks: list[Check]) -> Test:
    subject = operand_of(tree.arguments[0])
    if tree.name == "attribute_exists":
        return lambda item, names, values: subject(item, names, values) is not None
    if tree.name == "attribute_not_exists":
        return lambda item, names, values: subject(item, names, values) is None
    other = operand_of(tree.arguments[1])
    if tree.name == "attribute_type":
        return _attribute_type(subject, tree.arguments[1], checks)
    if tree.name == "begins_with":
        _wants(tree.arguments[1], frozenset({"S", "B"}), "begins_with", checks)
        return lambda item, names, values: _begins(subject(item, names, values), other(item, names, values))
    return lambda item, names, values: _contains(subject(item, names, values), other(item, names, values))


def _attribute_type(subject: Read, wanted: Operand, checks: list[Check]) -> Test:
    if not isinstance(wanted, Value):
        raise invalid("Incorrect operand type for operator or function; operator or function: attribute_type")
    name = wanted.name

    def check(values: Values) -> None:
        if values[name].get("S") not in _TYPES:
            raise invalid("Invalid attribute type name found; type: " + str(values[name]))

    checks.append(check)

    def test(item: Item, names: Names, values: Values) -> bool:
        found = subject(item, names, values)
        return found is not None and values[name]["S"] in found

    return test


def _begins(found: AttributeValue | None, start: AttributeValue | None) -> bool:
    if found is None or start is None or found.keys() != start.keys():
        return False
    ((kind, content),) = found.items()
    return kind in {"S", "B"} and bool(content.startswith(start[kind]))


def _contains(found: AttributeValue | None, part: AttributeValue | None) -> bool:
    if found is None or part is None:
        return False
    ((kind, content),) = found.items()
    ((wanted, sought),) = part.items()
    if kind == "L":
        return part in content
    return kind in {wanted, wanted + "S"} and kind not in {"N", "BOOL", "NULL", "M"} and sought in content

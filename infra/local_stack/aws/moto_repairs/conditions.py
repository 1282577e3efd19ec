"""Repairs of how moto reads and evaluates condition and filter expressions. See `moto_repairs`."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from moto.dynamodb import comparisons
from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models.dynamo_type import Item

ORDERED: Final = frozenset({"S", "N", "B"})
TYPE_NAMES: Final = frozenset({"S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"})
ORDERINGS: Final = ("OpLessThan", "OpGreaterThan", "OpLessThanOrEqual", "OpGreaterThanOrEqual")


def repair_conditions() -> None:
    for name in ORDERINGS:
        _order_nothing_of_different_types(getattr(comparisons, name))
    _refuse_what_cannot_be_parsed()


def _order_nothing_of_different_types(comparison: type[comparisons.Op]) -> None:
    """Values of different types do not compare: the condition is false (Developer Guide, Condition and filter
    expressions). moto breaks down."""
    moto_compare = comparison.expr

    def expr(self: comparisons.Op, item: Item | None) -> bool:
        try:
            return moto_compare(self, item)
        except TypeError:
            return False

    setattr(comparison, "expr", expr)  # noqa: B010 - mypy takes no assignment to a method


def _refuse_what_cannot_be_parsed() -> None:
    """A syntax error, or an operand that an operator does not take, is a ValidationException (Developer Guide,
    Condition and filter expressions). moto breaks down, or evaluates it to false."""
    moto_parse = comparisons.ConditionExpressionParser.parse

    def parse(self: comparisons.ConditionExpressionParser) -> Any:
        check_operands(self.condition_expression or "", self.expression_attribute_values or {})
        try:
            return moto_parse(self)
        except (ValueError, AssertionError) as error:
            raise MockValidationException(f"Invalid ConditionExpression: Syntax error; {error}") from None

    setattr(comparisons.ConditionExpressionParser, "parse", parse)  # noqa: B010 - mypy takes no assignment to a method


def check_operands(condition: str, values: dict[str, dict[str, Any]]) -> None:
    checks: tuple[tuple[str, Callable[..., bool]], ...] = (
        (r"begins_with\s*\([^,()]+,\s*(:\w+)\s*\)", lambda value: not {"S", "B"}.isdisjoint(value)),
        (r"attribute_type\s*\([^,()]+,\s*(:\w+)\s*\)", lambda value: value.get("S") in TYPE_NAMES),
        (r"(?:<=|>=|<(?!>)|(?<!<)>)\s*(:\w+)", lambda value: not ORDERED.isdisjoint(value)),
        (r"\bBETWEEN\s+(:\w+)\s+AND\s+(:\w+)", _in_order),
    )
    for pattern, holds in checks:
        for match in re.finditer(pattern, condition, re.IGNORECASE):
            operands = [values[name] for name in match.groups() if name in values]
            if len(operands) == len(match.groups()) and not holds(*operands):
                raise MockValidationException(f"Invalid expression: Incorrect operand in {match.group()}")


def _in_order(lower: dict[str, Any], upper: dict[str, Any]) -> bool:
    """Bounds of one type, the lower first."""
    if set(lower) != set(upper) or ORDERED.isdisjoint(lower):
        return False
    if "N" in lower:
        return Decimal(lower["N"]) <= Decimal(upper["N"])
    ((_, first),), ((_, second),) = lower.items(), upper.items()
    return bool(first <= second)

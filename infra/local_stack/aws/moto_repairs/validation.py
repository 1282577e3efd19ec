"""Requests that DynamoDB refuses, and that moto takes: refused here before moto sees them. See `moto_repairs`.

It covers what can be told from the request alone; what moto makes of expressions stays moto's.
"""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from moto.core.responses import ActionResult
from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.responses import DynamoHandler

from local_stack.aws.moto_repairs.update_paths import check_update_paths

EXPRESSIONS: Final = (
    "ConditionExpression",
    "UpdateExpression",
    "KeyConditionExpression",
    "FilterExpression",
    "ProjectionExpression",
)
CHECKED_ACTIONS: Final = ("put_item", "update_item", "delete_item", "query", "transact_write_items")
TYPES: Final = frozenset({"S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"})
MAX_EXPRESSION_BYTES: Final = 4096
MAX_DEPTH: Final = 32
MAX_DIGITS: Final = 38
MAX_TOKEN_LENGTH: Final = 36
LARGEST, SMALLEST = Decimal("9.9999999999999999999999999999999999999E+125"), Decimal("1E-130")


def validate_requests() -> None:
    for action in CHECKED_ACTIONS:
        setattr(DynamoHandler, action, _checked(getattr(DynamoHandler, action)))


def _checked(respond: Callable[[DynamoHandler], ActionResult]) -> Callable[[DynamoHandler], ActionResult]:
    def checked(self: DynamoHandler) -> ActionResult:
        for request in _requests(self.body):
            check_expressions(request)
            check_update_paths(request)
            for place in ("Item", "ExpressionAttributeValues"):
                for value in (request.get(place) or {}).values():
                    check_value(value)
        _check_limits(self.body)
        return respond(self)

    return checked


def _requests(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield body
    for action in body.get("TransactItems") or []:
        yield from action.values()


def _check_limits(body: dict[str, Any]) -> None:
    """ "ClientRequestToken: length constraints: maximum length of 36" (API Reference, TransactWriteItems); "Limit:
    valid range: minimum value of 1" (API Reference, Query)."""
    if len(body.get("ClientRequestToken") or "") > MAX_TOKEN_LENGTH:
        raise MockValidationException("ClientRequestToken must have length less than or equal to 36")
    if body.get("Limit") is not None and body["Limit"] < 1:
        raise MockValidationException("Limit must be greater than or equal to 1")


def check_expressions(request: dict[str, Any]) -> None:
    """Every placeholder is defined and used, and an expression has 1 to 4096 bytes (Developer Guide, Using expression
    attribute values; Expression attribute names; Quotas: expression parameters)."""
    expressions = [request[name] for name in EXPRESSIONS if request.get(name) is not None]
    for expression in expressions:
        if not expression.strip():
            raise MockValidationException("Invalid expression: The expression can not be empty;")
        if len(expression.encode()) > MAX_EXPRESSION_BYTES:
            raise MockValidationException("Invalid expression: Expression size has exceeded the maximum allowed size;")
    written = " ".join(expressions)
    for mark, parameter in ((":", "ExpressionAttributeValues"), ("#", "ExpressionAttributeNames")):
        defined, used = set(request.get(parameter) or {}), set(re.findall(rf"{mark}\w+", written))
        if defined and not expressions:
            raise MockValidationException(f"{parameter} can only be specified when using expressions")
        if used - defined:
            raise MockValidationException(f"An expression uses {sorted(used - defined)}, not defined in {parameter}")
        if defined - used:
            raise MockValidationException(f"Value provided in {parameter} unused in expressions: {defined - used}")


def check_value(value: dict[str, Any], depth: int = 0) -> None:
    """Developer Guide, Supported data types and naming rules: one known type, numbers of 38 digits, sets without
    duplicates; Quotas: 32 levels. Numbers are brought to the form in which DynamoDB returns them."""
    if len(value) != 1 or not TYPES.issuperset(value):
        raise MockValidationException("Supplied AttributeValue must contain exactly one of the supported datatypes")
    if depth > MAX_DEPTH:
        raise MockValidationException("Nesting Levels have exceeded supported limits")
    ((kind, content),) = value.items()
    if kind == "N":
        value["N"] = as_stored(content)
    elif kind in {"SS", "NS", "BS"}:
        members = [as_stored(member) for member in content] if kind == "NS" else content
        if len(set(members)) != len(members):
            raise MockValidationException(f"Input collection {members} contains duplicates.")
        value[kind] = members
    elif kind in {"M", "L"}:
        for member in content.values() if kind == "M" else content:
            check_value(member, depth + 1)


def as_stored(text: str) -> str:
    """A number as DynamoDB gives it back: leading and trailing zeros trimmed, no exponent."""
    try:
        number = Decimal(text)
    except (InvalidOperation, TypeError, ValueError):
        raise MockValidationException("The parameter cannot be converted to a numeric value") from None
    if not number.is_finite():
        raise MockValidationException("The parameter cannot be converted to a numeric value")
    if not number:
        return "0"
    if len("".join(map(str, number.as_tuple().digits)).strip("0")) > MAX_DIGITS:
        raise MockValidationException("Attempting to store more than 38 significant digits in a Number")
    if not SMALLEST <= abs(number) <= LARGEST:
        raise MockValidationException("Number out of the supported range")
    plain = format(number, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain

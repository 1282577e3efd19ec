"""Conditions: which hold, which do not, and which are refused."""

from typing import Any

from tests.contracts.case import ACCEPTED, CONDITION, VALIDATION, Chapter, answer, refusal
from tests.contracts.subject import Item, Subject, key, n, s

CHAPTER = Chapter("condition")
_OPERATORS = "Developer Guide, Condition and filter expressions, operators, and functions"
_FUNCTIONS = "Developer Guide, Condition and filter expressions: functions"
_REFERENCE = "API Reference, PutItem: ReturnValuesOnConditionCheckFailure"
_NAMES = "Developer Guide, Expression attribute names (aliases)"
_VALUES = "Developer Guide, Using expression attribute values"

_STORED: Item = {
    "v": n("3"),
    "text": s("saga"),
    "flag": {"BOOL": True},
    "raw": {"B": b"\x00\x01"},
    "tags": {"SS": ["a", "b"]},
    "list": {"L": [s("one"), n(2)]},
    "map": {"M": {"inner": n(7), "deep": {"L": [s("z")]}}},
    "nothing": {"NULL": True},
}


def _condition(
    name: str,
    condition: str,
    values: Item | None,
    expected: str,
    source: str = _OPERATORS,
    names: dict[str, str] | None = None,
) -> None:
    def observe(aws: Subject) -> Any:
        aws.put("a", "x", **_STORED)
        parameters: dict[str, Any] = {"ConditionExpression": condition}
        if values:
            parameters["ExpressionAttributeValues"] = values
        if names:
            parameters["ExpressionAttributeNames"] = names
        return answer(lambda: aws.db.delete_item(TableName=aws.table, Key=key("a"), **parameters))

    CHAPTER.add(name, source, observe, expected)


_condition("equal numbers", "v = :x", {":x": n("3")}, ACCEPTED)
_condition("numbers are equal by value, not by spelling", "v = :x", {":x": n("3.0")}, ACCEPTED)
_condition("numbers of other value", "v = :x", {":x": n("30")}, CONDITION)
_condition("a number is no text", "v = :x", {":x": s("3")}, CONDITION)
_condition("numbers compare by value, not as text", "v < :x", {":x": n("10")}, ACCEPTED)
_condition("not less than itself", "v < :x", {":x": n("3")}, CONDITION)
_condition("less than or equal to itself", "v <= :x", {":x": n("3")}, ACCEPTED)
_condition("greater or equal", "v >= :x", {":x": n("4")}, CONDITION)
_condition("texts compare", "#t > :x", {":x": s("abc")}, ACCEPTED, names={"#t": "text"})
_condition("values of different types do not compare", "v < :x", {":x": s("10")}, CONDITION)
_condition("a missing attribute equals nothing", "absent = :x", {":x": n("1")}, CONDITION)
_condition("a missing attribute is less than nothing", "absent < :x", {":x": n("1")}, CONDITION)
_condition("a missing attribute differs from every value", "absent <> :x", {":x": n("1")}, ACCEPTED)
_condition("binary values are equal", "#r = :x", {":x": {"B": b"\x00\x01"}}, ACCEPTED, names={"#r": "raw"})
_condition("lists are equal", "#l = :x", {":x": {"L": [s("one"), n(2)]}}, ACCEPTED, names={"#l": "list"})
_condition("between is inclusive", "v BETWEEN :a AND :b", {":a": n(1), ":b": n(3)}, ACCEPTED)
_condition("outside between", "v BETWEEN :a AND :b", {":a": n(4), ":b": n(9)}, CONDITION)
_condition("in", "v IN (:a, :b)", {":a": n(1), ":b": n(3)}, ACCEPTED)
_condition("not in", "v IN (:a, :b)", {":a": n(1), ":b": n(2)}, CONDITION)
_condition("or", "v = :a OR v = :b", {":a": n(1), ":b": n(3)}, ACCEPTED)
_condition("and binds tighter than or", "v = :b OR v = :a AND v = :a", {":a": n(1), ":b": n(3)}, ACCEPTED)
_condition("parentheses", "(v = :b OR v = :a) AND v = :a", {":a": n(1), ":b": n(3)}, CONDITION)
_condition("not", "NOT v = :a", {":a": n(1)}, ACCEPTED)
_condition("not binds tighter than and", "NOT v = :a AND v = :a", {":a": n(1)}, CONDITION)
_condition("an attribute exists", "attribute_exists(v)", None, ACCEPTED, _FUNCTIONS)
_condition("an attribute does not exist", "attribute_not_exists(v)", None, CONDITION, _FUNCTIONS)
_condition("a null attribute exists", "attribute_exists(nothing)", None, ACCEPTED, _FUNCTIONS)
_condition("a path into a map", "#m.#i = :x", {":x": n(7)}, ACCEPTED, names={"#m": "map", "#i": "inner"})
_condition("a path that leads nowhere", "attribute_not_exists(#m.gone)", None, ACCEPTED, names={"#m": "map"})
_condition("a path into a list", "#l[1] = :x", {":x": n(2)}, ACCEPTED, names={"#l": "list"})
_condition("a path beyond a list", "attribute_exists(#l[9])", None, CONDITION, names={"#l": "list"})
_condition("begins with", "begins_with(#t, :x)", {":x": s("sa")}, ACCEPTED, _FUNCTIONS, {"#t": "text"})
_condition("begins with takes no number", "begins_with(#t, :x)", {":x": n(1)}, VALIDATION, _FUNCTIONS, {"#t": "text"})
_condition("contains a part of a text", "contains(#t, :x)", {":x": s("ag")}, ACCEPTED, _FUNCTIONS, {"#t": "text"})
_condition("contains a member of a set", "contains(tags, :x)", {":x": s("b")}, ACCEPTED, _FUNCTIONS)
_condition("contains no part of a member", "contains(tags, :x)", {":x": s("")}, CONDITION, _FUNCTIONS)
_condition("contains an element of a list", "contains(#l, :x)", {":x": n(2)}, ACCEPTED, _FUNCTIONS, {"#l": "list"})
_condition("size of a text", "size(#t) = :x", {":x": n(4)}, ACCEPTED, _FUNCTIONS, {"#t": "text"})
_condition("size of a list", "size(#l) < :x", {":x": n(3)}, ACCEPTED, _FUNCTIONS, {"#l": "list"})
_condition("attribute type", "attribute_type(v, :x)", {":x": s("N")}, ACCEPTED, _FUNCTIONS)
_condition("attribute type that is none", "attribute_type(v, :x)", {":x": s("Q")}, VALIDATION, _FUNCTIONS)
_condition("an order of booleans is refused", "flag < :x", {":x": {"BOOL": True}}, VALIDATION)
_condition("between with bounds the wrong way", "v BETWEEN :a AND :b", {":a": n(5), ":b": n(1)}, VALIDATION)
_condition("redundant parentheses", "((v = :x))", {":x": n("3")}, VALIDATION)
_condition("an unused value", "attribute_exists(v)", {":x": n("3")}, VALIDATION, _VALUES)
_condition("an undefined value", "v = :y", None, VALIDATION, _VALUES)
_condition("an unused name", "attribute_exists(v)", None, VALIDATION, _NAMES, {"#unused": "v"})
_condition("an undefined name", "attribute_exists(#v)", None, VALIDATION, _NAMES)
_condition("a syntax error", "v = = :x", {":x": n("3")}, VALIDATION)
_condition("an empty expression", "", None, VALIDATION)
for _word in ("state", "status", "name", "owner", "ttl", "timestamp", "counter"):
    _condition(
        f"the reserved word {_word}", f"attribute_exists({_word})", None, VALIDATION, "Developer Guide, Reserved words"
    )
_condition("a reserved word behind a name", "attribute_exists(#s)", None, CONDITION, _NAMES, {"#s": "state"})
_condition(
    "an expression of more than 4 KB",
    " OR ".join(f"v = :value_number_{position}" for position in range(200)),
    {f":value_number_{position}": n(position) for position in range(200)},
    VALIDATION,
    "Developer Guide, Quotas: expression parameters",
)


@CHAPTER.case("Developer Guide, Condition expressions: preventing overwrites", ["accepted", CONDITION])
def the_first_of_two_conditional_puts_wins(aws: Subject) -> Any:
    return [answer(lambda: aws.put_if("a", "attribute_not_exists(pk)")) for _ in range(2)]


@CHAPTER.case(_REFERENCE, {"pk": s("a"), "sk": s("x"), "v": n(1), "raw": {"B": b"\xff"}})
def a_refused_put_returns_the_stored_item(aws: Subject) -> Any:
    aws.put("a", v=n(1), raw={"B": b"\xff"})
    again: dict[str, Any] = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    return refusal(lambda: aws.put_if("a", "attribute_not_exists(pk)", **again)).get("Item")


@CHAPTER.case(_REFERENCE, {"pk": s("a"), "sk": s("x"), "v": n(1)})
def a_refused_update_returns_the_stored_item(aws: Subject) -> Any:
    aws.put("a", v=n(1))
    parameters = {"ConditionExpression": "v = :w", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    return refusal(lambda: aws.update("a", "SET v = :w", {":w": n(2)}, **parameters)).get("Item")


@CHAPTER.case(_REFERENCE, {"pk": s("a"), "sk": s("x"), "v": n(1)})
def a_refused_delete_returns_the_stored_item(aws: Subject) -> Any:
    aws.put("a", v=n(1))
    return refusal(
        lambda: aws.db.delete_item(
            TableName=aws.table,
            Key=key("a"),
            ConditionExpression="v = :w",
            ExpressionAttributeValues={":w": n(2)},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    ).get("Item")


@CHAPTER.case(_REFERENCE, [CONDITION, False])
def a_refusal_without_a_stored_item_returns_none(aws: Subject) -> Any:
    parameters = {"ConditionExpression": "attribute_exists(pk)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    response = refusal(lambda: aws.update("a", "SET v = :w", {":w": n(2)}, **parameters))
    return [response["Error"]["Code"], "Item" in response]


@CHAPTER.case(_REFERENCE, False)
def a_refusal_returns_no_item_unasked(aws: Subject) -> Any:
    aws.put("a", v=n(1))
    return "Item" in refusal(lambda: aws.put_if("a", "attribute_not_exists(pk)"))


@CHAPTER.case("API Reference, PutItem: errors", [400, "The conditional request failed"])
def a_refusal_is_no_server_error(aws: Subject) -> Any:
    aws.put("a")
    response = refusal(lambda: aws.put_if("a", "attribute_not_exists(pk)"))
    return [response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Message"]]


@CHAPTER.case("API Reference, UpdateItem: ConditionExpression", [CONDITION, {"v": n(1)}])
def a_refused_update_changes_nothing(aws: Subject) -> Any:
    aws.put("a", v=n(1))
    code = answer(lambda: aws.update("a", "SET v = :w", {":w": n(2)}, ConditionExpression="v = :w"))
    return [code, aws.get("a")]


@CHAPTER.case("API Reference, UpdateItem: ConditionExpression", [CONDITION, None])
def a_version_condition_refuses_a_deleted_item(aws: Subject) -> Any:
    code = answer(lambda: aws.update("a", "SET v = :w", {":w": n(2), ":r": n(1)}, ConditionExpression="v = :r"))
    return [code, aws.get("a")]


@CHAPTER.case("Developer Guide, Working with items: condition on the item as it is", ["accepted", {"v": n(2)}])
def a_condition_sees_the_item_before_the_update(aws: Subject) -> Any:
    aws.put("a", v=n(1))
    values = {":w": n(2), ":r": n(1)}
    return [answer(lambda: aws.update("a", "SET v = :w", values, ConditionExpression="v = :r")), aws.get("a")]


@CHAPTER.case("API Reference, PutItem: ExpressionAttributeValues", VALIDATION)
def values_without_an_expression(aws: Subject) -> Any:
    item = key("a")
    return answer(lambda: aws.db.put_item(TableName=aws.table, Item=item, ExpressionAttributeValues={":x": n(1)}))

"""Update expressions: what they write, and what they refuse."""

from functools import partial
from typing import Any

from tests.contracts.case import ACCEPTED, VALIDATION, Chapter, answer
from tests.contracts.subject import Item, Subject, key, n, s

CHAPTER = Chapter("update")
_UPDATE = "Developer Guide, Using update expressions"
_REFERENCE = "API Reference, UpdateItem"

_STORED: Item = {"v": n(1), "text": s("saga"), "list": {"L": [n(0), n(1), n(2)]}, "map": {"M": {"a": n(1)}}}
_NAMES = {"#l": "list", "#m": "map", "#t": "text"}


def _update(
    name: str, expression: str, values: Item | None, expected: Any, source: str = _UPDATE, stored: Item | None = None
) -> None:
    """Expected is the whole item afterwards, without its key, or the code of the refusal."""
    before = _STORED if stored is None else stored

    def observe(aws: Subject) -> Any:
        aws.put("a", "x", **before)
        names = {short: full for short, full in _NAMES.items() if short in expression}
        parameters = {"ExpressionAttributeNames": names} if names else {}
        code = answer(lambda: aws.update("a", expression, values, **parameters))
        return aws.get("a") if code == ACCEPTED else code

    CHAPTER.add(name, source, observe, expected)


_update("sets", "SET v = :x", {":x": n(5)}, {"v": n(5)}, stored={"v": n(1)})
_update("sets several", "SET v = :x, w = :y", {":x": n(5), ":y": s("")}, {"v": n(5), "w": s("")}, stored={"v": n(1)})
_update("adds to a number", "SET v = v + :x", {":x": n(5)}, {"v": n(6)}, stored={"v": n(1)})
_update("subtracts", "SET v = v - :x", {":x": n(5)}, {"v": n(-4)}, stored={"v": n(1)})
_update("decimal fractions stay exact", "SET v = v + :x", {":x": n("0.2")}, {"v": n("0.3")}, stored={"v": n("0.1")})
_update("if not exists keeps", "SET v = if_not_exists(v, :x)", {":x": n(5)}, {"v": n(1)}, stored={"v": n(1)})
_update("if not exists fills", "SET w = if_not_exists(w, :x) + :x", {":x": n(5)}, {"w": n(10)}, stored={})
_update(
    "list append",
    "SET #l = list_append(#l, :x)",
    {":x": {"L": [n(9)]}},
    {"list": {"L": [n(1), n(9)]}},
    stored={"list": {"L": [n(1)]}},
)
_update("right sides see the old item", "SET v = w, w = v", None, {"v": n(2), "w": n(1)}, stored={"v": n(1), "w": n(2)})
_update("removes", "REMOVE v, absent", None, {}, stored={"v": n(1)})
_update("sets and removes at once", "SET w = :x REMOVE v", {":x": n(2)}, {"w": n(2)}, stored={"v": n(1)})
_update(
    "removes by the old positions",
    "REMOVE #l[0], #l[1]",
    None,
    {"list": {"L": [n(2)]}},
    stored={"list": {"L": [n(0), n(1), n(2)]}},
)
_update(
    "sets inside a map",
    "SET #m.b = :x",
    {":x": n(2)},
    {"map": {"M": {"a": n(1), "b": n(2)}}},
    stored={"map": {"M": {"a": n(1)}}},
)
_update(
    "a position beyond the end appends",
    "SET #l[7] = :x",
    {":x": n(2)},
    {"list": {"L": [n(1), n(2)]}},
    stored={"list": {"L": [n(1)]}},
)
_update("ADD to a number", "ADD v :x", {":x": n(-3)}, {"v": n(-2)}, stored={"v": n(1)})
_update("ADD to nothing", "ADD w :x", {":x": n(3)}, {"w": n(3)}, stored={})
_update(
    "ADD to a set",
    "ADD tags :x",
    {":x": {"SS": ["b", "a"]}},
    {"tags": {"SS": ["a", "b"]}},
    stored={"tags": {"SS": ["a"]}},
)
_update(
    "DELETE from a set",
    "DELETE tags :x",
    {":x": {"SS": ["a"]}},
    {"tags": {"SS": ["b"]}},
    stored={"tags": {"SS": ["a", "b"]}},
)
_update("DELETE of a whole set removes it", "DELETE tags :x", {":x": {"SS": ["a"]}}, {}, stored={"tags": {"SS": ["a"]}})
_update("ADD of a text is refused", "ADD v :x", {":x": s("1")}, VALIDATION)
_update("arithmetic on a text is refused", "SET v = #t + :x", {":x": n(1)}, VALIDATION)
_update("a missing right side is refused", "SET v = absent", None, VALIDATION)
_update("arithmetic on a missing attribute is refused", "SET v = absent + :x", {":x": n(1)}, VALIDATION)
_update("a path through nothing is refused", "SET absent.b = :x", {":x": n(1)}, VALIDATION)
_update("two writes of one place are refused", "SET v = :x, v = :x", {":x": n(1)}, VALIDATION)
_update("overlapping paths are refused", "SET #m = :x, #m.a = :x", {":x": n(1)}, VALIDATION)
_update("a section twice is refused", "SET v = :x SET w = :x", {":x": n(1)}, VALIDATION)
_update("the partition key cannot be written", "SET pk = :x", {":x": s("b")}, VALIDATION, _REFERENCE)
_update("the sort key cannot be removed", "REMOVE sk", None, VALIDATION, _REFERENCE)
_update("a reserved word is refused", "SET state = :x", {":x": s("b")}, VALIDATION, "Developer Guide, Reserved words")
_update("an unused value is refused", "REMOVE v", {":x": s("b")}, VALIDATION)
_update("an undefined value is refused", "SET v = :x, w = :y", {":x": s("b")}, VALIDATION)
_update("a trailing comma is refused", "SET v = :x,", {":x": s("b")}, VALIDATION)


@CHAPTER.case(_REFERENCE, {"v": n(1)})
def an_update_of_nothing_creates_the_item(aws: Subject) -> Any:
    aws.update("new", "SET v = :x", {":x": n(1)})
    return aws.get("new")


@CHAPTER.case(_REFERENCE, {"keep": s("by newer code"), "v": n(2)})
def attributes_that_are_not_named_stay(aws: Subject) -> Any:
    aws.put("a", v=n(1), keep=s("by newer code"))
    aws.update("a", "SET v = :x", {":x": n(2)})
    return aws.get("a")


@CHAPTER.case("API Reference, PutItem: replaces the whole item", {"w": n(2)})
def a_put_replaces_the_whole_item(aws: Subject) -> Any:
    aws.put("a", v=n(1))
    aws.put("a", w=n(2))
    return aws.get("a")


def _returned(aws: Subject, wanted: str) -> Any:
    aws.put("a", v=n(1), w=n(1))
    return aws.update("a", "SET v = :x", {":x": n(2)}, ReturnValues=wanted).get("Attributes")


for _wanted, _attributes in (
    ("NONE", None),
    ("ALL_OLD", {**key("a"), "v": n(1), "w": n(1)}),
    ("ALL_NEW", {**key("a"), "v": n(2), "w": n(1)}),
    ("UPDATED_OLD", {"v": n(1)}),
    ("UPDATED_NEW", {"v": n(2)}),
):
    CHAPTER.add(f"returns {_wanted}", _REFERENCE, partial(_returned, wanted=_wanted), _attributes)


@CHAPTER.case("API Reference, DeleteItem: ReturnValues", [{**key("a"), "v": n(1)}, None])
def a_delete_returns_what_was_there(aws: Subject) -> Any:
    aws.put("a", v=n(1))
    request = {"TableName": aws.table, "Key": key("a"), "ReturnValues": "ALL_OLD"}
    return [aws.db.delete_item(**request).get("Attributes") for _ in range(2)]


@CHAPTER.case("API Reference, PutItem: ReturnValues", VALIDATION)
def a_put_cannot_return_the_new_item(aws: Subject) -> Any:
    return answer(lambda: aws.db.put_item(TableName=aws.table, Item=key("a"), ReturnValues="ALL_NEW"))

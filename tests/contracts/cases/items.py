"""Values, keys and sizes: what can be stored, and the form in which it comes back."""

from functools import partial
from typing import Any

from tests.contracts.case import ACCEPTED, VALIDATION, Chapter, answer
from tests.contracts.subject import Item, Subject, key, n, s

CHAPTER = Chapter("item")
_NUMBERS = "Developer Guide, Supported data types and naming rules: number"
_TYPES = "Developer Guide, Supported data types and naming rules"
_SIZES = "Developer Guide, DynamoDB item sizes and formats"
_KEYS = "Developer Guide, Quotas: partition key and sort key length"
_LIMIT = 400 * 1024


def _stored(name: str, value: dict[str, Any], expected: Any, source: str = _TYPES) -> None:
    """Expected is the value as it is read back, or the code of the refusal."""

    def observe(aws: Subject) -> Any:
        code = answer(lambda: aws.put("a", a=value))
        return (aws.get("a") or {}).get("a") if code == ACCEPTED else code

    CHAPTER.add(name, source, observe, expected)


def _nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = s("bottom")
    for _ in range(levels):
        value = {"L": [value]}
    return value


_stored("38 digits", n("1" * 38), n("1" * 38), _NUMBERS)
_stored("39 digits", n("1" * 39), VALIDATION, _NUMBERS)
_stored("a fraction without its zeros", n("1.50"), n("1.5"), _NUMBERS)
_stored("a number with an exponent", n("1E+3"), n("1000"), _NUMBERS)
_stored("leading zeros", n("007"), n("7"), _NUMBERS)
_stored("a number too large", n("1E+126"), VALIDATION, _NUMBERS)
_stored("a number too small", n("1E-131"), VALIDATION, _NUMBERS)
_stored("no number at all", n("one"), VALIDATION, _NUMBERS)
_stored("an empty number", n(""), VALIDATION, _NUMBERS)
_stored("an empty text", s(""), s(""))
_stored("an empty binary", {"B": b""}, {"B": b""})
_stored("binary bytes", {"B": bytes(range(256))}, {"B": bytes(range(256))})
_stored("a text beyond ASCII", s("Größe \U0001f680"), s("Größe \U0001f680"))
_stored("null", {"NULL": True}, {"NULL": True})
_stored("an empty map and list", {"M": {"l": {"L": []}}}, {"M": {"l": {"L": []}}})
_stored("an empty set", {"SS": []}, VALIDATION)
_stored("a set with a member twice", {"SS": ["a", "a"]}, VALIDATION)
_stored("a value of two types", {"S": "a", "N": "1"}, VALIDATION)
_stored("a value of no type", {}, VALIDATION)
_stored("33 levels of nesting", _nested(33), VALIDATION, "Developer Guide, Quotas: nested attribute depth")
_stored("31 levels of nesting", _nested(31), _nested(31), "Developer Guide, Quotas: nested attribute depth")


def _refused_item(name: str, item: Item, expected: str, source: str = _KEYS) -> None:
    CHAPTER.add(name, source, lambda aws: answer(lambda: aws.db.put_item(TableName=aws.table, Item=item)), expected)


_refused_item("no sort key", {"pk": s("a")}, VALIDATION)
_refused_item("a key of the wrong type", {"pk": n(1), "sk": s("x")}, VALIDATION)
_refused_item("an empty partition key", key(""), VALIDATION)
_refused_item("an empty sort key", key("a", ""), VALIDATION)
_refused_item("a partition key of 2048 bytes", key("k" * 2048), ACCEPTED)
_refused_item("a partition key of 2049 bytes", key("k" * 2049), VALIDATION)
_refused_item("a sort key of 1024 bytes", key("a", "k" * 1024), ACCEPTED)
_refused_item("a sort key of 1025 bytes", key("a", "k" * 1025), VALIDATION)
_refused_item("keys count bytes, not characters", key("é" * 1025), VALIDATION)
_refused_item("an index key of the wrong type", {**key("a"), "bucket_no": s("1"), "due": n(1)}, VALIDATION)
_refused_item("an index sort key of the wrong type", {**key("a"), "bucket_no": n(1), "due": s("1")}, VALIDATION)
_refused_item("an empty index key", {**key("a"), "label": s("")}, VALIDATION)
_refused_item("only one index key", {**key("a"), "bucket_no": n(1)}, ACCEPTED)


def _filler(total: int, item: Item) -> dict[str, Any]:
    """A text `t` that brings an item to exactly `total` bytes."""
    overhead = sum(len(name) + len(value["S"]) for name, value in item.items()) + len("t")
    return s("x" * (total - overhead))


@CHAPTER.case(_SIZES, [ACCEPTED, VALIDATION])
def an_item_may_have_400_kb_with_its_names(aws: Subject) -> Any:
    return [answer(partial(aws.put, "a", t=_filler(size, key("a")))) for size in (_LIMIT, _LIMIT + 1)]


@CHAPTER.case(_SIZES, [VALIDATION, {"v": n(1)}])
def an_update_that_makes_the_item_too_large(aws: Subject) -> Any:
    aws.put("a", v=n(1))
    return [answer(lambda: aws.update("a", "SET t = :t", {":t": s("x" * _LIMIT)})), aws.get("a")]


@CHAPTER.case("API Reference, UpdateItem: index keys", VALIDATION)
def an_update_to_an_index_key_of_the_wrong_type(aws: Subject) -> Any:
    aws.put("a")
    return answer(lambda: aws.update("a", "SET due = :x", {":x": s("1")}))


@CHAPTER.case("API Reference, GetItem: Key", VALIDATION)
def a_read_with_half_a_key(aws: Subject) -> Any:
    return answer(lambda: aws.db.get_item(TableName=aws.table, Key={"pk": s("a")}))


@CHAPTER.case("API Reference, GetItem: Key", VALIDATION)
def a_read_with_more_than_a_key(aws: Subject) -> Any:
    return answer(lambda: aws.db.get_item(TableName=aws.table, Key={**key("a"), "v": n(1)}))


@CHAPTER.case("API Reference, GetItem: if there is no matching item", False)
def a_read_of_nothing_has_no_item(aws: Subject) -> Any:
    return "Item" in aws.db.get_item(TableName=aws.table, Key=key("a"))


@CHAPTER.case("API Reference, DeleteItem: idempotent", ACCEPTED)
def a_delete_of_nothing_succeeds(aws: Subject) -> Any:
    return answer(lambda: aws.db.delete_item(TableName=aws.table, Key=key("never")))


@CHAPTER.case("API Reference, GetItem: errors", "ResourceNotFoundException")
def a_table_that_does_not_exist(aws: Subject) -> Any:
    return answer(lambda: aws.db.get_item(TableName="no-such-table", Key=key("a")))


@CHAPTER.case("API Reference, GetItem: ProjectionExpression", {"v": n(1)})
def a_projection_returns_what_it_names(aws: Subject) -> Any:
    aws.put("a", v=n(1), w=n(2))
    return aws.db.get_item(TableName=aws.table, Key=key("a"), ProjectionExpression="v").get("Item")


@CHAPTER.case("API Reference, BatchGetItem", [["a", "b"], {}])
def a_batch_read_leaves_out_what_is_not_there(aws: Subject) -> Any:
    for pk in "ab":
        aws.put(pk)
    wanted = {aws.table: {"Keys": [key(pk) for pk in "abc"], "ConsistentRead": True}}
    reply = aws.db.batch_get_item(RequestItems=wanted)
    return [sorted(item["pk"]["S"] for item in reply["Responses"][aws.table]), reply["UnprocessedKeys"]]


@CHAPTER.case("API Reference, BatchGetItem: errors", VALIDATION)
def a_batch_read_of_one_key_twice(aws: Subject) -> Any:
    wanted = {aws.table: {"Keys": [key("a"), key("a")]}}
    return answer(lambda: aws.db.batch_get_item(RequestItems=wanted))


@CHAPTER.case("API Reference, BatchGetItem: errors", VALIDATION)
def a_batch_read_of_101_keys(aws: Subject) -> Any:
    wanted = {aws.table: {"Keys": [key(f"k{position}") for position in range(101)]}}
    return answer(lambda: aws.db.batch_get_item(RequestItems=wanted))


@CHAPTER.case("API Reference, BatchGetItem", [[], {}])
def a_batch_read_of_nothing_answers_for_the_table(aws: Subject) -> Any:
    reply = aws.db.batch_get_item(RequestItems={aws.table: {"Keys": [key("a")]}})
    return [reply["Responses"][aws.table], reply["UnprocessedKeys"]]

"""The table's stream, and what time to live does to it."""

from itertools import pairwise
from typing import Any

from tests.contracts.case import Chapter, answer
from tests.contracts.subject import Subject, eventually, key, n, s

CHAPTER = Chapter("stream")
_STREAM = "Developer Guide, Change data capture for DynamoDB Streams"
_NO_CHANGE = (
    "Developer Guide, Change data capture for DynamoDB Streams: an operation that changes no data writes no record"
)
_TTL = "Developer Guide, Using time to live (TTL) in DynamoDB"
_TTL_STREAM = "Developer Guide, DynamoDB Streams and Time to Live"
_FIVE_YEARS = 5 * 365 * 86_400


def _records(aws: Subject, count: int) -> list[dict[str, Any]]:
    return list(eventually(aws.stream, lambda found: len(found) >= count))


def _events(aws: Subject, count: int) -> list[str]:
    return [record["event"] for record in _records(aws, count)]


@CHAPTER.case(_STREAM, ["INSERT", "MODIFY", "REMOVE"])
def each_change_is_one_record(aws: Subject) -> Any:
    aws.put("a", v=n(1))
    aws.put("a", v=n(2))
    aws.db.delete_item(TableName=aws.table, Key=key("a"))
    return _events(aws, 3)


@CHAPTER.case(_STREAM, [[None, n(1)], [n(1), n(2)], [n(2), None]])
def records_hold_the_images_before_and_after(aws: Subject) -> Any:
    aws.put("a", v=n(1))
    aws.update("a", "SET v = :v", {":v": n(2)})
    aws.db.delete_item(TableName=aws.table, Key=key("a"))
    return [[(record[image] or {}).get("v") for image in ("old", "new")] for record in _records(aws, 3)]


@CHAPTER.case(_STREAM, [s("1"), s("2")])
def images_are_of_their_moment(aws: Subject) -> Any:
    aws.put("a", m={"M": {"b": s("1")}})
    aws.update("a", "SET m.b = :b", {":b": s("2")})
    return [record["new"]["m"]["M"]["b"] for record in _records(aws, 2)]


@CHAPTER.case(_STREAM, key("a"))
def a_record_names_the_key(aws: Subject) -> Any:
    aws.put("a", v=n(1))
    return _records(aws, 1)[0]["keys"]


@CHAPTER.case(_STREAM, {**key("a"), "raw": {"B": b"\x00\xff"}})
def images_keep_binary_values(aws: Subject) -> Any:
    aws.put("a", raw={"B": b"\x00\xff"})
    return _records(aws, 1)[0]["new"]


@CHAPTER.case(_STREAM, True)
def sequence_numbers_rise(aws: Subject) -> Any:
    for number in range(5):
        aws.put("a", v=n(number))
    found = [record["sequence"] for record in _records(aws, 5)]
    return len(found) == 5 and all(one < other for one, other in pairwise(found))


@CHAPTER.case(_NO_CHANGE, ["INSERT"])
def an_identical_put_writes_no_record(aws: Subject) -> Any:
    aws.put("a", v=n(1))
    aws.put("a", v=n(1))
    return _events(aws, 1)


@CHAPTER.case(_NO_CHANGE, ["INSERT"])
def an_update_to_the_same_value_writes_no_record(aws: Subject) -> Any:
    aws.put("a", v=n(1))
    aws.update("a", "SET v = :v", {":v": n(1)})
    return _events(aws, 1)


@CHAPTER.case(_NO_CHANGE, ["INSERT"])
def a_delete_of_nothing_writes_no_record(aws: Subject) -> Any:
    aws.db.delete_item(TableName=aws.table, Key=key("never"))
    aws.put("a")
    return _events(aws, 1)


@CHAPTER.case(_STREAM, ["INSERT"])
def an_update_that_creates_is_one_insert(aws: Subject) -> Any:
    aws.update("a", "ADD v :v", {":v": n(1)})
    return _events(aws, 1)


@CHAPTER.case(_STREAM, ["INSERT"])
def a_refused_write_writes_no_record(aws: Subject) -> Any:
    aws.put("a")
    answer(lambda: aws.put_if("a", "attribute_not_exists(pk)", more={"v": n(1)}))
    return _events(aws, 1)


@CHAPTER.case(_STREAM, ["INSERT"])
def a_cancelled_transaction_writes_no_record(aws: Subject) -> Any:
    aws.put("a")
    refused = {"Put": {"Item": key("a"), "ConditionExpression": "attribute_not_exists(pk)"}}
    answer(lambda: aws.transact({"Put": {"Item": key("b")}}, refused))
    return _events(aws, 1)


@CHAPTER.case(_STREAM, [["a", "INSERT"], ["b", "INSERT"], ["c", "REMOVE"]])
def a_transaction_writes_a_record_for_each_item(aws: Subject) -> Any:
    aws.put("c")
    aws.transact({"Put": {"Item": key("a")}}, {"Put": {"Item": key("b")}}, {"Delete": {"Key": key("c")}})
    return sorted([record["keys"]["pk"]["S"], record["event"]] for record in _records(aws, 4)[1:])


@CHAPTER.case(_NO_CHANGE, ["INSERT"])
def a_condition_check_writes_no_record(aws: Subject) -> Any:
    aws.put("a")
    check = {"ConditionCheck": {"Key": key("a"), "ConditionExpression": "attribute_exists(pk)"}}
    aws.transact(check, {"Delete": {"Key": key("never")}})
    return _events(aws, 1)


@CHAPTER.case(_TTL_STREAM, [["INSERT", False], ["REMOVE", True]])
def a_deletion_by_time_to_live_says_who_did_it(aws: Subject) -> Any:
    aws.put("a", expires=n(aws.now() - 10))
    aws.expire()
    return [[record["event"], record["by_ttl"]] for record in _records(aws, 2)]


@CHAPTER.case(_TTL_STREAM, [["INSERT", False], ["REMOVE", False]])
def a_deletion_by_a_caller_does_not(aws: Subject) -> Any:
    aws.put("a", expires=n(aws.now() - 10))
    aws.db.delete_item(TableName=aws.table, Key=key("a"))
    return [[record["event"], record["by_ttl"]] for record in _records(aws, 2)]


def _outlives(name: str, value_of: Any) -> None:
    def observe(aws: Subject) -> Any:
        value = value_of(aws)
        aws.put("a", **({} if value is None else {"expires": value}))
        aws.expire()
        return aws.get("a") is not None

    CHAPTER.add(name, _TTL, observe, True)


_outlives("what expires later stays", lambda aws: n(aws.now() + 1000))
_outlives("what has no expiry stays", lambda _: None)
_outlives("a text is no expiry", lambda aws: s(str(aws.now() - 10)))
_outlives("what expired over five years ago stays", lambda aws: n(aws.now() - _FIVE_YEARS - 86_400 * 3))
_outlives("milliseconds are read as seconds far ahead", lambda aws: n(aws.now() * 1000))


@CHAPTER.case(_TTL, {"expires": n(1_000_000_000), "v": n(1)})
def what_has_expired_can_be_read_until_it_is_deleted(aws: Subject) -> Any:
    aws.put("a", expires=n(1_000_000_000), v=n(1))
    return aws.get("a")

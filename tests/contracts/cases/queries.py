"""Queries, scans and indexes: order, pages, sparseness, projection."""

from typing import Any

from tests.contracts.case import VALIDATION, Chapter, answer
from tests.contracts.subject import Item, Subject, eventually, key, n, s

CHAPTER = Chapter("query")
_QUERY = "API Reference, Query"
_KEYS = "Developer Guide, Key condition expressions for the Query operation"
_INDEX = "Developer Guide, Using Global Secondary Indexes in DynamoDB"
_SPARSE = "Developer Guide, Take advantage of sparse indexes"
_PAGES = "Developer Guide, Paginating table query results"


def _due(aws: Subject, count: int, now: int = 1000, **parameters: Any) -> list[str]:
    """Keys in the index `deadlines`, waited for until there are `count`."""
    values = {":b": n(1), ":now": n(now)}

    def read() -> list[str]:
        found = aws.query("bucket_no = :b AND due <= :now", values, IndexName="deadlines", **parameters)["Items"]
        return [item["pk"]["S"] for item in found]

    return list(eventually(read, lambda found: len(found) == count))


def _three_due(aws: Subject) -> None:
    for pk, due in (("b", 10), ("c", 200), ("a", 9)):
        aws.put(pk, bucket_no=n(1), due=n(due), v=s("not projected"))


@CHAPTER.case(_INDEX, ["a", "b", "c"])
def an_index_sorts_numbers_by_value(aws: Subject) -> Any:
    _three_due(aws)
    return _due(aws, 3)


@CHAPTER.case(_INDEX, ["a", "b"])
def a_range_condition_includes_its_bound(aws: Subject) -> Any:
    _three_due(aws)
    _due(aws, 3)
    return _due(aws, 2, now=10)


@CHAPTER.case(_INDEX, ["c", "b", "a"])
def an_index_reads_backwards(aws: Subject) -> Any:
    _three_due(aws)
    return _due(aws, 3, ScanIndexForward=False)


@CHAPTER.case("Developer Guide, GSI attribute projections: KEYS_ONLY", ["bucket_no", "due", "pk", "sk"])
def a_keys_only_index_holds_keys_only(aws: Subject) -> Any:
    _three_due(aws)
    _due(aws, 3)
    return sorted(aws.query("bucket_no = :b", {":b": n(1)}, IndexName="deadlines")["Items"][0])


@CHAPTER.case("Developer Guide, GSI attribute projections: ALL", {**key("a"), "label": s("l"), "v": n(1)})
def an_index_of_all_holds_all(aws: Subject) -> Any:
    aws.put("a", label=s("l"), v=n(1))
    read = eventually(lambda: aws.query("label = :l", {":l": s("l")}, IndexName="labels")["Items"], bool)
    return read[0]


@CHAPTER.case(_SPARSE, ["both"])
def an_item_without_an_index_key_is_not_in_the_index(aws: Subject) -> Any:
    aws.put("neither")
    aws.put("one", bucket_no=n(1))
    aws.put("other", due=n(1))
    aws.put("both", bucket_no=n(1), due=n(1))
    return _due(aws, 1)


@CHAPTER.case(_SPARSE, [["a"], []])
def an_item_leaves_the_index_with_its_key_attribute(aws: Subject) -> Any:
    aws.put("a", bucket_no=n(1), due=n(1))
    before = _due(aws, 1)
    aws.update("a", "REMOVE due")
    return [before, _due(aws, 0)]


@CHAPTER.case(_SPARSE, [["a"], []])
def an_item_leaves_the_index_when_it_is_deleted(aws: Subject) -> Any:
    aws.put("a", bucket_no=n(1), due=n(1))
    before = _due(aws, 1)
    aws.db.delete_item(TableName=aws.table, Key=key("a"))
    return [before, _due(aws, 0)]


@CHAPTER.case(_INDEX, [["a"], [], ["a"]])
def an_item_moves_in_the_index(aws: Subject) -> Any:
    aws.put("a", bucket_no=n(1), due=n(5))
    before = _due(aws, 1, now=5)
    aws.update("a", "SET due = :d", {":d": n(50)})
    return [before, _due(aws, 0, now=5), _due(aws, 1, now=50)]


@CHAPTER.case(_INDEX, ["a", "b"])
def index_keys_need_not_be_unique(aws: Subject) -> Any:
    for pk in ("a", "b"):
        aws.put(pk, bucket_no=n(1), due=n(1))
    return sorted(_due(aws, 2))


@CHAPTER.case("API Reference, Query: ConsistentRead", VALIDATION)
def an_index_reads_no_consistently(aws: Subject) -> Any:
    return answer(lambda: aws.query("bucket_no = :b", {":b": n(1)}, IndexName="deadlines", ConsistentRead=True))


@CHAPTER.case(_INDEX, VALIDATION)
def an_index_that_does_not_exist(aws: Subject) -> Any:
    return answer(lambda: aws.query("bucket_no = :b", {":b": n(1)}, IndexName="none"))


@CHAPTER.case("API Reference, Query: Select", VALIDATION)
def all_attributes_of_a_keys_only_index(aws: Subject) -> Any:
    return answer(lambda: aws.query("bucket_no = :b", {":b": n(1)}, IndexName="deadlines", Select="ALL_ATTRIBUTES"))


@CHAPTER.case(_PAGES, [["a"], ["b"], ["c"]])
def pages_of_an_index_follow_one_another(aws: Subject) -> Any:
    _three_due(aws)
    _due(aws, 3)
    pages: list[list[str]] = []
    start: dict[str, Any] = {}
    while len(pages) < 9:
        page = aws.query("bucket_no = :b", {":b": n(1)}, IndexName="deadlines", Limit=1, **start)
        if page["Items"]:
            pages.append([item["pk"]["S"] for item in page["Items"]])
        if "LastEvaluatedKey" not in page:
            return pages
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    return pages


@CHAPTER.case(_PAGES, {**key("a"), "bucket_no": n(1), "due": n(9)})
def a_page_of_an_index_ends_with_both_keys(aws: Subject) -> Any:
    _three_due(aws)
    _due(aws, 3)
    return aws.query("bucket_no = :b", {":b": n(1)}, IndexName="deadlines", Limit=1)["LastEvaluatedKey"]


@CHAPTER.case(_PAGES, ["b", "c"])
def a_page_goes_on_though_its_start_has_left_the_index(aws: Subject) -> Any:
    _three_due(aws)
    _due(aws, 3)
    start = aws.query("bucket_no = :b", {":b": n(1)}, IndexName="deadlines", Limit=1)["LastEvaluatedKey"]
    aws.update("a", "REMOVE due")
    _due(aws, 2)
    found = aws.query("bucket_no = :b", {":b": n(1)}, IndexName="deadlines", ExclusiveStartKey=start)["Items"]
    return [item["pk"]["S"] for item in found]


def _sorts(aws: Subject, condition: str, values: Item, **parameters: Any) -> Any:
    for sk in ("a1", "a2", "b1", "é"):
        aws.put("p", sk)
    aws.put("other", "a1")
    values = {":p": s("p"), **values}
    return [item["sk"]["S"] for item in aws.query(condition, values, ConsistentRead=True, **parameters)["Items"]]


def _sorted(name: str, condition: str, values: Item, expected: Any, **parameters: Any) -> None:
    CHAPTER.add(name, _KEYS, lambda aws: _sorts(aws, condition, values, **parameters), expected)


_sorted("a partition in order of its sort key", "pk = :p", {}, ["a1", "a2", "b1", "é"])
_sorted("a partition backwards", "pk = :p", {}, ["é", "b1", "a2", "a1"], ScanIndexForward=False)
_sorted("one item", "pk = :p AND sk = :s", {":s": s("a2")}, ["a2"])
_sorted("less", "pk = :p AND sk < :s", {":s": s("a2")}, ["a1"])
_sorted("at least", "pk = :p AND sk >= :s", {":s": s("b1")}, ["b1", "é"])
_sorted("between", "pk = :p AND sk BETWEEN :s AND :t", {":s": s("a2"), ":t": s("b1")}, ["a2", "b1"])
_sorted("begins with", "pk = :p AND begins_with(sk, :s)", {":s": s("a")}, ["a1", "a2"])
_sorted("the sort key first", "sk = :s AND pk = :p", {":s": s("a2")}, ["a2"])


def _refused(name: str, condition: str, values: Item, source: str = _KEYS, **parameters: Any) -> None:
    CHAPTER.add(name, source, lambda aws: answer(lambda: aws.query(condition, values, **parameters)), VALIDATION)


_refused("no partition key", "sk = :s", {":s": s("a")})
_refused("a range of partition keys", "pk > :p", {":p": s("a")})
_refused("or", "pk = :p OR sk = :p", {":p": s("a")})
_refused("an attribute that is no key", "pk = :p AND v = :p", {":p": s("a")})
_refused("a key value of the wrong type", "pk = :p", {":p": n(1)})
_refused("an unequal sort key", "pk = :p AND sk <> :s", {":p": s("a"), ":s": s("a")})
_refused("a key in the filter", "pk = :p", {":p": s("a"), ":s": s("a")}, FilterExpression="sk = :s")
_refused("an unused value", "pk = :p", {":p": s("a"), ":q": s("a")})
_refused("a start that is no key", "pk = :p", {":p": s("a")}, _PAGES, ExclusiveStartKey={"pk": s("a")})
_refused("a limit of nothing", "pk = :p", {":p": s("a")}, _QUERY, Limit=0)


@CHAPTER.case("Developer Guide, Filter expressions for the Query operation", [["2"], 1, 3])
def a_filter_comes_after_the_read(aws: Subject) -> Any:
    for number in range(3):
        aws.put("p", str(number), v=n(number))
    reply = aws.query("pk = :p", {":p": s("p"), ":v": n(2)}, FilterExpression="v = :v", ConsistentRead=True)
    return [[item["sk"]["S"] for item in reply["Items"]], reply["Count"], reply["ScannedCount"]]


@CHAPTER.case("Developer Guide, Filter expressions for the Query operation", [0, 1, True])
def a_page_can_be_empty_and_not_the_last(aws: Subject) -> Any:
    for number in range(3):
        aws.put("p", str(number), v=n(number))
    values = {":p": s("p"), ":v": n(2)}
    reply = aws.query("pk = :p", values, FilterExpression="v = :v", Limit=1, ConsistentRead=True)
    return [reply["Count"], reply["ScannedCount"], "LastEvaluatedKey" in reply]


@CHAPTER.case(_PAGES, [True, True, ["0", "1", "2", "3"]])
def a_page_has_at_most_a_megabyte(aws: Subject) -> Any:
    for number in range(4):
        aws.put("p", str(number), filler=s("x" * 390_000))
    first = aws.query("pk = :p", {":p": s("p")}, ConsistentRead=True)
    found, page = [item["sk"]["S"] for item in first["Items"]], first
    while "LastEvaluatedKey" in page and len(found) < 9:
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
        page = aws.query("pk = :p", {":p": s("p")}, ConsistentRead=True, **start)
        found += [item["sk"]["S"] for item in page["Items"]]
    return ["LastEvaluatedKey" in first, 0 < len(first["Items"]) < 4, found]


@CHAPTER.case("API Reference, Query: Select", [2, False])
def a_count_has_no_items(aws: Subject) -> Any:
    for sk in ("a", "b"):
        aws.put("p", sk)
    reply = aws.query("pk = :p", {":p": s("p")}, Select="COUNT", ConsistentRead=True)
    return [reply["Count"], "Items" in reply]


@CHAPTER.case("API Reference, Query", [0, False])
def a_query_for_nothing(aws: Subject) -> Any:
    reply = aws.query("pk = :p", {":p": s("p")}, ConsistentRead=True)
    return [reply["Count"], "LastEvaluatedKey" in reply]


@CHAPTER.case("API Reference, Scan", ["a", "b", "c"])
def a_scan_by_pages_meets_every_item_once(aws: Subject) -> Any:
    for pk in ("a", "b", "c"):
        aws.put(pk)
    found: list[str] = []
    start: dict[str, Any] = {}
    while len(found) < 9:
        page = aws.db.scan(TableName=aws.table, Limit=1, ConsistentRead=True, **start)
        found += [item["pk"]["S"] for item in page["Items"]]
        if "LastEvaluatedKey" not in page:
            break
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    return sorted(found)


@CHAPTER.case("API Reference, Scan: FilterExpression", ["b"])
def a_scan_may_filter_by_key(aws: Subject) -> Any:
    aws.put("a", "x")
    aws.put("b", "y")
    values = {":s": s("y")}
    page = aws.db.scan(TableName=aws.table, FilterExpression="sk = :s", ExpressionAttributeValues=values)
    return [item["pk"]["S"] for item in page["Items"]]

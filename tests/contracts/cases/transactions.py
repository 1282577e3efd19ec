"""TransactWriteItems: all or nothing, reasons by position, tokens."""

import uuid
from typing import Any

from botocore.exceptions import ClientError

from tests.contracts.case import ACCEPTED, VALIDATION, Chapter, answer, refusal
from tests.contracts.subject import Subject, key, n, s

CHAPTER = Chapter("transaction")
_REFERENCE = "API Reference, TransactWriteItems"
_REASONS = "API Reference, TransactWriteItems: TransactionCanceledException"
_TOKEN = "API Reference, TransactWriteItems: ClientRequestToken"
_CANCELLED = "TransactionCanceledException"
Action = dict[str, Any]


def _create(pk: str, *, all_old: bool = False) -> Action:
    wanted = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"} if all_old else {}
    return {"Put": {"Item": {**key(pk), "v": n(1)}, "ConditionExpression": "attribute_not_exists(pk)", **wanted}}


def _count(pk: str, change: int = 1, limit: int | None = None) -> Action:
    update: dict[str, Any] = {
        "Key": key(pk),
        "UpdateExpression": "ADD n :change",
        "ExpressionAttributeValues": {":change": n(change)},
    }
    if limit is not None:
        update["ConditionExpression"] = "attribute_not_exists(n) OR n < :limit"
        update["ExpressionAttributeValues"][":limit"] = n(limit)
    return {"Update": update}


def _update(pk: str, expression: str, **values: Any) -> Action:
    bound = {f":{name}": value for name, value in values.items()}
    return {"Update": {"Key": key(pk), "UpdateExpression": expression, "ExpressionAttributeValues": bound}}


def _codes(call: Any) -> list[str]:
    try:
        call()
    except ClientError as error:
        reasons = error.response.get("CancellationReasons")
        return [str(error.response["Error"]["Code"])] if reasons is None else [str(each["Code"]) for each in reasons]
    return [ACCEPTED]


@CHAPTER.case(_REFERENCE, [{"v": n(1)}, {"n": n(1)}, None])
def all_actions_take_effect(aws: Subject) -> Any:
    aws.put("old")
    check = {"ConditionCheck": {"Key": key("old", "none"), "ConditionExpression": "attribute_not_exists(pk)"}}
    aws.transact(_create("a"), _count("c", limit=1), {"Delete": {"Key": key("old")}}, check)
    return [aws.get("a"), aws.get("c"), aws.get("old")]


@CHAPTER.case(_REFERENCE, [_CANCELLED, None, {"n": n(1)}])
def one_false_condition_undoes_all(aws: Subject) -> Any:
    aws.put("c", n=n(1))
    code = answer(lambda: aws.transact(_create("a"), _count("c", limit=1)))
    return [code, aws.get("a"), aws.get("c")]


@CHAPTER.case(_REASONS, ["None", "ConditionalCheckFailed"])
def reasons_are_by_position_the_second(aws: Subject) -> Any:
    aws.put("c", n=n(1))
    return _codes(lambda: aws.transact(_create("a"), _count("c", limit=1)))


@CHAPTER.case(_REASONS, ["ConditionalCheckFailed", "None"])
def reasons_are_by_position_the_first(aws: Subject) -> Any:
    aws.put("a")
    return _codes(lambda: aws.transact(_create("a"), _count("c", limit=1)))


@CHAPTER.case(_REASONS, ["ConditionalCheckFailed", "ConditionalCheckFailed"])
def every_false_condition_has_its_reason(aws: Subject) -> Any:
    aws.put("a")
    aws.put("c", n=n(5))
    return _codes(lambda: aws.transact(_create("a"), _count("c", limit=5)))


@CHAPTER.case(_REASONS, [{**key("a"), "v": n(7)}, False])
def a_reason_carries_the_stored_item_on_demand(aws: Subject) -> Any:
    aws.put("a", v=n(7))
    aws.put("c", n=n(5))
    reasons = refusal(lambda: aws.transact(_create("a", all_old=True), _count("c", limit=5)))["CancellationReasons"]
    return [reasons[0].get("Item"), "Item" in reasons[1]]


@CHAPTER.case(_REASONS, [["Code"], ["Code", "Message"]])
def a_reason_has_a_message_where_something_failed(aws: Subject) -> Any:
    aws.put("c", n=n(1))
    response = refusal(lambda: aws.transact(_create("a"), _count("c", limit=1)))
    return [sorted(reason) for reason in response["CancellationReasons"]]


@CHAPTER.case(_REASONS, True)
def the_message_lists_the_reasons(aws: Subject) -> Any:
    aws.put("c", n=n(1))
    response = refusal(lambda: aws.transact(_create("a"), _count("c", limit=1)))
    return response["Error"]["Message"].endswith("[None, ConditionalCheckFailed]")


@CHAPTER.case(_REASONS, 400)
def a_cancellation_is_no_server_error(aws: Subject) -> Any:
    aws.put("a")
    return refusal(lambda: aws.transact(_create("a")))["ResponseMetadata"]["HTTPStatusCode"]


@CHAPTER.case(_REASONS, [["ConditionalCheckFailed", "None"], None])
def a_condition_check_alone_can_cancel(aws: Subject) -> Any:
    check = {"ConditionCheck": {"Key": key("a"), "ConditionExpression": "attribute_exists(pk)"}}
    return [_codes(lambda: aws.transact(check, _count("c"))), aws.get("c")]


@CHAPTER.case(_REASONS, ["None", "ValidationError"])
def an_update_that_does_not_fit_the_stored_item_is_a_reason(aws: Subject) -> Any:
    aws.put("b", text=s("no number"))
    return _codes(lambda: aws.transact(_create("a"), _update("b", "SET v = absent + :x", x=n(1))))


@CHAPTER.case(_REASONS, [["None", "ValidationError"], None])
def an_update_that_grows_too_large_is_a_reason(aws: Subject) -> Any:
    aws.put("b", half=s("x" * 300_000))
    codes = _codes(lambda: aws.transact(_create("a"), _update("b", "SET second_half = :x", x=s("x" * 200_000))))
    return [codes, aws.get("a")]


@CHAPTER.case(_REFERENCE, VALIDATION)
def two_actions_on_one_item(aws: Subject) -> Any:
    return answer(lambda: aws.transact(_create("a"), _count("a")))


@CHAPTER.case(_REFERENCE, VALIDATION)
def a_check_and_a_write_of_one_item(aws: Subject) -> Any:
    check = {"ConditionCheck": {"Key": key("a"), "ConditionExpression": "attribute_not_exists(pk)"}}
    return answer(lambda: aws.transact(check, _count("a")))


@CHAPTER.case(_REFERENCE, ACCEPTED)
def a_hundred_actions(aws: Subject) -> Any:
    return answer(lambda: aws.transact(*(_create(f"k{position}") for position in range(100))))


@CHAPTER.case(_REFERENCE, VALIDATION)
def a_hundred_and_one_actions(aws: Subject) -> Any:
    return answer(lambda: aws.transact(*(_create(f"k{position}") for position in range(101))))


@CHAPTER.case(_REFERENCE, VALIDATION)
def a_malformed_action_refuses_the_call(aws: Subject) -> Any:
    return answer(lambda: aws.transact(_create("a"), _update("b", "SET = :x", x=n(1))))


@CHAPTER.case(_REFERENCE, VALIDATION)
def an_unused_value_refuses_the_call(aws: Subject) -> Any:
    return answer(lambda: aws.transact(_create("a"), _update("b", "SET v = :x", x=n(1), unused=n(1))))


@CHAPTER.case(_REFERENCE, "ResourceNotFoundException")
def a_table_that_does_not_exist(aws: Subject) -> Any:
    action = {"Put": {"TableName": "no-such-table", "Item": key("a")}}
    return answer(lambda: aws.transact(_create("a"), action))


@CHAPTER.case(_REFERENCE, [{"n": n(2)}, {"v": n(1)}])
def an_update_may_set_from_what_it_removes(aws: Subject) -> Any:
    aws.put("a", v=n(1))
    aws.transact(_update("a", "SET n = v + :x REMOVE v", x=n(1)), _create("b"))
    return [aws.get("a"), aws.get("b")]


@CHAPTER.case(_TOKEN, [["accepted", "accepted"], {"n": n(1)}])
def the_same_token_takes_effect_once(aws: Subject) -> Any:
    token = str(uuid.uuid4())
    codes = [answer(lambda: aws.transact(_count("c"), ClientRequestToken=token)) for _ in range(2)]
    return [codes, aws.get("c")]


@CHAPTER.case(_TOKEN, [["accepted", "accepted"], {"v": n(1)}])
def the_same_token_succeeds_though_its_condition_is_false_by_now(aws: Subject) -> Any:
    token = str(uuid.uuid4())
    codes = [answer(lambda: aws.transact(_create("a"), ClientRequestToken=token)) for _ in range(2)]
    return [codes, aws.get("a")]


@CHAPTER.case(_TOKEN, ["IdempotentParameterMismatchException", {"n": n(1)}])
def the_same_token_with_other_content(aws: Subject) -> Any:
    token = str(uuid.uuid4())
    aws.transact(_count("c"), ClientRequestToken=token)
    return [answer(lambda: aws.transact(_count("c", 2), ClientRequestToken=token)), aws.get("c")]


@CHAPTER.case(_TOKEN, [[_CANCELLED, "accepted"], {"v": n(1)}])
def a_cancelled_transaction_does_not_use_its_token_up(aws: Subject) -> Any:
    token = str(uuid.uuid4())
    aws.put("a")
    first = answer(lambda: aws.transact(_create("a"), ClientRequestToken=token))
    aws.db.delete_item(TableName=aws.table, Key=key("a"))
    return [[first, answer(lambda: aws.transact(_create("a"), ClientRequestToken=token))], aws.get("a")]


@CHAPTER.case(_TOKEN, {"n": n(2)})
def without_a_token_each_call_takes_effect(aws: Subject) -> Any:
    for _ in range(2):
        aws.transact(_count("c"))
    return aws.get("c")


@CHAPTER.case(_TOKEN, VALIDATION)
def a_token_of_37_characters(aws: Subject) -> Any:
    return answer(lambda: aws.transact(_count("c"), ClientRequestToken="t" * 37))


@CHAPTER.case(_REFERENCE, {"n": n(-1)})
def a_release_needs_no_counter(aws: Subject) -> Any:
    aws.transact(_create("a"), _count("c", -1))
    return aws.get("c")

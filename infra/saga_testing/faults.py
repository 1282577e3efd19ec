"""What can go wrong at one AWS call, and which calls it can go wrong at."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final
from zlib import crc32

from botocore.exceptions import ReadTimeoutError
from botocore.parsers import ResponseParserError

from saga_testing.aws.errors import passing, reason, throttled, transaction_cancelled, transaction_conflict


class Killed(BaseException):
    """Lambda ended the process here: nothing after this line runs. No `except Exception` may catch it."""


class Fault(StrEnum):
    KILLED_BEFORE = "killed before the call"
    KILLED_AFTER = "killed after the call"
    NOT_APPLIED = "no answer, and not applied"
    THROTTLED = "throttled"
    PASSING_ANSWER = "a code that says nothing of the request"
    NO_ANSWER = "a 200 that is no answer"
    REPLY_LOST = "applied, but the reply was lost"
    SDK_RETRIED = "applied, the reply was lost, and the SDK's own retry met the applied write"
    CONFLICT = "a transaction of somebody else is open on the item"
    COUNTER_CONFLICT = "a transaction of somebody else is open on the counter"
    ENTRY_REFUSED = "the bus refuses one entry of the call for now"


WRITES: Final = frozenset(
    {
        *("put_item", "update_item", "transact_write_items"),
        *("put_object", "send_message", "send_message_batch", "put_events", "invoke"),
    }
)

_SERVICES: Final = {
    "put_object": "s3",
    "get_object": "s3",
    "send_message": "sqs",
    "send_message_batch": "sqs",
    "put_events": "events",
    "invoke": "lambda",
}
"""Whose calls they are, where it is not DynamoDB: each service says "too many requests" in its own way."""

ANSWERS: Final = frozenset({Fault.PASSING_ANSWER, Fault.NO_ANSWER})
"""To their caller they are what no answer at all is: where pairs of faults are played, that one stands for them."""

_EVERYWHERE: Final = (Fault.KILLED_BEFORE, Fault.KILLED_AFTER, Fault.NOT_APPLIED, Fault.THROTTLED, *sorted(ANSWERS))


def possible_at(operation: str) -> tuple[Fault, ...]:
    """Every fault that AWS or the network can produce at this operation."""
    own: tuple[Fault, ...] = ()
    if operation in WRITES:
        own = (Fault.REPLY_LOST, Fault.SDK_RETRIED)
    if operation in {"put_item", "update_item"}:
        own += (Fault.CONFLICT,)
    if operation == "transact_write_items":
        own += (Fault.CONFLICT, Fault.COUNTER_CONFLICT)
    if operation == "put_events":
        own += (Fault.ENTRY_REFUSED,)
    return _EVERYWHERE + own


def inflict(fault: Fault, operation: str, call: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    """Make `call` go wrong as `fault` says."""
    match fault:
        case Fault.KILLED_BEFORE:
            raise Killed
        case Fault.KILLED_AFTER:
            call(**arguments)
            raise Killed
        case Fault.NOT_APPLIED | Fault.THROTTLED | Fault.PASSING_ANSWER | Fault.NO_ANSWER:
            raise _not_carried_out(fault, operation, arguments)
        case Fault.REPLY_LOST:
            call(**arguments)
            raise ReadTimeoutError(endpoint_url="https://aws.invalid")
        case Fault.SDK_RETRIED:
            call(**arguments)
            return call(**arguments)
        case Fault.CONFLICT if operation != "transact_write_items":
            raise transaction_conflict(operation)
        case Fault.CONFLICT | Fault.COUNTER_CONFLICT:
            position = 0 if fault is Fault.CONFLICT else 1
            reasons = [reason() for _ in arguments["TransactItems"]]
            reasons[position] = reason("TransactionConflict")
            raise transaction_cancelled(reasons)
        case Fault.ENTRY_REFUSED:
            return _all_but_first(call, arguments)


def _not_carried_out(fault: Fault, operation: str, arguments: dict[str, Any]) -> Exception:
    service = _SERVICES.get(operation, "dynamodb")
    made: Exception = ReadTimeoutError(endpoint_url="https://aws.invalid")
    match fault:
        case Fault.THROTTLED:
            made = throttled(operation, service=service)
        case Fault.PASSING_ANSWER:
            made = passing(operation, service, crc32(repr(arguments).encode()))
        case Fault.NO_ANSWER:
            made = ResponseParserError("Unable to parse response, invalid JSON")
        case _:
            pass
    return made


def _all_but_first(call: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    """PutEvents accepts entries one by one: here the first is refused and the others get through."""
    others = arguments["Entries"][1:]
    answer: dict[str, Any] = call(Entries=others) if others else {"FailedEntryCount": 0, "Entries": []}
    failed = {"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"}
    return {"FailedEntryCount": answer["FailedEntryCount"] + 1, "Entries": [failed, *answer["Entries"]]}

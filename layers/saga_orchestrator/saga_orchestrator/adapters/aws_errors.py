"""Which of AWS's answers are permanent. One place, so that no caller guesses; whatever is not listed may pass.

An answer taken for permanent by mistake costs an execution its event. One taken for passing by mistake costs repeated
deliveries, which its source bounds by age, and an alarm. So throttles under any name, skewed clocks, credentials, keys,
missing resources and codes that AWS has yet to invent are all tried again: people repair them while the event waits.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from botocore.parsers import ResponseParserError

from saga_orchestrator.domain.errors import RejectedEvent, RejectReason, RetryableError

PERMANENT: Final = {
    "ValidationException": "the request breaks a rule of the API, the size of an item or a batch among them",
    "SerializationException": "the request cannot be read: a value has the wrong type",
    "ItemCollectionSizeLimitExceededException": "no more items fit beside this one (DynamoDB API reference, PutItem)",
    "EntityTooLarge": "larger than S3 takes in one put (S3 error responses)",
    "KeyTooLongError": "longer than a key of S3 may be (S3 error responses)",
    "RequestEntityTooLarge": "the request is larger than the service takes",
    "RequestEntityTooLargeException": "the request is larger than the service takes",
}
"""The same request would be refused each time, whatever anybody repairs: only another release could send another."""

PERMANENT_REASONS: Final = frozenset({"ValidationError", "ItemCollectionSizeLimitExceeded"})
"""The same, as a reason for which a transaction is cancelled (DynamoDB API reference, TransactWriteItems)."""

PERMANENT_ENTRIES: Final = frozenset({"MalformedDetail", "InvalidArgument"})
"""The same, as the answer to one entry of PutEvents (EventBridge API reference, PutEventsResultEntry). What it calls
non-retryable beside these are rights and keys, which people repair."""

_ANSWERS: Final = frozenset(
    {"ConditionalCheckFailedException", "TransactionCanceledException", "TransactionConflictException", "NoSuchKey"}
)
"""No failures: what was asked is answered, and the caller acts on it."""


_NO_ANSWER: Final = (BotoCoreError, ResponseParserError, OSError, RecursionError)
"""No connection, no credentials, no reply, or a reply that is none, such as a bucket's redirect that leads to itself:
botocore follows it as deep as Python goes."""


def code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def cancellation_reasons(error: ClientError) -> list[dict[str, Any]]:
    """One entry per action of the transaction, by position; `Code` is the string `None` for an action that was fine."""
    return list(error.response.get("CancellationReasons", []))


def is_permanent(error: ClientError) -> bool:
    """Whatever code comes with it: a failure of the server, or too many requests, says nothing of the request."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return code_of(error) in PERMANENT and status < 500 and status != 429


def refused_for_good(operation: str, code: str) -> RejectedEvent:
    """AWS's text is left out: it may quote a value of the request."""
    return RejectedEvent(RejectReason.REFUSED_BY_AWS, f"{operation} was refused for good: {code}")


class _Retryable:
    """Turn every failure into `RetryableError`, but for those known to be permanent, which are `RejectedEvent`s.

    AWS's own error stays chained for whoever debugs. Lambda's runtime reports the raised error alone, so AWS's text,
    which names ARNs and keys, gets into no log.
    """

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if error is None:
            return
        if (cause := _passing(error)) is not None:
            raise RetryableError(cause) from error
        if isinstance(error, ClientError) and is_permanent(error):
            raise refused_for_good(error.operation_name, code_of(error)) from error


def _passing(error: BaseException) -> str | None:
    """What failed, where it may pass."""
    if isinstance(error, ClientError):
        if code_of(error) in _ANSWERS or is_permanent(error):
            return None
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return f"{error.operation_name} failed with {code_of(error) or status}"
    if isinstance(error, _NO_ANSWER) and not isinstance(error, ParamValidationError):
        # A lost reply of an applied write is among these: the redelivery finds its own event id. A request that breaks
        # its own shape was never sent.
        return f"no answer from AWS: {type(error).__name__}"
    return None


_RETRYABLE: Final = _Retryable()
"""It holds nothing, so one serves every call and every thread."""


def retryable() -> _Retryable:
    """`with retryable():` around a call of AWS: its failure is `RetryableError` or `RejectedEvent`, or the answer."""
    return _RETRYABLE


@contextmanager
def acknowledging_nothing() -> Iterator[None]:
    """For a call after whose failure nothing may be acknowledged, permanent or not: keeping a rejected event."""
    try:
        with retryable():
            yield
    except (ClientError, ParamValidationError, RejectedEvent) as error:
        why = error.detail if isinstance(error, RejectedEvent) else type(error).__name__
        msg = f"not kept: {code_of(error) if isinstance(error, ClientError) else why}"
        raise RetryableError(msg) from error


def part_of(reply: Any, name: str) -> Any:
    """What an answer must hold.

    Raises:
        RetryableError: it does not: something between AWS and us answered, with a 200 that is no answer.
    """
    try:
        return reply[name]
    except (KeyError, TypeError):
        msg = f"no answer from AWS: {name} is missing in the reply"
        raise RetryableError(msg) from None

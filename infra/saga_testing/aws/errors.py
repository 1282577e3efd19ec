"""AWS errors as botocore raises them: real codes, HTTP status, and the members that callers read.

The makers at the end are for faults that a service shows of itself (throttles, conflicts, outages): a simulator
raises them in the place of a reply.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from botocore.exceptions import ClientError, ParamValidationError

Item = dict[str, Any]

CONDITION_FAILED_MESSAGE: Final = "The conditional request failed"


class Refused(Exception):
    """A call that the service answers with an error; becomes a `ClientError` where the operation's name is known."""

    def __init__(self, code: str, message: str, *, status: int = 400, **members: Any) -> None:
        super().__init__(code, message)
        self.code, self.message, self.status, self.members = code, message, status, members

    def as_client_error(self, operation: str) -> ClientError:
        return client_error(operation, self.code, self.message, status=self.status, **self.members)


class ItemRefused(Refused):
    """Refused because of what is stored: the reason `ValidationError` inside a transaction, not of the whole call."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)


class ConditionFailed(Refused):
    """The condition was false; carries the stored item when the caller asked for it and there is one."""

    def __init__(self, item: Item | None) -> None:
        members: dict[str, Any] = {} if item is None else {"Item": item}
        super().__init__("ConditionalCheckFailedException", CONDITION_FAILED_MESSAGE, **members)


def invalid(message: str) -> Refused:
    return Refused("ValidationException", message)


def client_error(operation: str, code: str, message: str, *, status: int = 400, **members: Any) -> ClientError:
    """`members` stand beside `Error` in the response, where botocore puts those of modelled exceptions."""
    response = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": {}, "RequestId": "simulated", "RetryAttempts": 0},
        **members,
    }
    return ClientError(response, operation)


def check_parameters(request: Mapping[str, Any], required: frozenset[str], known: frozenset[str]) -> None:
    """What botocore says before anything is sent, so that a misspelt parameter is no silent no-op."""
    if required <= request.keys() <= known:
        return
    missing = [f'Missing required parameter in input: "{name}"' for name in sorted(required - request.keys())]
    unknown = [f'Unknown parameter in input: "{name}"' for name in sorted(request.keys() - known)]
    raise ParamValidationError(report="\n".join(missing + unknown))


# ---- faults that a service shows of itself ---------------------------------------------------------------------------


def throttled(operation: str, *, service: str = "dynamodb") -> ClientError:
    """Each service has a code of its own for "too many requests"."""
    code, status = {
        "dynamodb": ("ThrottlingException", 400),
        "s3": ("SlowDown", 503),
        "sqs": ("RequestThrottled", 403),
        "events": ("ThrottlingException", 400),
        "lambda": ("TooManyRequestsException", 429),
    }[service]
    return client_error(operation, code, "Rate exceeded", status=status)


def throughput_exceeded(operation: str) -> ClientError:
    message = "The level of configured provisioned throughput for the table was exceeded"
    return client_error(operation, "ProvisionedThroughputExceededException", message)


def internal_error(operation: str, *, service: str = "dynamodb") -> ClientError:
    code = {
        "dynamodb": "InternalServerError",
        "s3": "InternalError",
        "sqs": "InternalError",
        "events": "InternalException",
        "lambda": "ServiceException",
    }[service]
    return client_error(operation, code, "Internal server error", status=500)


def unavailable(operation: str) -> ClientError:
    return client_error(operation, "ServiceUnavailable", "The service is unavailable", status=503)


PASSING: Final = (
    ("InvalidSignatureException", 403),
    ("RequestTimeTooSkewed", 403),
    ("RequestExpired", 400),
    ("ExpiredTokenException", 400),
    ("UnrecognizedClientException", 400),
    ("AccessDeniedException", 400),
    ("KMSThrottlingException", 400),
    ("TooManyRequestsException", 429),
    ("ValidationException", 429),
    ("ValidationException", 500),
    ("", 502),
    ("ServiceUnavailable", 503),
    ("GatewayTimeout", 504),
    ("", 507),
    ("CodeOfTomorrowException", 400),
)
"""Answers that say nothing of the request: a skewed clock, credentials, keys, the server, and what nobody lists yet."""

_PASSING_ONLY: Final = {
    "s3": (("OperationAborted", 409), ("ConditionalRequestConflict", 409), ("KMS.ThrottlingException", 400)),
    "sqs": (("KMS.ThrottlingException", 400), ("OverLimit", 403)),
}


def passing(operation: str, service: str, number: int) -> ClientError:
    """One of them, the same for the same `number`: the caller draws it."""
    answers = PASSING + _PASSING_ONLY.get(service, ())
    code, status = answers[number % len(answers)]
    return client_error(operation, code, "It may pass", status=status)


def transaction_conflict(operation: str) -> ClientError:
    """A plain write that meets an item of a transaction in progress."""
    return client_error(operation, "TransactionConflictException", "Transaction is ongoing for the item")


def transaction_cancelled(reasons: Sequence[Mapping[str, Any]]) -> ClientError:
    """`reasons` are by position, one for each action: `reason()` makes them."""
    return cancellation(reasons).as_client_error("TransactWriteItems")


def cancellation(reasons: Sequence[Mapping[str, Any]]) -> Refused:
    codes = ", ".join(str(each["Code"]) for each in reasons)
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    return Refused("TransactionCanceledException", message, CancellationReasons=[dict(each) for each in reasons])


_REASON_MESSAGES: Final = {
    "ConditionalCheckFailed": CONDITION_FAILED_MESSAGE,
    "TransactionConflict": "Transaction is ongoing for the item",
    "ThrottlingError": "Throughput exceeds the current capacity of your table or index.",
    "ProvisionedThroughputExceeded": "The level of configured provisioned throughput for the table was exceeded.",
}


def reason(code: str = "None", item: Item | None = None, message: str | None = None) -> dict[str, Any]:
    """One action's part in a cancelled transaction; the code `None` (a string) is an action that was fine."""
    made: dict[str, Any] = {"Code": code}
    if code != "None":
        made["Message"] = message or _REASON_MESSAGES[code]
    if item is not None:
        made["Item"] = item
    return made

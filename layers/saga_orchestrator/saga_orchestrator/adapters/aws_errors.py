"""Which AWS and network errors may pass. One place, so that no caller guesses."""

from types import TracebackType
from typing import Any, Final

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotocoreConnectionError

from saga_orchestrator.domain.errors import RetryableError

RETRYABLE_CODES: Final = frozenset(
    {
        "InternalServerError",
        "InternalFailure",
        "InternalException",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "ThrottlingError",
        "RequestLimitExceeded",
        "RequestThrottled",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "TransactionConflict",
        "TransactionInProgressException",
        "RequestTimeout",
        "OverLimit",
        # Credentials and resources can be repaired while the event waits at its source: never acknowledge here.
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "ResourceNotFoundException",
        "NoSuchBucket",
        "AWS.SimpleQueueService.NonExistentQueue",
        "QueueDoesNotExist",
    }
)


def code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def cancellation_reasons(error: ClientError) -> list[dict[str, Any]]:
    """One entry per action of the transaction, by position; `Code` is the string `None` for an action that was fine."""
    return list(error.response.get("CancellationReasons", []))


class _Retryable:
    """Turn errors whose cause may pass into `RetryableError`; all others come through as they are.

    AWS's own error stays chained for whoever debugs. Lambda's runtime reports the raised error alone, so AWS's text,
    which names ARNs and keys, gets into no log.
    """

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if isinstance(error, ClientError):
            code, status = code_of(error), error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if code in RETRYABLE_CODES or status >= 500:
                msg = f"{error.operation_name} failed with {code or status}"
                raise RetryableError(msg) from error
        if isinstance(error, BotocoreConnectionError | HTTPClientError):
            # A lost reply of an applied write is among these: the redelivery finds its own event id.
            msg = f"no answer from AWS: {type(error).__name__}"
            raise RetryableError(msg) from error


_RETRYABLE: Final = _Retryable()
"""It holds nothing, so one serves every call and every thread."""


def retryable() -> _Retryable:
    """`with retryable():` around a call of AWS."""
    return _RETRYABLE

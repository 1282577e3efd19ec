"""Which errors may pass and which are final, code by code."""

import re
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ReadTimeoutError,
)

from saga_orchestrator.adapters.aws_errors import cancellation_reasons, code_of, retryable
from saga_orchestrator.domain.errors import RetryableError

MAY_PASS = re.findall(
    r"\S+",
    """
    InternalServerError InternalFailure InternalException ServiceUnavailable SlowDown
    Throttling ThrottlingException ThrottlingError RequestLimitExceeded RequestThrottled
    ProvisionedThroughputExceeded ProvisionedThroughputExceededException
    TransactionConflict TransactionInProgressException RequestTimeout OverLimit
    AccessDenied AccessDeniedException ExpiredToken ExpiredTokenException InvalidClientTokenId
    UnrecognizedClientException ResourceNotFoundException NoSuchBucket
    AWS.SimpleQueueService.NonExistentQueue QueueDoesNotExist
    """,
)


def error(code: str | None = None, status: int | None = None, **more: Any) -> ClientError:
    response: dict[str, Any] = dict(more)
    if code is not None:
        response["Error"] = {"Code": code}
    if status is not None:
        response["ResponseMetadata"] = {"HTTPStatusCode": status}
    return ClientError(response, "PutItem")


@pytest.mark.parametrize("code", MAY_PASS)
def test_these_codes_may_pass(code: str) -> None:
    with pytest.raises(RetryableError, match=f"^PutItem failed with {code}$") as passing, retryable():
        raise error(code, 400)

    assert isinstance(passing.value.__cause__, ClientError)


@pytest.mark.parametrize("code", ["ConditionalCheckFailedException", "ValidationException", "", None])
@pytest.mark.parametrize("status", [400, 499, None])
def test_other_codes_come_through_as_they_are(code: str | None, status: int | None) -> None:
    final = error(code, status)

    with pytest.raises(ClientError) as raised, retryable():
        raise final

    assert raised.value is final


@pytest.mark.parametrize("status", [500, 503])
@pytest.mark.parametrize("code", ["Unheard", None])
def test_a_failure_of_the_server_may_pass_whatever_its_code(code: str | None, status: int) -> None:
    with pytest.raises(RetryableError, match=f"^PutItem failed with {code or status}$"), retryable():
        raise error(code, status)


@pytest.mark.parametrize(
    "lost",
    [
        EndpointConnectionError(endpoint_url="u"),
        ConnectTimeoutError(endpoint_url="u"),
        ReadTimeoutError(endpoint_url="u"),
        HTTPClientError(error="broken pipe"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_no_answer_may_pass(lost: Exception) -> None:
    with pytest.raises(RetryableError, match=f"^no answer from AWS: {type(lost).__name__}$") as passing, retryable():
        raise lost

    assert passing.value.__cause__ is lost


def test_what_is_no_error_of_aws_comes_through() -> None:
    with pytest.raises(KeyError), retryable():
        raise KeyError("mine")


def test_parts_of_an_error_may_be_missing() -> None:
    assert code_of(error("Code")) == "Code"
    assert code_of(error()) == ""
    assert code_of(ClientError({"Error": {}}, "PutItem")) == ""
    assert cancellation_reasons(error()) == []
    assert cancellation_reasons(error(CancellationReasons=({"Code": "None"},))) == [{"Code": "None"}]

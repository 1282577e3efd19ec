"""Which answers of AWS are permanent; everything else may pass, whatever its code and wherever it comes from."""

import json
import re
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker

from saga_orchestrator.adapters.aws_errors import (
    PERMANENT,
    acknowledging_nothing,
    cancellation_reasons,
    code_of,
    is_permanent,
    part_of,
    retryable,
)
from saga_orchestrator.domain.errors import RejectedEvent, RetryableError

SEEN = re.findall(
    r"\S+",
    """
    InternalServerError InternalFailure InternalException ServiceUnavailable SlowDown RequestThrottled OverLimit
    InvalidSignatureException RequestTimeTooSkewed RequestExpired SignatureDoesNotMatch ExpiredToken
    ExpiredTokenException InvalidClientTokenId UnrecognizedClientException AccessDenied AccessDeniedException
    MissingAuthenticationToken IncompleteSignature NotAuthorizedForSourceException OptInRequired
    KMS.ThrottlingException KMSThrottlingException KMSInternalException KMSAccessDeniedException KMS.DisabledException
    ConditionalRequestConflict OperationAborted ReplicatedWriteConflictException IdempotentParameterMismatchException
    ResourceNotFoundException NoSuchBucket AWS.SimpleQueueService.NonExistentQueue QueueDoesNotExist
    LimitExceededException BadDigest SomethingNew
    """,
)


def botocores_own() -> set[str]:
    """What the SDK tries again in its standard mode, and in its legacy mode for any service."""
    legacy = json.loads((Path(botocore.__file__).parent / "data" / "_retry.json").read_text())
    return {
        *ThrottledRetryableChecker._THROTTLED_ERROR_CODES,
        *TransientRetryableChecker._TRANSIENT_ERROR_CODES,
        *re.findall(r'"service_error_code": "([^"]+)"', json.dumps(legacy)),
    }


def error(code: str | None = None, status: int | None = None, **more: Any) -> ClientError:
    response: dict[str, Any] = dict(more)
    if code is not None:
        response["Error"] = {"Code": code}
    if status is not None:
        response["ResponseMetadata"] = {"HTTPStatusCode": status}
    return ClientError(response, "PutItem")


@pytest.mark.parametrize("status", [400, 403, 404, 409, None])
@pytest.mark.parametrize("code", sorted({*SEEN, *botocores_own()}))
def test_a_code_that_is_not_listed_may_pass(code: str, status: int | None) -> None:
    with pytest.raises(RetryableError, match=f"^PutItem failed with {code}$") as passing, retryable():
        raise error(code, status)

    assert isinstance(passing.value.__cause__, ClientError)


@pytest.mark.parametrize("code", ["", None])
def test_an_error_without_a_code_may_pass_and_is_named_by_its_status(code: str | None) -> None:
    with pytest.raises(RetryableError, match=r"^PutItem failed with 418$"), retryable():
        raise error(code, 418)


@pytest.mark.parametrize("status", [400, 413, 499, None])
@pytest.mark.parametrize("code", sorted(PERMANENT))
def test_permanent_codes_reject_with_a_reason_of_their_own(code: str, status: int | None) -> None:
    final = error(code, status)

    with (
        pytest.raises(RejectedEvent, match=f"^refused_by_aws: PutItem was refused for good: {code}$") as raised,
        retryable(),
    ):
        raise final

    assert raised.value.__cause__ is final
    assert is_permanent(final)


def test_the_list_of_permanent_codes_is_short_and_each_has_its_reason() -> None:
    assert all(len(reason.split()) > 3 for reason in PERMANENT.values())
    assert "ValidationException" in PERMANENT
    assert not botocores_own() & PERMANENT.keys()


@pytest.mark.parametrize(
    "code",
    ["ConditionalCheckFailedException", "TransactionCanceledException", "TransactionConflictException", "NoSuchKey"],
)
def test_an_answer_on_which_the_caller_acts_comes_through(code: str) -> None:
    answer = error(code, 400)

    with pytest.raises(ClientError) as raised, retryable():
        raise answer

    assert raised.value is answer
    assert not is_permanent(answer)


@pytest.mark.parametrize("status", [429, 500, 503, 509])
@pytest.mark.parametrize("code", ["ValidationException", "Unheard", None])
def test_a_failure_of_the_server_or_too_many_requests_may_pass_whatever_its_code(code: str | None, status: int) -> None:
    with pytest.raises(RetryableError, match=f"^PutItem failed with {code or status}$"), retryable():
        raise error(code, status)


@pytest.mark.parametrize(
    "lost",
    [
        EndpointConnectionError(endpoint_url="u"),
        ConnectTimeoutError(endpoint_url="u"),
        ReadTimeoutError(endpoint_url="u"),
        HTTPClientError(error="broken pipe"),
        IncompleteReadError(actual_bytes=1, expected_bytes=2),
        NoCredentialsError(),
        TokenRetrievalError(provider="sso", error_msg="gone"),
        ResponseParserError("no XML"),
        ConnectionResetError(),
    ],
    ids=lambda each: type(each).__name__,
)
def test_no_answer_may_pass(lost: Exception) -> None:
    with pytest.raises(RetryableError, match=f"^no answer from AWS: {type(lost).__name__}$") as passing, retryable():
        raise lost

    assert passing.value.__cause__ is lost


@pytest.mark.parametrize("own", [KeyError("mine"), ParamValidationError(report="mine")])
def test_what_is_no_error_of_aws_comes_through(own: Exception) -> None:
    with pytest.raises(type(own)), retryable():
        raise own


@pytest.mark.parametrize(
    ("failure", "named"),
    [
        (error("ValidationException", 400), "not kept: PutItem was refused for good: ValidationException"),
        (error("NoSuchKey", 404), "not kept: NoSuchKey"),
        (ParamValidationError(report="a user's value"), "not kept: ParamValidationError"),
        (error("SlowDown", 503), "PutItem failed with SlowDown"),
    ],
)
def test_where_nothing_may_be_acknowledged_a_permanent_answer_is_raised_like_any_other(
    failure: Exception, named: str
) -> None:
    with pytest.raises(RetryableError, match=f"^{named}$"), acknowledging_nothing():
        raise failure


def test_a_part_that_an_answer_lacks_may_be_in_the_next() -> None:
    assert part_of({"Items": []}, "Items") == []
    replies: tuple[Any, ...] = ({}, None, [], "<html>")
    for reply in replies:
        with pytest.raises(RetryableError, match=r"^no answer from AWS: Items is missing in the reply$"):
            part_of(reply, "Items")


def test_parts_of_an_error_may_be_missing() -> None:
    assert code_of(error("Code")) == "Code"
    assert code_of(error()) == ""
    assert code_of(ClientError({"Error": {}}, "PutItem")) == ""
    assert cancellation_reasons(error()) == []
    assert cancellation_reasons(error(CancellationReasons=({"Code": "None"},))) == [{"Code": "None"}]

"""What becomes of an event when AWS answers oddly: rejected for what is permanent, else it comes again.

The ids of cases are those of the field reports that they were made from.
"""

from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError, NoCredentialsError
from botocore.parsers import ResponseParserError

from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.states import SagaState
from saga_orchestrator.entrypoints.kafka_batch import BatchUnfinished
from saga_testing.lambda_context import Context
from saga_testing.moto_world import World
from saga_testing.samples.sample_events import event, kafka
from tests.handlers.aws_answers import Answer, answer_once, refusal

FIELD_CASES = (
    "write-signature-expired",
    "complete-signature-expired",
    "claim-throttled",
    "slow-down-by-status",
    "validation-is-permanent",
)


@pytest.mark.parametrize(
    ("name", "operations", "answer"),
    [
        pytest.param(
            "EXECUTION_REQUESTED",
            "PutItem|TransactWriteItems",
            refusal("InvalidSignatureException", 403),
            id="write-signature-expired",
        ),
        pytest.param(
            "EXECUTION_COMPLETED",
            "UpdateItem|TransactWriteItems",
            refusal("InvalidSignatureException", 403),
            id="complete-signature-expired",
        ),
        pytest.param(
            "EXECUTION_REQUESTED", "TransactWriteItems", refusal("ThrottledException", 400), id="claim-throttled"
        ),
        pytest.param(
            "EXECUTION_REQUESTED", "PutItem|TransactWriteItems", refusal("SomethingNew", 503), id="slow-down-by-status"
        ),
        pytest.param(
            "EXECUTION_STARTED", "UpdateItem", refusal("TooManyRequestsException", 429), id="too many by status"
        ),
        pytest.param("EXECUTION_STARTED", "UpdateItem", refusal("KMS.ThrottlingException", 400), id="key throttled"),
        pytest.param("EXECUTION_STARTED", "UpdateItem", refusal("RequestExpired", 400), id="frozen before the call"),
        pytest.param("EXECUTION_STARTED", "UpdateItem", refusal("NeverHeardOf", 400), id="a code of tomorrow"),
        pytest.param("EXECUTION_STARTED", "UpdateItem", NoCredentialsError(), id="no credentials"),
        pytest.param("EXECUTION_STARTED", "UpdateItem", ResponseParserError("html"), id="a 200 that is no answer"),
        pytest.param("EXECUTION_STARTED", "UpdateItem", RecursionError(), id="a redirect that leads to itself"),
    ],
)
@pytest.mark.parametrize("source", ["eventbridge", "kafka"])
def test_an_answer_that_may_pass_is_not_acknowledged_and_the_event_runs_once(
    world: World, name: str, operations: str, answer: Exception, source: str
) -> None:
    if name != "EXECUTION_REQUESTED":
        world.deliver(event("EXECUTION_REQUESTED"))
    answer_once(world, "dynamodb", operations, answer)
    detail = event(name)

    def deliver() -> None:
        if source == "eventbridge":
            world.deliver(detail)
        else:
            world.function(name).run(kafka(detail), Context())

    with pytest.raises(RetryableError):
        deliver()
    assert world.rejected() == []

    deliver()

    saga = world.saga()
    assert saga is not None
    assert saga.state is (SagaState.COMPLETED if name == "EXECUTION_COMPLETED" else SagaState.RUNNING)
    assert [entry.event_id for entry in saga.timeline].count(detail["event_id"]) == 1
    assert world.slots() == (0 if name == "EXECUTION_COMPLETED" else 1)


@pytest.mark.parametrize(
    "limit", ["0", "100"], ids=["validation-is-permanent", "validation-is-permanent inside a transaction"]
)
def test_a_permanent_answer_is_rejected_and_acknowledged(world: World, limit: str) -> None:
    world.reconfigure(DEFAULT_LANGUAGE_LIMIT=limit)
    answer_once(world, "dynamodb", "PutItem|TransactWriteItems", refusal("ValidationException", 400))

    world.deliver(event("EXECUTION_REQUESTED"))

    assert [pointer["reason"] for pointer in world.rejected()] == ["refused_by_aws"]
    assert world.saga() is None


@pytest.mark.parametrize("name", ["EXECUTION_STARTED", "EXECUTION_COMPLETED", "EXECUTION_CANCELLED"])
def test_a_later_event_that_is_refused_for_good_names_call_and_code(world: World, name: str) -> None:
    world.deliver(event("EXECUTION_REQUESTED"))
    answer_once(world, "dynamodb", "UpdateItem|TransactWriteItems", refusal("ValidationException", 400))

    world.deliver(event(name))

    (pointer,) = world.rejected()
    assert pointer["reason"] == "refused_by_aws"
    assert pointer["detail"] == "Operation was refused for good: ValidationException"
    assert world.slots() == 1


def test_a_transaction_that_is_cancelled_for_good_says_for_what(world: World) -> None:
    response: Any = {
        "Error": {"Code": "TransactionCanceledException"},
        "CancellationReasons": [{"Code": "ItemCollectionSizeLimitExceeded"}, {"Code": "None"}],
    }
    answer_once(world, "dynamodb", "TransactWriteItems", ClientError(response, "TransactWriteItems"))

    world.deliver(event("EXECUTION_REQUESTED"))

    (pointer,) = world.rejected()
    assert pointer["reason"] == "refused_by_aws"
    assert pointer["detail"] == "TransactWriteItems was refused for good: ItemCollectionSizeLimitExceeded"


def test_a_batch_with_a_bad_record_and_an_answer_that_may_pass_loses_neither(world: World) -> None:
    bad = event("EXECUTION_REQUESTED", "ex-2") | {"event_version": "7.7"}
    batch = kafka(event("EXECUTION_REQUESTED", "ex-1"), bad, event("EXECUTION_REQUESTED", "ex-3"))
    answer_once(world, "dynamodb", "TransactWriteItems", refusal("SomethingNew", 418))

    with pytest.raises(BatchUnfinished):
        world.function("EXECUTION_REQUESTED").run(batch, Context())
    assert len(world.rejected()) == 1
    world.function("EXECUTION_REQUESTED").run(batch, Context())

    assert world.slots() == 2
    assert {world.saga("ex-1") is None, world.saga("ex-3") is None} == {False}


@pytest.mark.parametrize("body", [b"<html>proxy</html>", b"null", b"[]", b"", b'{"Attributes":', b"\xff\xfe"])
@pytest.mark.parametrize("limit", ["0", "100"], ids=["PutItem", "TransactWriteItems"])
def test_a_body_that_is_no_answer_is_never_taken_for_a_write(world: World, body: bytes, limit: str) -> None:
    world.reconfigure(DEFAULT_LANGUAGE_LIMIT=limit)
    events = world.at.sdk.dynamodb.meta.events

    def answer(request: Any, **_event: Any) -> Any:
        return AWSResponse(request.url, 200, {}, _Body(body))

    events.register_first("before-send.dynamodb", answer)
    try:
        with pytest.raises(RetryableError):
            world.deliver(event("EXECUTION_REQUESTED"))
    finally:
        events.unregister("before-send.dynamodb", answer)
    assert world.rejected() == []

    world.deliver(event("EXECUTION_REQUESTED"))

    assert world.slots() == (0 if limit == "0" else 1)
    assert world.saga() is not None


class _Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_arguments: Any, **_options: Any) -> Any:
        yield self._content


@pytest.mark.parametrize(
    ("service", "operation", "answer"),
    [
        ("s3", "PutObject", refusal("ConditionalRequestConflict", 409)),
        ("s3", "PutObject", refusal("KMS.ThrottlingException", 400)),
        ("s3", "PutObject", refusal("EntityTooLarge", 400)),
        ("s3", "PutObject", {}),
        ("s3", "PutObject", RecursionError()),
        ("sqs", "SendMessage", refusal("InvalidMessageContents", 400)),
        ("sqs", "SendMessage", {}),
    ],
)
def test_what_cannot_be_kept_is_not_acknowledged(world: World, service: str, operation: str, answer: Answer) -> None:
    broken = event("EXECUTION_REQUESTED") | {"event_version": "7.7"}
    answer_once(world, service, operation, answer)

    with pytest.raises(RetryableError):
        world.deliver(broken)
    world.deliver(broken)

    assert [pointer["reason"] for pointer in world.rejected()] == ["unknown_event_version"]


def test_a_script_whose_store_gives_no_answer_is_stored_again(world: World) -> None:
    answer_once(world, "s3", "PutObject", {})

    with pytest.raises(RetryableError):
        world.deliver(event("EXECUTION_REQUESTED"))

    assert world.saga() is None

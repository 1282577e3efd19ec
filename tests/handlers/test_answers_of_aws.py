"""What becomes of an event when AWS answers oddly: rejected for what is permanent, else it comes again.

The ids of cases are those of the field reports that they were made from.
"""

import re
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError, NoCredentialsError
from botocore.parsers import ResponseParserError

from saga_orchestrator.domain.errors import RetryableError, SagaError
from saga_orchestrator.domain.states import SagaState
from saga_orchestrator.entrypoints.kafka_batch import BatchUnfinished
from saga_testing.history import History
from saga_testing.lambda_context import Context
from saga_testing.moto_world import World
from saga_testing.samples.sample_events import event, kafka

FIELD_CASES = (
    "write-signature-expired",
    "complete-signature-expired",
    "claim-throttled",
    "slow-down-by-status",
    "validation-is-permanent",
)

Answer = Exception | dict[str, Any]


def answer_once(world: World, service: str, operations: str, answer: Answer) -> None:
    """The next call of one of these operations is answered so, and not carried out."""
    client = getattr(world.at.sdk, service)
    original = client._make_api_call
    left = [answer]

    def call(name: str, arguments: dict[str, Any]) -> Any:
        if left and re.fullmatch(operations, name):
            given = left.pop()
            if isinstance(given, Exception):
                raise given
            return given
        return original(name, arguments)

    client._make_api_call = call


def refusal(code: str, status: int) -> ClientError:
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Operation")


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


@pytest.mark.parametrize(
    "answer",
    [
        refusal("InvalidSignatureException", 403),
        refusal("SomethingNew", 400),
        {},
        {"FailedEntryCount": 0, "Entries": []},
        {"Entries": [{}, {}, {}, {}]},
    ],
    ids=["clock", "a code of tomorrow", "no entries", "too few entries", "entries that say nothing"],
)
def test_the_relay_sends_again_what_the_bus_has_not_surely_taken(world: World, answer: Answer) -> None:
    history = relayed(world)
    answer_once(world, "events", "PutEvents", answer)

    assert world.relay(*history.records) == {"batchItemFailures": [{"itemIdentifier": "100"}]}
    assert world.relay(*history.records) == {"batchItemFailures": []}
    assert len(world.published) == 4
    assert world.rejected() == []


def relayed(world: World) -> History:
    return History.of(world, "EXECUTION_REQUESTED", "EXECUTION_FAILED")


@pytest.mark.parametrize("code", ["AccessDeniedException", "NotAuthorizedForSourceException", "RedactionFailure"])
def test_an_entry_refused_for_what_people_repair_comes_again(world: World, code: str) -> None:
    history = relayed(world)
    entries = [{"ErrorCode": code}, {"EventId": "1"}, {"EventId": "2"}, {"EventId": "3"}]
    answer_once(world, "events", "PutEvents", {"FailedEntryCount": 1, "Entries": entries})

    assert world.relay(*history.records) == {"batchItemFailures": [{"itemIdentifier": "100"}]}
    assert world.rejected() == []


def test_a_call_that_is_refused_for_one_entry_costs_only_that_entry(world: World) -> None:
    history = relayed(world)
    client = world.at.sdk.events
    original = client._make_api_call

    def call(name: str, arguments: dict[str, Any]) -> Any:
        if any(entry["DetailType"] == "DELETE_POD_COMMAND" for entry in arguments["Entries"]):
            raise refusal("ValidationException", 400)
        return original(name, arguments)

    client._make_api_call = call

    assert world.relay(*history.records) == {"batchItemFailures": []}
    assert [body["message_type"] for body in world.published] == ["SAGA_STARTED", "CREATE_POD_COMMAND", "SAGA_FAILED"]
    assert [pointer["reason"] for pointer in world.rejected()] == ["unpublishable_message"]


def test_a_script_that_the_relay_is_refused_for_good_is_kept_aside_and_holds_back_nothing(world: World) -> None:
    world.reconfigure(INLINE_SCRIPT_MAX_BYTES="1000")
    history = relayed(world)
    answer_once(world, "s3", "GetObject", refusal("KeyTooLongError", 400))

    assert world.relay(*history.records) == {"batchItemFailures": []}
    assert [body["message_type"] for body in world.published] == ["DELETE_POD_COMMAND", "SAGA_FAILED"]
    assert [pointer["reason"] for pointer in world.rejected()] == ["refused_by_aws"]


def test_a_saga_whose_end_is_refused_for_good_keeps_no_other_from_its_end(world: World) -> None:
    for number in range(5):
        world.deliver(event("EXECUTION_REQUESTED", f"ex-{number}"))
    world.now += 301_000
    answer_once(world, "dynamodb", "UpdateItem|TransactWriteItems", refusal("ValidationException", 400))

    assert world.check()["timed_out"] == 4
    (pointer,) = world.rejected()
    assert (pointer["reason"], pointer["source"]) == ("refused_by_aws", "deadline")


@pytest.mark.parametrize("code", ["ValidationException", "SerializationException"])
def test_limits_that_cannot_be_read_keep_no_saga_from_its_end(world: World, code: str) -> None:
    world.deliver(event("EXECUTION_REQUESTED"))
    world.now += 301_000
    answer_once(world, "dynamodb", "BatchGetItem|GetItem", refusal(code, 400))

    assert world.check()["timed_out"] == 1


@pytest.mark.parametrize(
    "answer", [refusal("RequestTimeTooSkewed", 403), refusal("New", 400), refusal("ValidationException", 400), {}]
)
def test_the_checker_ends_what_it_can_read_and_tells_of_what_it_cannot(world: World, answer: Answer) -> None:
    for number in range(12):
        world.deliver(event("EXECUTION_REQUESTED", f"ex-{number}"))
    world.now += 301_000
    answer_once(world, "dynamodb", "Query", answer)

    with pytest.raises(SagaError):
        world.check()
    assert any(item["state"]["S"] == "timeout" for item in world.items() if "state" in item)
    world.check()

    assert all(item["state"]["S"] == "timeout" for item in world.items() if "state" in item)
    assert world.rejected() == []

"""What the relay publishes and the checker ends when AWS answers oddly: all that the answer does not concern."""

import io
from typing import Any

import pytest

from saga_orchestrator.domain.errors import SagaError
from saga_testing.history import History
from saga_testing.moto_world import World
from saga_testing.samples.sample_events import event
from tests.handlers.aws_answers import Answer, answer_once, refusal


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
    assert [body["message_type"] for body in world.published] == ["SAGA_STARTED", "DELETE_POD_COMMAND", "SAGA_FAILED"]
    assert [pointer["reason"] for pointer in world.rejected()] == ["refused_by_aws"]


def test_a_script_that_is_gone_keeps_back_its_own_message_alone(world: World) -> None:
    world.reconfigure(INLINE_SCRIPT_MAX_BYTES="1000")
    history = relayed(world)
    answer_once(world, "s3", "GetObject", refusal("NoSuchKey", 404))

    assert world.relay(*history.records) == {"batchItemFailures": []}
    assert [body["message_type"] for body in world.published] == ["SAGA_STARTED", "DELETE_POD_COMMAND", "SAGA_FAILED"]
    (pointer,) = world.rejected()
    assert pointer["reason"] == "unpublishable_message"
    assert pointer["position"]["record"].partition("/")[2] == "execution_saga:ex-1:create_pod#1"


@pytest.mark.parametrize("content", [b"<html>proxy</html>", b"", b"\xff\xfe", b"print('other')"])
def test_what_is_not_the_script_is_never_sent_as_one(world: World, content: bytes) -> None:
    world.reconfigure(INLINE_SCRIPT_MAX_BYTES="1000")
    history = relayed(world)
    answer_once(world, "s3", "GetObject", {"Body": io.BytesIO(content)})

    assert world.relay(*history.records) == {"batchItemFailures": [{"itemIdentifier": "100"}]}
    assert world.relay(*history.records) == {"batchItemFailures": []}
    assert [body["script"] for body in world.published if "script" in body] == ["print('hello')"]
    assert world.rejected() == []


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

"""A definition whose every function raises harms no other saga: neither in events nor in checker nor relay."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from saga_orchestrator.domain.definition import MessageSpec, SagaDefinition, Step, Undo
from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.domain.render import render
from saga_orchestrator.domain.saga import Cause, Claim, Saga, TimelineEntry
from saga_orchestrator.domain.states import SagaState
from saga_testing.aws.dynamodb.stream_record import as_lambda_image
from saga_testing.history import History
from saga_testing.moto_world import World
from saga_testing.samples.sample_events import event
from sagas.execution import EXECUTION_SAGA


def raising(*_arguments: Any) -> Any:
    raise ZeroDivisionError("a user's value")


def leaving(*_arguments: Any) -> Any:
    sys.exit("a user's value")


def body(fields: Any) -> Callable[..., Any]:
    return lambda *_arguments: fields


def broken(body: Callable[..., Any], **step: Any) -> SagaDefinition:
    messages = {"begin": MessageSpec("BEGIN_COMMAND", body), "stop": MessageSpec("STOP_COMMAND", body)}
    return SagaDefinition(
        "broken_saga", 1, (Step("one", emits=("begin",), undo=Undo(emits=("stop",)), **step),), messages
    )


BROKEN = {
    "everything raises": (broken(raising, check=raising, claims=raising), "definition_raised"),
    "the check raises": (broken(body({}), check=raising), "definition_raised"),
    "the claim raises": (broken(body({}), claims=raising), "definition_raised"),
    "the body raises": (broken(raising), "definition_raised"),
    "the body leaves the process": (broken(leaving), "definition_raised"),
    "the body is no mapping": (broken(body(7)), "definition_raised"),
    "the body is no JSON": (broken(body({"field": object()})), "definition_raised"),
    "the body is no Unicode": (broken(body({"field": "\ud800"})), "definition_raised"),
    "the body is too large": (broken(body({"field": "x" * 900_000})), "message_too_large"),
}
every_kind = pytest.mark.parametrize(("definition", "reason"), BROKEN.values(), ids=BROKEN)


@every_kind
@pytest.mark.parametrize("broken_first", [True, False])
def test_an_event_reaches_the_other_sagas_and_is_kept_with_a_reason_of_its_own(
    world: World, definition: SagaDefinition, reason: str, *, broken_first: bool
) -> None:
    order = (definition, EXECUTION_SAGA) if broken_first else (EXECUTION_SAGA, definition)
    world.register(SagaRegistry(order))

    world.deliver(event("EXECUTION_REQUESTED"))

    saga = world.saga()
    assert saga is not None
    assert saga.state == "running"
    assert [item["saga_name"]["S"] for item in world.items() if "state" in item] == ["execution_saga"]
    (pointer,) = world.rejected()
    assert pointer["reason"] == reason
    assert "a user's value" not in json.dumps(pointer)


def test_a_saga_whose_undo_cannot_be_made_ends_no_sweep(world: World) -> None:
    sound = broken(body({"field": 1}))
    world.register(SagaRegistry((sound, EXECUTION_SAGA)))
    for number in range(40):
        world.deliver(event("EXECUTION_REQUESTED", f"ex-{number}"))
    world.now += 301_000
    world.register(SagaRegistry((broken(raising), EXECUTION_SAGA)))

    answer = world.check()
    world.check()

    states = [(item["saga_name"]["S"], item["state"]["S"]) for item in world.items() if "state" in item]
    assert answer["timed_out"] == 40
    assert states.count(("execution_saga", "timeout")) == 40
    assert states.count(("broken_saga", "running")) == 40
    pointers = world.rejected()
    assert [pointer["reason"] for pointer in pointers] == ["definition_raised"] * 40


@pytest.mark.parametrize(
    "now_broken",
    [
        pytest.param(raising, id="raises"),
        pytest.param(leaving, id="leaves the process"),
        pytest.param(body(7), id="no mapping"),
        pytest.param(body({"field": object()}), id="no JSON"),
        pytest.param(body({"field": "\ud800"}), id="no Unicode"),
    ],
)
def test_a_message_that_cannot_be_made_any_more_holds_back_no_shard(
    world: World, now_broken: Callable[..., Any]
) -> None:
    world.register(SagaRegistry((broken(body({"field": 1})), EXECUTION_SAGA)))
    history = History.of(world, "EXECUTION_REQUESTED")
    (item,) = (each for each in world.items() if each["saga_name"]["S"] == "broken_saga")
    change = {"SequenceNumber": "99", "NewImage": as_lambda_image(item)}
    world.register(SagaRegistry((broken(now_broken), EXECUTION_SAGA)))

    answer = world.relay({"eventName": "INSERT", "dynamodb": change}, *history.records)

    assert answer == {"batchItemFailures": []}
    started = ["SAGA_STARTED", "SAGA_STARTED", "CREATE_POD_COMMAND"]  # of both: what can be made of the broken one too
    assert [each["message_type"] for each in world.published] == started
    assert [pointer["reason"] for pointer in world.rejected()] == ["definition_raised"]


def test_an_event_that_one_saga_cannot_take_now_still_reaches_the_others(world: World) -> None:
    world.register(SagaRegistry((replace(EXECUTION_SAGA, name="other_saga"), EXECUTION_SAGA)))
    client = world.at.sdk.dynamodb
    original = client._make_api_call

    def call(name: str, arguments: dict[str, Any]) -> Any:
        if "other_saga" in str(arguments):
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, name)
        return original(name, arguments)

    client._make_api_call = call

    with pytest.raises(RetryableError):
        world.deliver(event("EXECUTION_REQUESTED"))

    saga = world.saga()
    assert saga is not None
    assert saga.state == "running"


def test_bodies_see_the_saga_as_it_was_when_they_were_emitted() -> None:
    seen: list[Saga] = []

    def watching(saga: Saga, _entry: TimelineEntry) -> dict[str, Any]:
        seen.append(saga)
        return {}

    definition = broken(watching)
    start = TimelineEntry(1, Cause.REQUESTED, "evt-1", ("saga_started#1", "begin#1"))
    end = TimelineEntry(2, Cause.FAILED, "evt-2", ("stop#1", "saga_failed#1"))
    late = TimelineEntry(3, Cause.STARTED, "evt-3", ("stop#2",))
    running = Saga("ex-1", "broken_saga", 1, SagaState.RUNNING, 1, 1, "corr", deadline=9, deadline_shard=0)
    running = replace(running, claim=Claim("python", 0), completed_steps=("one",), timeline=(start,))
    ended = replace(
        running,
        state=SagaState.FAILED,
        version=3,
        claim=None,
        deadline=None,
        compensated_steps=("one",),
        reason="execution_failed",
        exit_code=3,
        error_type="Boom",
        ended_at=2,
        ended_by="bob",
        expires=9,
        timeline=(start, end, late),
    )

    for saga in (running, ended):
        render(saga, "begin#1", definition)
    render(replace(ended, timeline=(start, end)), "stop#1", definition)
    render(ended, "stop#1", definition)

    assert seen[0] == seen[1]
    assert (seen[0].state, seen[0].reason, seen[0].compensated_steps) == (SagaState.RUNNING, None, ())
    assert seen[2] == seen[3]
    assert (seen[2].state, seen[2].reason, seen[2].exit_code) == (SagaState.FAILED, "execution_failed", 3)
    assert not seen[3].has_started

"""`PublishCommands=false` publishes no command, ever: neither new ones nor those that were emitted before."""

from typing import Any

import pytest

from saga_orchestrator.entrypoints.relay_function import CommandRelay
from saga_testing.history import History
from saga_testing.lambda_context import Context
from saga_testing.moto_world import World
from saga_testing.samples.sample_events import event
from saga_testing.telemetry import RecordingTelemetry

SENT_AGAIN = {"republish": [{"execution_id": "ex-1"}]}


@pytest.fixture
def heard(world: World) -> RecordingTelemetry:
    telemetry = RecordingTelemetry()
    world.report_to(telemetry)
    return telemetry


def types(world: World) -> list[str]:
    return [body["message_type"] for body in world.published]


def republish(world: World) -> Any:
    return CommandRelay(world.at).run(SENT_AGAIN, Context())


def test_what_begins_while_they_are_off_is_announced_alone(world: World) -> None:
    world.reconfigure(PUBLISH_COMMANDS="false")
    history = History.of(world, "EXECUTION_REQUESTED", "EXECUTION_FAILED")

    world.relay(*history.records)

    assert types(world) == ["SAGA_STARTED", "SAGA_FAILED"]


def test_what_was_emitted_before_and_not_yet_sent_is_held_back_and_told(
    world: World, heard: RecordingTelemetry
) -> None:
    history = History.of(world, "EXECUTION_REQUESTED", "EXECUTION_FAILED")
    world.reconfigure(PUBLISH_COMMANDS="false")

    answer = world.relay(*history.records)

    assert answer == {"batchItemFailures": []}  # nothing behind it waits
    assert types(world) == ["SAGA_STARTED", "SAGA_FAILED"]
    assert world.rejected() == []
    assert heard.counts["CommandsHeldBack"] == 2
    assert heard.lines["commands held back"] == 2


def test_republish_sends_none_either_and_names_them(world: World, heard: RecordingTelemetry) -> None:
    History.of(world, "EXECUTION_REQUESTED")
    world.reconfigure(PUBLISH_COMMANDS="false")

    answer = republish(world)

    assert answer == {
        "published": ["execution_saga:ex-1:saga_started#1"],
        "skipped": ["execution_saga:ex-1:create_pod#1"],
    }
    assert types(world) == ["SAGA_STARTED"]
    assert heard.counts["CommandsHeldBack"] == 1


@pytest.mark.parametrize(
    ("meanwhile", "sent"),
    [
        ((), ["SAGA_STARTED", "CREATE_POD_COMMAND"]),
        (("EXECUTION_FAILED",), ["SAGA_STARTED", "DELETE_POD_COMMAND", "SAGA_FAILED"]),
    ],
    ids=["a saga that still waits", "a saga that has ended"],
)
def test_once_they_are_on_again_republish_sends_what_was_held_back(
    world: World, meanwhile: tuple[str, ...], sent: list[str]
) -> None:
    history = History.of(world, "EXECUTION_REQUESTED", *meanwhile)
    world.reconfigure(PUBLISH_COMMANDS="false")
    world.relay(*history.records)
    world.published.clear()
    world.reconfigure(PUBLISH_COMMANDS="true")

    republish(world)

    assert types(world) == sent


def test_what_other_sagas_owe_goes_out_beside_what_is_held_back(world: World) -> None:
    first = History.of(world, "EXECUTION_REQUESTED")
    second = History(world)
    second.deliver(event("EXECUTION_REQUESTED", "ex-2", script=""))
    world.reconfigure(PUBLISH_COMMANDS="false")

    world.relay(*first.records, *second.records)

    assert types(world) == ["SAGA_STARTED", "SAGA_FAILED"]

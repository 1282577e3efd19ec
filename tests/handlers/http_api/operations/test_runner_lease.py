"""One runner at a time: who is alive is left alone, and whoever was taken for dead writes no more."""

from typing import Any

import pytest

from saga_orchestrator.application.batches.running import LEASE_MS
from saga_testing.faults import Fault
from saga_testing.wire import Wire
from tests.handlers.http_api.operations.desk import LONG
from tests.handlers.http_api.operations.runner_scene import CALLS, COUNT, SCENE, assert_ended, before_call, run


def test_whoever_was_taken_for_dead_writes_no_more() -> None:
    """Another runner has it, and has done nothing yet: the first one wakes, and leaves it to him."""
    desk = SCENE.unpacked()

    def other() -> None:
        desk.stack.advance(LEASE_MS / 1000 + 1)
        assert run(desk, Wire(plan={3: Fault.KILLED_BEFORE}), seed=8) == "Killed"

    assert run(desk, before_call(CALLS.index("transact_write_items"), other)) is None
    assert desk.progress(SCENE.identity)["left"] == COUNT
    assert_ended(desk)


@pytest.mark.parametrize("named", [True, False], ids=["called again", "by the schedule"])
def test_who_is_alive_is_not_disturbed(named: bool) -> None:
    desk = SCENE.unpacked()
    assert run(desk, Wire(plan={CALLS.index("transact_write_items"): Fault.KILLED_AFTER})) == "Killed"
    desk.stack.advance(LEASE_MS / 1000 - 1)
    run(desk, named=named, seed=8)
    assert desk.progress(SCENE.identity)["left"] == COUNT - 1
    desk.stack.advance(2)
    run(desk, named=named, seed=8)
    assert desk.progress(SCENE.identity)["left"] == 0


def test_when_time_is_short_it_is_left_at_once_to_the_next_tick() -> None:
    desk = SCENE.unpacked()
    left = iter([LONG, LONG, *[1_000] * 50])
    assert run(desk, remaining=lambda: next(left)) is None
    assert desk.progress(SCENE.identity)["left"] == COUNT - 2
    assert run(desk, named=False) is None  # with no waiting for a lease
    assert_ended(desk)


def test_how_long_one_stands_still_is_told_and_nothing_else_is() -> None:
    desk = SCENE.unpacked()
    telemetry: Any = desk.stack.telemetry
    desk.stack.advance(700)
    run(desk, named=False)
    assert telemetry.counts["OperationsStillSeconds"] == 700
    run(desk, named=False)
    assert telemetry.counts["OperationsStillSeconds"] == 0
    assert telemetry.counts["OperationsEnded"] == 1


def test_ten_a_second() -> None:
    waited: list[float] = []
    desk = SCENE.unpacked()
    desk.stack._pause = waited.append
    run(desk)

    assert waited == [0.1] * COUNT


@pytest.mark.parametrize("event", [None, [], "x", {"operation": 7}, {"operation": "../x"}, {"operation": "0" * 24}])
def test_whatever_it_is_called_with(event: Any) -> None:
    desk = SCENE.unpacked()
    desk.stack.at = desk.stack.container()
    answer = desk.run(event)

    assert answer in ({"ran": False}, {"running": 1})

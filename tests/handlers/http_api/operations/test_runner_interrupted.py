"""The runner wherever a call goes wrong: nothing twice, nothing unseen, no fate that is untrue."""

import pytest

from saga_orchestrator.adapters.saga_codec import decode
from saga_orchestrator.application.batches.running import LEASE_MS
from saga_testing.faults import Fault, possible_at
from saga_testing.http_door import HttpDoor
from saga_testing.wire import Wire
from tests.handlers.http_api.operations.desk import Desk
from tests.handlers.http_api.operations.runner_scene import (
    CALLS,
    CHANGED,
    COUNT,
    OK,
    SCENE,
    assert_ended,
    assert_true,
    before_call,
    run,
)
from tests.handlers.http_api.parked_sagas import park_again, undos


def test_a_run_that_nothing_disturbs() -> None:
    desk = SCENE.unpacked()
    assert run(desk) is None
    assert_ended(desk)
    assert CALLS[:4] == ["get_item", "update_item", "get_item", "get_item"]  # how it stands, ours, ours?, the set
    assert CALLS.count("transact_write_items") == COUNT  # act and fate are one write


@pytest.mark.parametrize("number", range(len(CALLS)))
def test_whatever_goes_wrong_at_one_call(number: int) -> None:
    for fault in possible_at(CALLS[number]):
        desk = SCENE.unpacked()
        run(desk, Wire(plan={number: fault}))
        assert_ended(desk)


@pytest.mark.parametrize("stride", [7, pytest.param(1, marks=pytest.mark.proof)])
@pytest.mark.parametrize("number", range(len(CALLS)))
def test_the_next_runner_dies_too(number: int, stride: int) -> None:
    """Wherever the first one died, and wherever the second does."""
    for fault in (Fault.KILLED_BEFORE, Fault.KILLED_AFTER):
        for second in range(number % stride, len(CALLS), stride):
            desk = SCENE.unpacked()
            assert run(desk, Wire(plan={number: fault})) == "Killed"
            desk.stack.advance(LEASE_MS / 1000 + 1)
            run(desk, Wire(plan={second: Fault.KILLED_AFTER}), seed=8)
            assert_ended(desk)


@pytest.mark.parametrize("number", range(len(CALLS)))
@pytest.mark.parametrize("late", [False, True], ids=["at once", "taken for dead"])
def test_two_runners_at_once(number: int, late: bool) -> None:
    """The second one runs to its end while the first one stands before that call; then the first one goes on."""
    desk = SCENE.unpacked()

    def other() -> None:
        if late:
            desk.stack.advance(LEASE_MS / 1000 + 1)
        assert run(desk, seed=8) is None

    run(desk, before_call(number, other))
    assert_ended(desk)
    if number and late:
        assert desk.one(SCENE.identity).json["state"] == "ended"


@pytest.mark.parametrize("stride", [9, pytest.param(1, marks=pytest.mark.proof)])
@pytest.mark.parametrize("number", range(len(CALLS)))
def test_the_second_runner_dies_while_the_first_one_sleeps(number: int, stride: int) -> None:
    for cut in range(number % stride, len(CALLS), stride):
        desk = SCENE.unpacked()

        def other(desk: Desk = desk, cut: int = cut) -> None:
            desk.stack.advance(LEASE_MS / 1000 + 1)
            run(desk, Wire(plan={cut: Fault.KILLED_AFTER}), seed=8)

        run(desk, before_call(number, other))
        assert_ended(desk)


@pytest.mark.parametrize("number", range(len(CALLS)))
def test_aborted_at_any_point_nothing_further_happens(number: int) -> None:
    desk = SCENE.unpacked()
    settled: list[int] = []

    def stop() -> None:
        told = desk.abort(SCENE.identity)
        assert (told.status, told.json["operation"]["state"]) == (200, "aborted")
        settled.append(told.json["operation"]["progress"]["left"])

    assert run(desk, before_call(number, stop)) is None
    for _ in range(2):
        assert_true(desk)
        found = desk.one(SCENE.identity).json
        assert (found["state"], found["progress"]["left"]) == ("aborted", settled[0])
        desk.stack.advance(LEASE_MS / 1000 + 1)
        run(desk, named=False)
    assert CALLS[number] != "get_item" or settled


def test_what_parked_again_is_not_asked_twice() -> None:
    """The runner died after the write; the saga parks again before the next one comes."""
    first = CALLS.index("transact_write_items")
    desk = SCENE.unpacked()
    assert run(desk, Wire(plan={first: Fault.KILLED_AFTER})) == "Killed"
    park_again(desk.stack, "o-0")
    desk.stack.advance(LEASE_MS / 1000 + 1)
    run(desk, named=False)

    assert undos(desk.stack, "o-0") == 2
    assert desk.progress(SCENE.identity)["done"] == 3


def test_the_scene_is_as_it_is_said() -> None:
    desk = SCENE.unpacked()
    sagas = [decode(item) for item in desk.stack.items()]
    assert {saga.execution_id: len(saga.ledger.parked) for saga in sagas} == dict.fromkeys((*OK, CHANGED), 1)
    assert isinstance(desk.door, HttpDoor)

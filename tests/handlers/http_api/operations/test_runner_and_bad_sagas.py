"""A saga that cannot be read, or ends whoever touches it, costs itself alone."""

from typing import Any

import pytest

from saga_orchestrator.application.batches import running
from saga_orchestrator.application.batches.running import LEASE_MS, MOST_TAKES, TRIES
from saga_testing.faults import Fault
from saga_testing.wire import Wire
from tests.handlers.http_api.operations.desk import Desk
from tests.handlers.http_api.operations.runner_scene import CALLS, COUNT, SCENE, assert_ended, run
from tests.handlers.http_api.parked_sagas import undos


def fail_reads(desk: Desk, key: str, times: int) -> list[int]:
    """So many reads of that saga are not answered; how often it was read."""
    client: Any = desk.stack.aws.dynamodb
    original, asked = client.get_item, list[int]()

    def get_item(**arguments: Any) -> Any:
        if arguments["Key"].get("execution_id", {}).get("S") == key:
            asked.append(1)
            if len(asked) <= times:
                raise TimeoutError
        return original(**arguments)

    client.get_item = get_item
    return asked


def test_a_store_that_does_not_answer_is_asked_several_times_and_the_saga_listed() -> None:
    desk = SCENE.unpacked()
    asked = fail_reads(desk, "o-2", 100)
    assert run(desk) is None

    assert len(asked) == TRIES
    outcomes = {item["execution_id"]: (item["outcome"], item["code"]) for item in desk.items(SCENE.identity)}
    assert outcomes["o-2"] == ("failed", "unavailable")
    assert desk.progress(SCENE.identity) == {"done": 2, "changed": 1, "refused": 0, "failed": 1, "left": 0}


def test_a_store_that_answers_again_costs_no_saga() -> None:
    desk = SCENE.unpacked()
    fail_reads(desk, "o-2", TRIES - 1)
    assert run(desk) is None
    assert_ended(desk)


def test_a_saga_that_ends_every_runner_is_passed_over() -> None:
    desk = SCENE.unpacked()
    first = [CALLS.index("get_item", 4)]
    for number in range(MOST_TAKES):
        assert run(desk, Wire(plan={first[0]: Fault.KILLED_BEFORE}), seed=number) == "Killed"
        assert desk.progress(SCENE.identity)["left"] == COUNT
        desk.stack.advance(LEASE_MS / 1000 + 1)
    assert run(desk, named=False) is None

    outcomes = {item["execution_id"]: (item["outcome"], item["code"]) for item in desk.items(SCENE.identity)}
    assert outcomes["o-0"] == ("failed", "runner_died")
    assert desk.progress(SCENE.identity) == {"done": 2, "changed": 1, "refused": 0, "failed": 1, "left": 0}
    assert undos(desk.stack, "o-0") == 1


def test_a_defect_at_one_saga_costs_that_one_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = SCENE.unpacked()
    asked_of = running.asked_of

    def broken(batch: Any, position: int, chosen: Any) -> Any:
        if position == 2:
            raise ZeroDivisionError
        return asked_of(batch, position, chosen)

    monkeypatch.setattr(running, "asked_of", broken)
    assert run(desk) is None

    outcomes = [(item["outcome"], item["code"]) for item in desk.items(SCENE.identity)]
    assert outcomes == [("done", None), ("changed", "changed"), ("failed", "unexpected_error"), ("done", None)]

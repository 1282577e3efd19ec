"""The runner of operations wherever a call goes wrong: nothing twice, nothing unseen, no fate that is untrue."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from saga_orchestrator.adapters.saga_codec import decode
from saga_orchestrator.application.batches import running
from saga_orchestrator.application.batches.running import LEASE_MS, MOST_TAKES, TRIES
from saga_orchestrator.domain.errors import SagaError
from saga_testing.aws.account import SimulatedAws
from saga_testing.deployment import EXECUTIONS_AND_ORDERS, Deployment
from saga_testing.faults import Fault, Killed, possible_at
from saga_testing.http_door import HttpDoor
from saga_testing.samples.sample_events import NOW_MS
from saga_testing.telemetry import RecordingTelemetry
from saga_testing.wire import Wire
from tests.handlers.http_api.operation_desk import LONG, NAME, Desk, acts, park_again, store, store_parked, undos

COUNT: Final = 4
OK: Final = ("o-0", "o-2", "o-3")
CHANGED: Final = "o-1"


class Scene:
    """Four parked orders, the second of which has changed since the operation was prepared; it is started."""

    def __init__(self) -> None:
        stack = Deployment(sagas=EXECUTIONS_AND_ORDERS, telemetry=RecordingTelemetry())
        store_parked(stack, COUNT)
        desk = Desk.of(stack)
        self.identity = desk.prepared()
        saga = stack.saga(CHANGED, NAME)
        assert saga is not None
        store(stack, replace(saga, version=saga.version + 1))
        desk.started(self.identity)
        self.packed = stack.aws.packed()

    def unpacked(self) -> Desk:
        stack = Deployment(
            sagas=EXECUTIONS_AND_ORDERS,
            telemetry=RecordingTelemetry(),
            aws=SimulatedAws.unpacked(self.packed, lambda: NOW_MS),
        )
        stack.aws.clock.read = lambda: stack.now
        return Desk.of(stack)


SCENE: Final = Scene()


def run(
    desk: Desk, wire: Wire | None = None, *, seed: int = 7, named: bool = True, remaining: Any = LONG
) -> str | None:
    """One invocation; how it ended, if not well."""
    at = desk.stack.container(wire=wire or Wire(), seed=seed)
    try:
        desk.run({"operation": SCENE.identity} if named else {}, at, remaining)
    except (SagaError, BotoCoreError, ClientError, Killed) as died:
        return type(died).__name__
    return None


def assert_true(desk: Desk) -> None:
    """What the operation says of each saga is what became of it, by now."""
    stack = desk.stack
    fates = {item["execution_id"]: item["outcome"] for item in desk.items(SCENE.identity)}
    done = {key for key, fate in fates.items() if fate == "done"}
    acted = [act["target"]["S"].rpartition(":")[2] for act in acts(stack) if act["verb"]["S"] == "retry"]
    assert sorted(acted) == sorted(done)
    assert {key for key in fates if undos(stack, key) == 2} == done
    assert all(undos(stack, key) in {1, 2} for key in fates)
    assert fates[CHANGED] in {"changed", None}
    progress = desk.progress(SCENE.identity)
    named = list(fates.values())
    told = {fate: named.count(fate) for fate in ("done", "changed", "refused", "failed")}
    assert progress == {**told, "left": named.count(None)}


def assert_ended(desk: Desk) -> None:
    """After so many ticks of the schedule as it may take, all of it is done."""
    for _ in range(6):
        assert_true(desk)
        if desk.one(SCENE.identity).json["state"] == "ended":
            break
        desk.stack.advance(LEASE_MS / 1000 + 1)
        assert run(desk, named=False, seed=99) is None
    assert desk.one(SCENE.identity).json["state"] == "ended"
    assert desk.progress(SCENE.identity) == {"done": 3, "changed": 1, "refused": 0, "failed": 0, "left": 0}
    assert_true(desk)


def calls_of_a_run() -> list[str]:
    wire = Wire()
    assert run(SCENE.unpacked(), wire) is None
    return wire.calls


CALLS: Final = calls_of_a_run()


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


def before_call(number: int, meanwhile: Callable[[], object]) -> Wire:
    wire = Wire()

    def hook(_operation: str) -> None:
        if len(wire.calls) == number and not done:
            done.append(number)
            meanwhile()

    done: list[int] = []
    wire.before_call = hook
    return wire


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


def test_the_scene_is_as_it_is_said() -> None:
    desk = SCENE.unpacked()
    sagas = [decode(item) for item in desk.stack.items()]
    assert {saga.execution_id: len(saga.ledger.parked) for saga in sagas} == dict.fromkeys((*OK, CHANGED), 1)
    assert isinstance(desk.door, HttpDoor)

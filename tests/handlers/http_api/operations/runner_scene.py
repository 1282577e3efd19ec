"""An operation that is about to run, and what must be true of it however its runner fared."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from saga_orchestrator.application.batches.running import LEASE_MS
from saga_orchestrator.domain.errors import SagaError
from saga_testing.aws.account import SimulatedAws
from saga_testing.deployment import EXECUTIONS_AND_ORDERS, Deployment
from saga_testing.faults import Killed
from saga_testing.samples.sample_events import NOW_MS
from saga_testing.telemetry import RecordingTelemetry
from saga_testing.wire import Wire
from tests.handlers.http_api.operations.desk import LONG, Desk, acts
from tests.handlers.http_api.parked_sagas import NAME, store, store_parked, undos

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


def before_call(number: int, meanwhile: Callable[[], object]) -> Wire:
    wire = Wire()

    def hook(_operation: str) -> None:
        if len(wire.calls) == number and not done:
            done.append(number)
            meanwhile()

    done: list[int] = []
    wire.before_call = hook
    return wire

"""Whole lives through the real handlers: what is stored, claimed and owed after each event."""

import itertools
from typing import Any

import boto3
import pytest

from saga_orchestrator.domain.states import SagaState
from saga_testing.moto_world import World
from saga_testing.samples.sample_events import event

TERMINAL = {
    "EXECUTION_COMPLETED": "completed",
    "EXECUTION_FAILED": "failed",
    "EXECUTION_TIMEOUT": "timeout",
    "EXECUTION_CANCELLED": "cancelled",
}


def test_a_request_creates_exactly_one_saga_for_exactly_that_execution(world: World) -> None:
    world.deliver(event("EXECUTION_REQUESTED", "ex-7"))

    sagas = [item for item in world.items() if item["saga_name"]["S"] == "execution_saga"]
    assert [item["execution_id"]["S"] for item in sagas] == ["ex-7"]
    saga = world.saga("ex-7")
    assert saga is not None
    assert saga.state is SagaState.RUNNING
    assert saga.outbox == ("saga_started#1", "create_pod#1")
    assert saga.deadline == world.now + 300_000
    assert world.slots() == 1


def test_a_second_request_writes_nothing(world: World) -> None:
    world.deliver(event("EXECUTION_REQUESTED"))
    before = world.items()
    world.calls.clear()

    world.deliver(event("EXECUTION_REQUESTED"))

    assert world.items() == before
    assert world.data_calls() == ["TransactWriteItems"]
    assert world.rejected() == []


def test_a_second_request_with_other_content_is_rejected_and_changes_nothing(world: World) -> None:
    world.deliver(event("EXECUTION_REQUESTED"))
    before = world.items()

    world.deliver(event("EXECUTION_REQUESTED", script="print('other')"))

    assert world.items() == before
    assert [pointer["reason"] for pointer in world.rejected()] == ["conflicting_request"]


@pytest.mark.parametrize(("ends_with", "state"), TERMINAL.items())
def test_every_ending_gives_the_slot_back_and_undoes_what_is_owed(world: World, ends_with: str, state: str) -> None:
    world.deliver(event("EXECUTION_REQUESTED"))
    world.deliver(event("EXECUTION_STARTED"))
    world.deliver(event(ends_with))

    saga = world.saga()
    assert saga is not None
    assert saga.state == state
    undone = () if state == "completed" else ("create_pod", "allocate_resources")
    assert saga.compensated_steps == undone
    assert saga.outbox == ((f"saga_{state}#1",) if state == "completed" else ("delete_pod#1", f"saga_{state}#1"))
    assert (saga.claim, saga.deadline, world.slots()) == (None, None, 0)
    assert saga.expires == world.now // 1000 + 30 * 86_400


@pytest.mark.parametrize(
    "order", list(itertools.permutations(["EXECUTION_REQUESTED", "EXECUTION_STARTED", *TERMINAL][:4]))
)
def test_any_order_ends_the_saga_once_and_leaks_nothing(world: World, order: tuple[str, ...]) -> None:
    for name in order:
        world.deliver(event(name))

    saga = world.saga()
    assert saga is not None
    first_terminal = next(name for name in order if name in TERMINAL)
    assert saga.state == TERMINAL[first_terminal]
    assert world.slots() == 0
    if order.index(first_terminal) < order.index("EXECUTION_REQUESTED"):
        assert saga.occurrences("create_pod") == 0


def test_an_early_terminal_event_allocates_nothing_and_creates_no_pod(world: World) -> None:
    world.deliver(event("EXECUTION_COMPLETED"))
    stub = world.saga()
    assert stub is not None
    assert stub.state is SagaState.CREATED
    assert stub.expires is not None
    assert stub.outbox == ()

    world.deliver(event("EXECUTION_REQUESTED"))

    saga = world.saga()
    assert saga is not None
    assert saga.state is SagaState.COMPLETED
    assert saga.outbox == ("saga_completed#1",)
    assert world.slots() == 0
    assert not [item for item in world.items() if item["saga_name"]["S"] == "#counter"]


def test_the_start_deadline_ends_a_saga_whose_pod_never_reports(world: World) -> None:
    world.deliver(event("EXECUTION_REQUESTED"))
    world.now += 299_999
    assert world.check()["timed_out"] == 0
    world.now += 1

    assert world.check() == {"due": 1, "timed_out": 1, "unfinished": False}
    saga = world.saga()
    assert saga is not None
    assert (saga.state, saga.reason) == (SagaState.TIMEOUT, "start_deadline_passed")
    assert saga.outbox == ("delete_pod#1", "saga_timeout#1")
    assert world.slots() == 0


def test_the_run_deadline_counts_from_the_start(world: World) -> None:
    world.deliver(event("EXECUTION_REQUESTED"))
    world.now += 100_000
    world.deliver(event("EXECUTION_STARTED"))
    world.now += 209_999
    assert world.check()["timed_out"] == 0
    world.now += 1
    assert world.check()["timed_out"] == 1
    saga = world.saga()
    assert saga is not None
    assert saga.reason == "run_deadline_passed"


def test_a_pod_that_reports_after_the_end_is_told_to_go_again_but_not_for_ever(world: World) -> None:
    world.deliver(event("EXECUTION_REQUESTED"))
    world.deliver(event("EXECUTION_CANCELLED"))
    for _ in range(6):
        world.deliver(event("EXECUTION_STARTED"))

    saga = world.saga()
    assert saga is not None
    assert saga.state is SagaState.CANCELLED
    assert saga.occurrences("delete_pod") == 4
    assert saga.occurrences("saga_cancelled") == 1


def test_the_limit_holds_over_all_shards_and_the_refused_saga_says_why(world: World) -> None:
    world.reconfigure(LANGUAGE_LIMITS='{"python": 3}', COUNTER_SHARDS="8")
    for number in range(5):
        world.deliver(event("EXECUTION_REQUESTED", f"ex-{number}"))

    states = [world.saga(f"ex-{number}") for number in range(5)]
    assert [saga.state for saga in states if saga] == ["running"] * 3 + ["failed"] * 2
    assert {saga.reason for saga in states[3:] if saga} == {"limit_reached"}
    assert world.slots() == 3


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"script": ""}, "script_empty"),
        ({"script": "x" * (1024 * 1024 + 1)}, "script_too_large"),
        ({"script": "\N{GRINNING FACE}" * (256 * 1024 + 1)}, "script_too_large"),
        ({"timeout_seconds": 301}, "timeout_too_long"),
        ({"language": "cobol"}, "language_not_allowed"),
        ({"runtime_image": "evil.example/x:latest"}, "image_not_allowed"),
        ({"timestamp": "2026-11-20T00:00:00Z"}, "expired"),
    ],
)
def test_what_a_requester_gets_wrong_is_a_failed_saga_with_a_reason(
    world: World, fields: dict[str, Any], reason: str
) -> None:
    world.reconfigure(ALLOWED_LANGUAGES="python", ALLOWED_IMAGES="python:3.11-slim")
    world.deliver(event("EXECUTION_REQUESTED", **fields))

    saga = world.saga()
    assert saga is not None
    assert (saga.state, saga.reason, saga.outbox) == (SagaState.FAILED, reason, ("saga_failed#1",))
    assert world.slots() == 0
    assert world.rejected() == []


def test_the_script_is_stored_before_the_saga_and_only_there(world: World) -> None:
    world.deliver(event("EXECUTION_REQUESTED", script="print('canary-4711')"))

    names = [name for name, _ in world.calls]
    assert names.index("PutObject") < names.index("TransactWriteItems")
    saga = world.saga()
    assert saga is not None
    assert saga.request is not None
    stored = (
        boto3.client("s3")
        .get_object(Bucket="payloads", Key=f"scripts/ex-1/{saga.request.script.sha256.hex()}")["Body"]
        .read()
    )
    assert stored == b"print('canary-4711')"
    assert "canary-4711" not in str(world.items())


@pytest.mark.parametrize(
    ("fields", "source", "honoured"),
    [
        ({"cancelled_by": "alice"}, "executions", True),
        ({"cancelled_by": None, "user_id": "alice"}, "executions", True),
        ({"cancelled_by": "root-admin"}, "executions", True),
        ({"cancelled_by": "mallory"}, "saga-operator", True),
        ({"cancelled_by": "mallory"}, "executions", False),
        ({"cancelled_by": "mallory", "user_id": "alice"}, "executions", False),
        ({"cancelled_by": None}, "executions", False),
    ],
)
@pytest.mark.parametrize("early", [False, True])
def test_only_the_owner_an_admin_or_an_operator_cancels(
    world: World, fields: dict[str, Any], source: str, *, honoured: bool, early: bool
) -> None:
    cancel = event("EXECUTION_CANCELLED", **fields)
    if early:
        world.deliver(cancel, source)
    world.deliver(event("EXECUTION_REQUESTED"))
    if not early:
        world.deliver(cancel, source)

    saga = world.saga()
    assert saga is not None
    assert saga.state == ("cancelled" if honoured else "running")
    if not honoured and not early:
        assert len(world.rejected()) == 1


def test_operators_only_cancel(world: World) -> None:
    world.deliver(event("EXECUTION_REQUESTED"), source="saga-operator")

    assert [pointer["reason"] for pointer in world.rejected()] == ["foreign_source"]
    assert world.items() == []


def test_an_early_cancel_that_nobody_may_make_is_counted_for_security(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.deliver(event("EXECUTION_CANCELLED", cancelled_by="mallory"))
    capsys.readouterr()
    world.deliver(event("EXECUTION_REQUESTED"))

    assert '"UnauthorisedCancels":[1.0]' in capsys.readouterr().out

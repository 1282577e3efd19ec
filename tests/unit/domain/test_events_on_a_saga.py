"""Events and deadlines on a saga that runs or has ended: the whole next saga, or a verdict that changes nothing."""

from dataclasses import replace
from typing import Any

import pytest

from saga_orchestrator.domain.decide import Decision, Verdict, decide
from saga_orchestrator.domain.events import DeadlinePassed, Event, ExecutionFailed, InvalidRequest, Signal
from saga_orchestrator.domain.executions.endings import end, ending_of
from saga_orchestrator.domain.policy import Policy
from saga_orchestrator.domain.repair import examine
from saga_orchestrator.domain.saga import CAUSE_OF, Cause, EarlyEvent, Saga, TimelineEntry
from saga_orchestrator.domain.states import IllegalTransition, SagaState, move
from sagas.execution import EXECUTION_SAGA
from tests.unit.samples import (
    CLAIM,
    LATER,
    NOW,
    after,
    cancelled,
    completed,
    failed,
    requested,
    rules,
    running,
    script_of,
    started,
    timed_out,
)

STEPS = ("validate_execution", "allocate_resources", "create_pod")


ENDINGS: list[tuple[Signal, Cause, SagaState, dict[str, Any]]] = [
    (completed(exit_code=0), Cause.COMPLETED, SagaState.COMPLETED, {"reason": "execution_completed", "exit_code": 0}),
    (completed(exit_code=5), Cause.COMPLETED, SagaState.COMPLETED, {"reason": "execution_completed", "exit_code": 5}),
    (
        failed(),
        Cause.FAILED,
        SagaState.FAILED,
        {"reason": "execution_failed", "exit_code": 3, "error_type": "ScriptError"},
    ),
    (timed_out(), Cause.TIMEOUT, SagaState.TIMEOUT, {"reason": "execution_timeout"}),
    (cancelled(), Cause.CANCELLED, SagaState.CANCELLED, {"reason": "cancelled", "ended_by": "alice"}),
]


@pytest.mark.parametrize(("event", "cause", "state", "fields"), ENDINGS)
def test_a_terminal_event_ends_the_saga_and_gives_its_claim_back(
    event: Any, cause: Cause, state: SagaState, fields: dict[str, Any]
) -> None:
    saga = running()

    decision = decide(saga, event, LATER, rules(retention_seconds=77))

    fine = state is SagaState.COMPLETED
    messages = () if fine else ("delete_pod#1",)
    entry = TimelineEntry(LATER, cause, event.event_id, (*messages, f"saga_{state}#1"))
    expected = replace(
        saga,
        state=state,
        version=2,
        claim=None,
        compensated_steps=() if fine else ("create_pod", "allocate_resources"),
        deadline=None,
        deadline_shard=None,
        ended_at=LATER,
        expires=LATER // 1000 + 77,
        timeline=(*saga.timeline, entry),
        outbox=entry.messages,
        **fields,
    )
    assert decision == Decision(expected, Verdict.APPLIED, releases=CLAIM)
    assert decision.messages == entry.messages


def test_a_saga_whose_pod_runs_deletes_it_once_when_it_ends() -> None:
    assert decide(running(started()), failed(), LATER, rules()).messages == ("delete_pod#1", "saga_failed#1")


def test_what_was_never_ordered_is_not_deleted() -> None:
    saga = running(going_by=rules(publish_commands=False))

    decision = decide(saga, failed(), LATER, rules())

    assert decision.messages == ("saga_failed#1",)
    assert decision.saga is not None
    assert decision.saga.compensated_steps == ("create_pod", "allocate_resources")


def test_a_start_moves_the_deadline_to_the_end_of_the_run() -> None:
    saga = running()

    decision = decide(saga, started(), LATER, rules(run_grace_seconds=11))

    entry = TimelineEntry(LATER, Cause.STARTED, "s1")
    deadline = LATER + (30 + 11) * 1000
    expected = replace(
        saga, version=2, deadline=deadline, pod_name="pod-1", timeline=(*saga.timeline, entry), outbox=()
    )
    assert decision == Decision(expected, Verdict.APPLIED)


def test_a_second_start_under_another_id_changes_nothing() -> None:
    saga = running(started())

    assert decide(saga, started("s2"), LATER, rules()) == Decision(saga, Verdict.DUPLICATE)


@pytest.mark.parametrize("event", [started("same"), completed("same"), failed("same"), cancelled("same")])
def test_the_same_event_again_is_a_duplicate(event: Signal) -> None:
    saga = after(requested(), event)

    assert decide(saga, event, LATER, rules()) == Decision(saga, Verdict.DUPLICATE)


def test_an_id_is_one_event_only_within_its_type() -> None:
    saga = running(started("same"))

    assert decide(saga, completed("same"), LATER, rules()).verdict is Verdict.APPLIED


@pytest.mark.parametrize("event", [completed("new"), failed("new"), timed_out("new"), cancelled("new")])
def test_an_ended_saga_stays_as_it_is(event: Signal) -> None:
    saga = after(requested(), failed())

    noted = decide(saga, event, LATER, rules())

    if isinstance(event, ExecutionFailed):  # the kind that ended it
        assert noted == Decision(saga, Verdict.LATE)
        return
    assert isinstance(event, Event)
    entry = TimelineEntry(LATER, CAUSE_OF[event.type], "new")
    expected = replace(saga, version=saga.version + 1, timeline=(*saga.timeline, entry), outbox=())
    assert noted == Decision(expected, Verdict.NOTED)
    assert decide(expected, event, LATER, rules()) == Decision(expected, Verdict.DUPLICATE)
    assert decide(expected, replace(event, event_id="other"), LATER, rules()) == Decision(expected, Verdict.LATE)


def test_a_pod_that_starts_after_the_end_is_deleted_at_most_three_times_more() -> None:
    saga = after(requested(), failed())
    for again in (2, 3, 4):
        before = saga
        decision = decide(saga, started(f"s{again}"), LATER, rules())
        assert decision.saga is not None
        saga = decision.saga
        entry = TimelineEntry(LATER, Cause.STARTED, f"s{again}", (f"delete_pod#{again}",))
        assert decision == Decision(
            replace(
                before, version=before.version + 1, timeline=(*before.timeline, entry), outbox=(f"delete_pod#{again}",)
            ),
            Verdict.APPLIED,
        )

    assert decide(saga, started("s5"), LATER, rules()) == Decision(saga, Verdict.LATE)


def test_the_pod_of_a_completed_run_is_left_alone_however_late_it_reports() -> None:
    unseen = after(requested(), completed())

    noted = decide(unseen, started(), LATER, rules())
    assert (noted.verdict, noted.messages) == (Verdict.NOTED, ())
    assert noted.saga is not None
    assert (noted.saga.state, noted.saga.pod_name) == (SagaState.COMPLETED, "pod-1")
    assert decide(noted.saga, started(), LATER, rules()) == Decision(noted.saga, Verdict.DUPLICATE)
    assert decide(noted.saga, started("s2"), LATER, rules()) == Decision(noted.saga, Verdict.LATE)


@pytest.mark.parametrize("first", [(requested(), started(), completed()), (started(), completed(), requested())])
def test_another_pod_after_completion_is_deleted_at_most_three_times(first: tuple[Signal, ...]) -> None:
    saga = after(*first)
    for number in (1, 2, 3):
        decision = decide(saga, started(f"late-{number}", pod=f"pod-{number + 1}"), LATER, rules())
        assert decision.messages == (f"delete_pod#{number}",)
        assert decision.saga is not None
        saga = decision.saga
        assert (saga.state, saga.pod_name) == (SagaState.COMPLETED, "pod-1")

    assert decide(saga, started("late-4", pod="pod-9"), LATER, rules()) == Decision(saga, Verdict.LATE)


def test_a_start_without_a_pods_name_after_a_completed_run_is_taken_for_another_pod() -> None:
    saga = after(requested(), started(pod=None), completed())

    assert decide(saga, started("late", pod=None), LATER, rules()).messages == ("delete_pod#1",)


def test_while_commands_are_switched_off_none_goes_out_and_later_none_for_a_pod_that_was_never_ordered() -> None:
    off, on = rules(publish_commands=False), rules()
    had, ran = after(requested(), failed()), after(requested(), failed(), going_by=off)
    refused = after(started(), requested(script_of(0)), going_by=off)

    assert decide(had, started(), LATER, off) == Decision(had, Verdict.LATE)
    assert decide(had, started(), LATER, on).messages == ("delete_pod#2",)
    assert decide(running(), failed(), LATER, off).messages == ("saga_failed#1",)
    assert refused.outbox == ("saga_failed#1",)
    for saga in (ran, refused, replace(ran, shadow=False)):  # the last as code of before this was noted stored it
        assert decide(saga, started("s9"), LATER, on) == Decision(saga, Verdict.LATE)
        assert decide(saga, started("s9"), LATER, off) == Decision(saga, Verdict.LATE)


@pytest.mark.parametrize(("more", "reason"), [((), "start_deadline_passed"), ((started(),), "run_deadline_passed")])
def test_a_passed_deadline_ends_the_saga(more: tuple[Signal, ...], reason: str) -> None:
    saga = running(*more)
    assert saga.deadline is not None

    decision = decide(saga, DeadlinePassed(), saga.deadline, rules())

    entry = TimelineEntry(
        saga.deadline, Cause.DEADLINE, f"deadline:{saga.deadline}", ("delete_pod#1", "saga_timeout#1")
    )
    expected = replace(
        saga,
        state=SagaState.TIMEOUT,
        version=saga.version + 1,
        claim=None,
        compensated_steps=("create_pod", "allocate_resources"),
        deadline=None,
        deadline_shard=None,
        reason=reason,
        ended_at=saga.deadline,
        expires=saga.deadline // 1000 + 30 * 86_400,
        timeline=(*saga.timeline, entry),
        outbox=entry.messages,
    )
    assert decision == Decision(expected, Verdict.APPLIED, releases=CLAIM)


def test_a_deadline_that_has_not_passed_ends_nothing() -> None:
    saga = running()
    assert saga.deadline is not None

    assert decide(saga, DeadlinePassed(), saga.deadline - 1, rules()) == Decision(saga, Verdict.LATE)


@pytest.mark.parametrize(
    "saga", [None, after(completed()), after(requested(), failed()), replace(running(), deadline=None)]
)
def test_a_deadline_means_nothing_to_what_does_not_run(saga: Saga | None) -> None:
    assert decide(saga, DeadlinePassed(), NOW + 10**9, rules()) == Decision(saga, Verdict.LATE)


def test_a_deadline_means_nothing_to_a_stub_even_if_one_is_stored_there() -> None:
    stub = replace(after(completed()), deadline=NOW)

    assert decide(stub, DeadlinePassed(), LATER, rules()).verdict is Verdict.LATE


def test_what_changes_nothing_sends_nothing() -> None:
    saga = after(requested())

    duplicate = Decision(saga, Verdict.DUPLICATE)

    assert saga.outbox
    assert (duplicate.changed, duplicate.messages) == (False, ())
    assert Decision(saga, Verdict.REMEMBERED).changed
    assert Decision(None, Verdict.APPLIED).messages == ()


def test_only_terminal_events_have_an_ending() -> None:
    with pytest.raises(TypeError, match="ExecutionStarted ends nothing"):
        ending_of(started())
    with pytest.raises(TypeError, match="EarlyEvent ends nothing"):
        ending_of(EarlyEvent(NOW, Cause.STARTED, "s1", actor="alice", exit_code=0))


def test_what_has_ended_never_ends_again() -> None:
    saga, going_by = after(requested(), completed()), rules()
    entry = TimelineEntry(LATER, Cause.COMPLETED, "c2")
    with pytest.raises(IllegalTransition, match="completed -> completed"):
        end(saga, ending_of(completed("c2")), entry, going_by.definition, going_by.policy)


def test_a_path_through_the_table_is_checked_at_every_step() -> None:
    assert move((SagaState.CREATED, SagaState.COMPENSATING, SagaState.FAILED)) is SagaState.FAILED
    with pytest.raises(IllegalTransition, match="running -> failed"):
        move((SagaState.CREATED, SagaState.RUNNING, SagaState.FAILED, SagaState.FAILED))
    with pytest.raises(IllegalTransition):
        move((SagaState.COMPLETED, SagaState.RUNNING))


def test_a_delete_that_was_held_back_is_owed_once_commands_are_on_again() -> None:
    off, on = Policy(publish_commands=False), Policy()
    held_back = decide(running(), failed(), LATER, rules(publish_commands=False)).saga
    assert held_back is not None

    assert examine(held_back, EXECUTION_SAGA, off, LATER).repairs == ()
    assert examine(held_back, EXECUTION_SAGA, on, LATER).mended.outbox == ("delete_pod#1",)


def test_a_request_that_cannot_be_run_leaves_a_sound_saga() -> None:
    event = InvalidRequest(
        event_id="r1", execution_id="ex-1", correlation_id="c", owner="alice", faults=("language",), request_hash=b"h"
    )
    for signals in ((event,), (started(), event), (started(), completed(), event), (event, failed(), started())):
        saga = after(*signals)
        examined = examine(saga, EXECUTION_SAGA, Policy(), LATER)
        assert (examined.repairs, examined.by_hand) == ((), ())
        assert (saga.owner, saga.faults, saga.request) == ("alice", ("language",), None)

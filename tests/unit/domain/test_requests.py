"""A request: what it makes of nothing and of a stub, down to the last field."""

from dataclasses import replace
from typing import Any

import pytest

from saga_orchestrator.domain.decide import Decision, Rules, Verdict, decide
from saga_orchestrator.domain.definition import MessageSpec, SagaDefinition, Step, Undo
from saga_orchestrator.domain.events import ClaimRefused
from saga_orchestrator.domain.policy import Limit, Policy, Without
from saga_orchestrator.domain.saga import Cause, Saga, TimelineEntry, deadline_shard
from saga_orchestrator.domain.states import SagaState
from saga_testing.samples.sample_request import REQUEST
from tests.unit.samples import NOW, after, cancelled, completed, failed, requested, rules, script_of, started, timed_out

RUNNING = Saga(
    execution_id="ex-1",
    saga_name="execution_saga",
    definition_version=1,
    state=SagaState.RUNNING,
    version=1,
    created_at=NOW,
    correlation_id="corr-r",
    owner="alice",
    request=REQUEST,
    request_hash=b"hash",
    script_bucket="payloads",
    inline_script=False,
    create_before=NOW + 300_000,
    completed_steps=("validate_execution", "allocate_resources", "create_pod"),
    deadline=NOW + 300_000,
    deadline_shard=deadline_shard("ex-1", 8),
    timeline=(TimelineEntry(NOW, Cause.REQUESTED, "r1", ("saga_started#1", "create_pod#1")),),
    outbox=("saga_started#1", "create_pod#1"),
)


def test_a_request_starts_the_saga_and_claims_a_slot_of_its_language() -> None:
    assert decide(None, requested(), NOW, rules()) == Decision(RUNNING, Verdict.APPLIED, claims="python")


def test_the_first_deadline_and_the_pods_use_by_date_follow_the_start_deadline() -> None:
    saga = decide(None, requested(), NOW, rules(start_deadline_seconds=7)).saga

    assert saga is not None
    assert (saga.deadline, saga.create_before) == (NOW + 7_000, NOW + 7_000)


@pytest.mark.parametrize(("limit", "claims"), [(Without.UNLIMITED, None), (1, "python"), (2, "python")])
def test_a_language_without_a_limit_needs_no_slot(limit: Limit, claims: str | None) -> None:
    assert decide(None, requested(), NOW, rules(language_limits={"python": limit})).claims == claims


def test_a_refused_claim_of_a_language_that_lost_its_limit_meanwhile_is_no_refusal() -> None:
    decision = decide(None, ClaimRefused(requested()), NOW, rules(language_limits={"python": Without.UNLIMITED}))

    assert decision == Decision(RUNNING, Verdict.APPLIED, claims=None)


def test_with_commands_switched_off_the_step_is_done_without_its_command() -> None:
    saga = decide(None, requested(), NOW, rules(publish_commands=False)).saga

    assert saga == replace(
        RUNNING,
        shadow=True,
        timeline=(TimelineEntry(NOW, Cause.REQUESTED, "r1", ("saga_started#1",)),),
        outbox=("saga_started#1",),
    )


def test_messages_that_are_no_commands_are_sent_with_commands_switched_off_too() -> None:
    def nothing(_saga: Saga, _entry: TimelineEntry) -> dict[str, Any]:
        return {}

    definition = SagaDefinition(
        "two_steps",
        4,
        steps=(Step("first", emits=("notice", "command")), Step("second", emits=("notice",))),
        messages={"notice": MessageSpec("NOTICE", nothing, is_command=False), "command": MessageSpec("DO", nothing)},
    )
    policy = Policy(publish_commands=False)

    saga = decide(None, requested(), NOW, Rules(definition, policy)).saga

    assert saga is not None
    assert saga.outbox == ("saga_started#1", "notice#1", "notice#1")
    assert (saga.saga_name, saga.definition_version, saga.completed_steps) == ("two_steps", 4, ("first", "second"))


@pytest.mark.parametrize(("size", "inline"), [(99, True), (100, True), (101, False)])
def test_a_script_travels_inline_up_to_the_limit(size: int, inline: bool) -> None:
    saga = decide(None, requested(script_of(size)), NOW, rules(inline_script_max_bytes=100)).saga

    assert saga is not None
    assert saga.inline_script is inline


def test_a_script_by_reference_keeps_its_bucket_and_is_never_inline() -> None:
    referred = requested(script_of(1, bucket="theirs", key="k"))

    saga = decide(None, referred, NOW, rules(inline_script_max_bytes=100)).saga

    assert saga is not None
    assert (saga.script_bucket, saga.inline_script) == ("theirs", False)


def ended_at_once(stub_version: int, state: SagaState, entry: TimelineEntry, **fields: Any) -> Saga:
    base = replace(
        RUNNING,
        state=state,
        version=stub_version + 1,
        completed_steps=(),
        deadline=None,
        deadline_shard=None,
        ended_at=NOW,
        expires=NOW // 1000 + 30 * 86_400,
        timeline=(entry,),
        outbox=entry.messages,
    )
    return replace(base, **fields)


def test_without_a_free_slot_the_saga_fails_before_the_pod_is_ordered() -> None:
    entry = TimelineEntry(NOW, Cause.REQUESTED, "r1", ("saga_failed#1",))

    assert decide(None, ClaimRefused(requested()), NOW, rules()) == Decision(
        ended_at_once(0, SagaState.FAILED, entry, reason="limit_reached", completed_steps=("validate_execution",)),
        Verdict.APPLIED,
    )


def test_a_failed_step_whose_outcome_is_unknown_is_taken_back_too() -> None:
    def nothing(_saga: Saga, _entry: TimelineEntry) -> dict[str, Any]:
        return {}

    def body_of(undo_when_failed: bool) -> SagaDefinition:
        return SagaDefinition(
            "careful",
            1,
            steps=(
                Step("first", undo=Undo(emits=("undo_first",))),
                Step("plain"),
                Step(
                    "second",
                    check=lambda _context: "no_luck",
                    emits=("order",),
                    undo=Undo(emits=("undo_second",)),
                    undo_when_failed=undo_when_failed,
                ),
                Step("third", undo=Undo(emits=("undo_third",))),
            ),
            messages={
                kind: MessageSpec(kind, nothing) for kind in ("undo_first", "undo_second", "undo_third", "order")
            },
        )

    careful = decide(None, requested(), NOW, Rules(body_of(True), Policy())).saga
    careless = decide(None, requested(), NOW, Rules(body_of(False), Policy())).saga

    assert careful is not None
    assert careless is not None
    assert careful.outbox == ("undo_second#1", "undo_first#1", "saga_failed#1")
    assert careful.compensated_steps == ("second", "first")
    assert careful.completed_steps == ("first", "plain")
    assert careless.outbox == ("undo_first#1", "saga_failed#1")
    assert careless.compensated_steps == ("first",)
    assert careful.reason == "no_luck"


def test_a_request_that_the_policy_refuses_ends_failed_with_the_reason() -> None:
    entry = TimelineEntry(NOW, Cause.REQUESTED, "r1", ("saga_failed#1",))

    too_long = replace(REQUEST, timeout_seconds=301)

    decision = decide(None, requested(too_long), NOW, rules())

    assert decision == Decision(
        ended_at_once(0, SagaState.FAILED, entry, reason="timeout_too_long", request=too_long), Verdict.APPLIED
    )


def test_a_request_after_a_start_waits_for_the_end_of_the_run() -> None:
    stub = after(started())

    decision = decide(stub, requested(), NOW + 5, rules(run_grace_seconds=11))

    expected = replace(
        RUNNING,
        version=2,
        created_at=NOW + 5,
        create_before=NOW + 5 + 300_000,
        deadline=NOW + 5 + (30 + 11) * 1000,
        pod_name="pod-1",
        timeline=(
            TimelineEntry(NOW, Cause.STARTED, "s1"),
            TimelineEntry(NOW + 5, Cause.REQUESTED, "r1", ("saga_started#1", "create_pod#1")),
        ),
    )
    assert decision == Decision(expected, Verdict.APPLIED, claims="python")


EARLY = [
    (completed(exit_code=0), SagaState.COMPLETED, {"reason": "execution_completed", "exit_code": 0}),
    (failed(), SagaState.FAILED, {"reason": "execution_failed", "exit_code": 3, "error_type": "ScriptError"}),
    (timed_out(), SagaState.TIMEOUT, {"reason": "execution_timeout"}),
    (cancelled(), SagaState.CANCELLED, {"reason": "cancelled", "ended_by": "alice"}),
]


@pytest.mark.parametrize(("early", "state", "fields"), EARLY)
def test_a_request_after_a_terminal_event_ends_at_once_and_starts_nothing(
    early: Any, state: SagaState, fields: dict[str, Any]
) -> None:
    stub = after(early)

    decision = decide(stub, requested(), NOW, rules())

    entry = TimelineEntry(NOW, Cause.REQUESTED, "r1", (f"saga_{state}#1",))
    remembered = TimelineEntry(NOW, stub.early[0].cause, early.event_id)
    assert decision == Decision(ended_at_once(1, state, entry, timeline=(remembered, entry), **fields), Verdict.APPLIED)


def test_the_first_terminal_event_before_the_request_decides() -> None:
    stub = after(started(), failed(), completed())

    saga = decide(stub, requested(), NOW, rules()).saga

    assert saga is not None
    assert saga.state is SagaState.FAILED
    assert saga.outbox == ("delete_pod#1", "saga_failed#1"), "the pod that was seen must go"
    assert saga.compensated_steps == ()


def test_a_pod_seen_before_a_request_that_completed_is_left_alone() -> None:
    saga = decide(after(started(), completed()), requested(), NOW, rules()).saga

    assert saga is not None
    assert saga.outbox == ("saga_completed#1",)


def test_the_same_request_again_changes_nothing() -> None:
    saga = after(requested())

    assert decide(saga, requested(event_id="r2"), NOW, rules()) == Decision(saga, Verdict.DUPLICATE)


def test_a_stub_without_events_is_started_like_nothing() -> None:
    stub = Saga("ex-1", "execution_saga", 1, SagaState.CREATED, 3, NOW - 1, "corr-s", early=())

    assert decide(stub, requested(), NOW, rules()).saga == replace(RUNNING, version=4)

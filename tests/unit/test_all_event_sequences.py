"""Every sequence of up to six signals, from every prefix: what must hold in every reachable saga holds in all of them.

Seven symbols: the request, five other events, and a deadline that has passed. 7 + 49 + ... + 7^6 = 137,256 sequences.
The nightly run (SAGA_EXHAUSTIVE=1) goes on to those of seven, 960,799 in all.
"""

import os
from dataclasses import dataclass, replace
from typing import Any

import pytest

from saga_orchestrator.domain.decide import Rules, decide
from saga_orchestrator.domain.errors import RejectedEvent
from saga_orchestrator.domain.events import (
    DeadlinePassed,
    Event,
    ExecutionCancelled,
    ExecutionCompleted,
    ExecutionFailed,
    ExecutionRequested,
    ExecutionStarted,
    ExecutionTimedOut,
    Signal,
)
from saga_orchestrator.domain.policy import Policy
from saga_orchestrator.domain.render import render
from saga_orchestrator.domain.saga import Claim, Saga
from saga_orchestrator.domain.states import TRANSITIONS, SagaState
from saga_testing.samples.sample_request import REQUEST
from sagas.execution import EXECUTION_SAGA

NOW = 1_795_500_000_000
STEP_MS = 3_600_000
"""So long between two signals that any deadline has passed when the next one comes."""
RULES = Rules(EXECUTION_SAGA, Policy(payload_bucket="payloads", request_max_age_seconds=30 * 86_400))


def symbols(depth: int) -> tuple[Signal, ...]:
    ids: dict[str, Any] = {"event_id": f"e{depth}", "execution_id": "ex", "correlation_id": "c"}
    return (
        ExecutionRequested(**ids, requested_at=NOW, owner="alice", request=REQUEST, request_hash=b"r"),
        ExecutionStarted(**ids),
        ExecutionCompleted(**ids, exit_code=0),
        ExecutionFailed(**ids, exit_code=1, error_type=None),
        ExecutionTimedOut(**ids),
        ExecutionCancelled(**ids, actor="alice", by_operator=False),
        DeadlinePassed(),
    )


@dataclass
class Seen:
    sequences: int = 0


def explore(saga: Saga | None, held: bool, depth: int, limit: int, seen: Seen) -> None:
    if depth == limit:
        return
    now = NOW + depth * STEP_MS
    for signal in symbols(depth):
        seen.sequences += 1
        decision = decide(saga, signal, now, RULES)
        after = decision.saga
        if not decision.changed:
            assert after is saga
            explore(saga, held, depth + 1, limit, seen)
            continue
        assert after is not None
        if decision.claims is not None:
            after = replace(after, claim=Claim(decision.claims, 0))  # the store fills in which shard had room
        holds = (held or decision.claims is not None) and decision.releases is None
        check_step(saga, after, now)
        assert holds == (after.state is SagaState.RUNNING), "a claim is held exactly while the saga runs"
        if isinstance(signal, Event):
            again = decide(after, signal, now + 1, RULES)
            assert not again.changed, "the same event twice has no second effect"
        explore(after, holds, depth + 1, limit, seen)


def check_step(before: Saga | None, after: Saga, now: int) -> None:
    assert after.version == (before.version if before else 0) + 1
    if before is not None and before.state is not after.state:
        direct = after.state in TRANSITIONS[before.state]
        through = (
            SagaState.COMPENSATING in TRANSITIONS[before.state] and after.state in TRANSITIONS[SagaState.COMPENSATING]
        )
        assert direct or through
    if before is not None and before.state.is_terminal:
        assert after.state is before.state
    emitted = [key for entry in after.timeline for key in entry.messages]
    assert len(emitted) == len(set(emitted))
    creates, deletes = after.occurrences("create_pod"), after.occurrences("delete_pod")
    assert creates <= 1
    assert deletes <= 4
    outcomes = sum(after.occurrences(f"saga_{state}") for state in ("completed", "failed", "timeout", "cancelled"))
    assert outcomes == (1 if after.state.is_terminal else 0)
    if after.state in {SagaState.FAILED, SagaState.TIMEOUT, SagaState.CANCELLED} and creates:
        assert deletes >= 1, "a pod that was ordered is deleted again"
        assert after.compensated_steps == ("create_pod", "allocate_resources")
    if after.state.is_terminal:
        assert (after.deadline, after.deadline_shard) == (None, None)
        assert after.expires is not None
    elif after.state is SagaState.RUNNING:
        assert after.deadline is not None
        assert after.deadline > now
        assert after.expires is None
    else:
        assert after.outbox == ()
        assert after.expires is not None
    for key in after.outbox:
        assert render(after, key, EXECUTION_SAGA).id.endswith(key)


LENGTHS = [(6, 137_256)] if os.environ.get("SAGA_EXHAUSTIVE") != "1" else [(7, 960_799)]


@pytest.mark.parametrize(("limit", "expected"), LENGTHS)
def test_every_sequence_of_signals_keeps_every_promise(limit: int, expected: int) -> None:
    seen = Seen()

    explore(None, False, 0, limit, seen)

    assert seen.sequences == expected


def test_a_message_rendered_later_has_the_same_bytes() -> None:
    """Over all sequences of four: whatever was emitted renders the same in every later version of the saga."""

    def walk(saga: Saga | None, known: dict[str, str], depth: int) -> None:
        if depth == 4:
            return
        for signal in symbols(depth):
            decision = decide(saga, signal, NOW + depth * STEP_MS, RULES)
            if not decision.changed or decision.saga is None:
                continue
            bodies = {
                key: render(decision.saga, key, EXECUTION_SAGA).encode()
                for entry in decision.saga.timeline
                for key in entry.messages
            }
            assert known.items() <= bodies.items()
            walk(decision.saga, bodies, depth + 1)

    walk(None, {}, 0)


def test_a_wrong_second_request_is_refused_in_every_state() -> None:
    other = ExecutionRequested(
        event_id="x",
        execution_id="ex",
        correlation_id="c",
        requested_at=NOW,
        owner="bob",
        request=REQUEST,
        request_hash=b"o",
    )
    saga: Saga | None = None
    for signal in symbols(0)[:3]:
        saga = decide(saga, signal, NOW, RULES).saga
        with pytest.raises(RejectedEvent, match="conflicting_request"):
            decide(saga, other, NOW, RULES)

"""Moves as signals of the core: of a waiting saga, or of an execution."""

import json
from dataclasses import replace
from typing import Any

from saga_orchestrator.domain.decide import LIMIT_REACHED, Decision, Rules, decide
from saga_orchestrator.domain.events import (
    ClaimRefused,
    DeadlinePassed,
    Event,
    ExecutionCancelled,
    ExecutionCompleted,
    ExecutionFailed,
    ExecutionRequested,
    ExecutionStarted,
    ExecutionTimedOut,
)
from saga_orchestrator.domain.flow.deciding import decide_waiting
from saga_orchestrator.domain.flow.signals import CancelAsked, CommandAnswered, SagaOpened, SagaSignal, StepReported
from saga_orchestrator.domain.flow.terms import Answer
from saga_orchestrator.domain.flow.verbs import OperatorActed, Verb
from saga_orchestrator.domain.saga import Saga
from saga_testing.proving.moves import ADMIN
from saga_testing.proving.situation import Kind, Move, answer_id
from saga_testing.proving.subject import Subject
from saga_testing.samples.sample_events import NOW_MS
from saga_testing.samples.sample_request import REQUEST

ECHOED = 9
"""Beyond all attempts."""

Signal = SagaSignal | Event | DeadlinePassed


def decided(
    subject: Subject, saga: Saga | None, signal: Signal, now: int, rules: Rules, *, no_room: bool = False
) -> Decision:
    """What the core makes of it."""
    if subject.waits:
        assert not isinstance(signal, Event)
        return decide_waiting(saga, signal, now, rules, claim_refused=LIMIT_REACHED if no_room else None)
    assert not isinstance(signal, SagaSignal)
    refused = ClaimRefused(signal) if no_room and isinstance(signal, ExecutionRequested) else signal
    return decide(saga, refused, now, rules)


def signal_of(subject: Subject, move: Move) -> Signal:
    """An event's identity is what it says: a move that happens twice is a redelivery, except for echoes and verbs."""
    if move.kind in {Kind.TIME, Kind.WAKE}:
        return DeadlinePassed()
    return _of_flow(subject, move) if subject.waits else _of_an_execution(subject, move)


def event_id_of(move: Move) -> str:
    if move.kind in {Kind.REPLY, Kind.ECHO, Kind.STRAY}:
        return answer_id(move.kind, move.about, move.answer)
    return ":".join(filter(None, (move.kind, move.about, move.actor, move.verb)))


def _of_flow(subject: Subject, move: Move) -> SagaSignal:
    identity: dict[str, Any] = {
        "event_id": event_id_of(move),
        "event_type": move.about,
        "key": subject.key,
        "correlation_id": "c-1",
    }
    match move.kind:
        case Kind.START:
            return opened(subject, identity)
        case Kind.REPORT:
            return StepReported(**identity, actor=move.actor)
        case Kind.CANCEL:
            return CancelAsked(**identity, actor=move.actor)
        case Kind.OPERATE:
            return OperatorActed(**identity, verb=move.verb or Verb.RETRY, actor=ADMIN, step=move.about)
        case _:
            return _answered(subject, move, identity)


def opened(subject: Subject, identity: dict[str, Any]) -> SagaOpened:
    return SagaOpened(
        **{**identity, "event_type": subject.definition.starts.event_type if subject.definition.starts else ""},
        requested_at=NOW_MS,
        owner=subject.owner,
        input=json.dumps(dict(subject.input), sort_keys=True),
        request_hash=b"h",
    )


def _answered(subject: Subject, move: Move, identity: dict[str, Any]) -> CommandAnswered:
    return CommandAnswered(
        **{**identity, "event_type": "COMMAND_REPLY"},
        message=move.about,
        answer=move.answer or Answer.DONE,
        reason="out_of_it" if move.answer is Answer.REFUSED else None,
        data=data_told(subject, move),
    )


def data_told(subject: Subject, move: Move) -> dict[str, Any]:
    """With a *done* that is usable. Whoever says it once more says something else than at first."""
    kind, _, occurrence = move.about.partition("#")
    asking = subject.asking[kind]
    if move.answer is not Answer.DONE or asking.is_undo or not move.usable:
        return {}
    return subject.data_of(asking.step, int(occurrence) + (ECHOED if move.kind is Kind.ECHO else 0))


def _of_an_execution(subject: Subject, move: Move) -> Event:
    identity: dict[str, Any] = {
        "event_id": event_id_of(move),
        "execution_id": subject.key,
        "correlation_id": "c-1",
    }
    if move.kind is Kind.START:
        return _requested(subject, identity)
    if move.kind is Kind.CANCEL:
        return ExecutionCancelled(**identity, actor=move.actor, by_operator=False)
    match move.about:
        case "EXECUTION_STARTED":
            return ExecutionStarted(**identity, pod_name="pod-1")
        case "EXECUTION_COMPLETED":
            return ExecutionCompleted(**identity, exit_code=0)
        case "EXECUTION_FAILED":
            return ExecutionFailed(**identity, exit_code=1, error_type="ScriptError")
        case _:
            return ExecutionTimedOut(**identity)


def _requested(subject: Subject, identity: dict[str, Any]) -> ExecutionRequested:
    request = replace(REQUEST, **subject.input)
    return ExecutionRequested(**identity, requested_at=NOW_MS, owner=subject.owner, request=request, request_hash=b"h")

"""Signals, rules and sagas with every field set to something of its own, so that no two can be mixed up unseen."""

from dataclasses import replace
from typing import Any, Final

from saga_orchestrator.domain.decide import Decision, Rules, decide
from saga_orchestrator.domain.events import (
    ExecutionCancelled,
    ExecutionCompleted,
    ExecutionFailed,
    ExecutionRequest,
    ExecutionRequested,
    ExecutionStarted,
    ExecutionTimedOut,
    Script,
    Signal,
)
from saga_orchestrator.domain.policy import Policy
from saga_orchestrator.domain.saga import Saga
from saga_testing.samples.sample_request import REQUEST
from sagas.execution import EXECUTION_SAGA

NOW: Final = 1_795_500_000_123


def rules(**policy: Any) -> Rules:
    return Rules(EXECUTION_SAGA, Policy(**{"payload_bucket": "payloads", **policy}))


def requested(request: ExecutionRequest = REQUEST, **fields: Any) -> ExecutionRequested:
    defaults: dict[str, Any] = {
        "event_id": "r1",
        "execution_id": "ex-1",
        "correlation_id": "corr-r",
        "requested_at": NOW,
        "owner": "alice",
        "request_hash": b"hash",
    }
    return ExecutionRequested(request=request, **defaults | fields)


def _ids(event_id: str) -> dict[str, Any]:
    return {"event_id": event_id, "execution_id": "ex-1", "correlation_id": f"corr-{event_id}"}


def started(event_id: str = "s1", pod: str | None = "pod-1") -> ExecutionStarted:
    return ExecutionStarted(**_ids(event_id), pod_name=pod)


def completed(event_id: str = "c1", exit_code: int = 0) -> ExecutionCompleted:
    return ExecutionCompleted(**_ids(event_id), exit_code=exit_code)


def failed(event_id: str = "f1", exit_code: int = 3, error_type: str | None = "ScriptError") -> ExecutionFailed:
    return ExecutionFailed(**_ids(event_id), exit_code=exit_code, error_type=error_type)


def timed_out(event_id: str = "t1") -> ExecutionTimedOut:
    return ExecutionTimedOut(**_ids(event_id))


def cancelled(event_id: str = "x1", actor: str | None = "alice", *, by_operator: bool = False) -> ExecutionCancelled:
    return ExecutionCancelled(**_ids(event_id), actor=actor, by_operator=by_operator)


def script_of(size: int, **fields: Any) -> ExecutionRequest:
    return replace(REQUEST, script=Script(size, b"\x01" * 32, **fields))


def after(*signals: Signal, saga: Saga | None = None, going_by: Rules | None = None) -> Saga:
    """The saga once `signals` came, a second apart."""
    decision = Decision(saga, verdict=None)  # type: ignore[arg-type]  # nothing was decided yet
    for second, signal in enumerate(signals):
        decision = decide(decision.saga, signal, NOW + second * 1000, going_by or rules())
    assert decision.saga is not None
    return decision.saga

"""A saga as people and programs read it: everything that is stored, except what is the user's own data."""

from collections.abc import Iterator
from typing import Any

from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.executions.request_rules import sentence
from saga_orchestrator.domain.instants import rfc3339
from saga_orchestrator.domain.operating.acts import Act
from saga_orchestrator.domain.saga import Saga, TimelineEntry
from saga_orchestrator.domain.traceparent import unpacked

from .kinds import DefinitionOf
from .ledger_words import awaited_by, declared_steps, parked_in, parked_since, shown_of, steps_of
from .moments import moment

Facts = dict[str, Any]


def summary(saga: Saga) -> Facts:
    """What a list shows of a saga."""
    return {
        "execution_id": saga.execution_id,
        "saga_name": saga.saga_name,
        "state": str(saga.state),
        "reason": saga.reason,
        "parked": parked_in(saga),
        "parked_since": moment(parked_since(saga)),
        "language": saga.request.language if saga.request else None,
        "owner": saga.owner,
        "created_at": moment(saga.created_at),
        "ended_at": moment(saga.ended_at),
        "deadline": moment(saga.deadline),
    }


def owners_view(saga: Saga) -> Facts:
    """What somebody is told of his own: where it stands and since when. Who did what, and where it runs, is not his."""
    return {
        "execution_id": saga.execution_id,
        "saga_name": saga.saga_name,
        "state": str(saga.state),
        "reason": saga.reason,
        "position": None,  # nothing waits for its turn yet
        "created_at": moment(saga.created_at),
        "ended_at": moment(saga.ended_at),
        "deadline": moment(saga.deadline),
    }


def details(saga: Saga, named: DefinitionOf) -> Facts:
    """Everything that is stored, except what is the user's own data and not marked as shown.

    What `named` says today counts, whichever definition the saga began under: what is unmarked is hidden at once.
    """
    definition = named(saga.saga_name)
    return {
        **summary(saga),
        "saga_id": saga.saga_id,
        "version": saga.version,
        "definition_version": saga.definition_version,
        "correlation_id": saga.correlation_id,
        "slot": {"language": saga.claim.resource, "shard": saga.claim.shard} if saga.claim else None,
        "start_before": moment(saga.create_before),
        "exit_code": saga.exit_code,
        "error_type": saga.error_type,
        "ended_by": saga.ended_by,
        "failed_step": saga.failed_step,
        "outcome": str(saga.outcome) if saga.outcome else None,
        "errors": [{"at": rfc3339(each.at), "message": each.message, "reason": each.reason} for each in saga.errors],
        "invalid": [sentence(fault) for fault in saga.faults],
        "image": saga.request.runtime_image if saga.request else None,
        "limits": _limits(saga),
        **_waits(saga, named),
        "must_end_by": moment(saga.saga_due),
        "shown": shown_of(saga, definition),
        "steps": steps_of(saga, definition),
        "declared_steps": declared_steps(definition),
        "pod_name": saga.pod_name,
        "node_name": saga.node_name,
        "shadow": saga.shadow,
        "traceparent": unpacked(saga.traceparent) if saga.traceparent else None,
        "kept_until": moment(saga.expires * 1000 if saga.expires else None),
        "completed_steps": list(saga.completed_steps),
        "compensated_steps": list(saga.compensated_steps),
        "messages": [f"{saga.saga_id}:{key}" for entry in saga.timeline for key in entry.messages],
        "timeline": [
            {
                "at": rfc3339(entry.at),
                "cause": entry.cause.name.lower(),
                "event_id": entry.event_id,
                "messages": list(entry.messages),
                "late": late,
            }
            for entry, late in _told(saga)
        ],
        "early_events": [
            {
                "at": rfc3339(early.at),
                "cause": early.cause.name.lower(),
                "event_id": early.event_id,
                "actor": early.actor,
                "trusted": early.trusted,
            }
            for early in saga.early
        ],
    }


def act_facts(act: Act) -> Facts:
    """What somebody did, as programs read it."""
    return {
        "at": rfc3339(act.at),
        "target": act.id.target,
        "verb": act.verb,
        "actor": act.id.actor,
        "verified": act.is_verified,
        "door": act.door,
        "role": act.role,
        "reason": act.reason,
        "result": act.result,
        "version_before": act.version_before,
        "version_after": act.version_after,
        "key": act.id.key,
        "operation": act.operation or None,
    }


def _limits(saga: Saga) -> Facts | None:
    request = saga.request
    if request is None:
        return None
    return {"cpu": request.cpu_limit, "memory": request.memory_limit, "seconds": request.timeout_seconds}


def _waits(saga: Saga, named: DefinitionOf) -> Facts:
    """What would move it next, and the instant at which it is moved without that."""
    if saga.is_stub:
        return {
            "waits_for": _start_of(named(saga.saga_name)),
            "waits_until": moment(saga.expires * 1000 if saga.expires else None),
        }
    if saga.state.is_terminal:
        return {"waits_for": None, "waits_until": None}
    if saga.ledger:
        return {"waits_for": awaited_by(saga, named(saga.saga_name)), "waits_until": moment(saga.deadline)}
    awaited = "the end of the run" if saga.has_started else "EXECUTION_STARTED"
    return {"waits_for": awaited, "waits_until": moment(saga.deadline)}


def _start_of(definition: SagaDefinition | None) -> str:
    return definition.starts.event_type if definition and definition.starts else "EXECUTION_REQUESTED"


def _told(saga: Saga) -> Iterator[tuple[TimelineEntry, bool]]:
    """Each entry, and whether it came after the one that ended the saga."""
    ended = False
    for entry in saga.timeline:
        yield entry, ended
        ended = ended or (saga.state.is_terminal and f"saga_{saga.state}#1" in entry.messages)

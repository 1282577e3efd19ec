"""Sagas as people and programs read them: from the table, through the same mapping that the functions write with."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from saga_orchestrator.adapters.saga_models import SagaReader
from saga_orchestrator.domain.errors import CorruptSaga
from saga_orchestrator.domain.instants import rfc3339
from saga_orchestrator.domain.request_rules import sentence
from saga_orchestrator.domain.saga import Saga
from sagactl.deployment import Deployment
from sagactl.errors import NotDoneError, NotFoundError

Facts = dict[str, Any]


def sagas_of(deployment: Deployment, execution_id: str) -> list[Saga]:
    """Every saga of one execution, at least one."""
    try:
        found = _reader(deployment).of_execution(execution_id)
    except CorruptSaga as error:
        raise NotDoneError(f"{execution_id}: {error.detail}; see `sagactl reconcile --dry-run`") from error
    if not found:
        raise NotFoundError(f"no saga for execution {execution_id} in table {deployment.table}")
    return found


def all_sagas(deployment: Deployment, state: str | None = None) -> Iterator[Saga]:
    """Every saga, in the table's order; reads the whole table as it goes."""
    try:
        yield from _reader(deployment).all(state)
    except CorruptSaga as error:
        message = f"{error.detail}; `sagactl reconcile --dry-run` names it (table {deployment.table})"
        raise NotDoneError(message) from error


def newest_of(sagas: Iterator[Saga], limit: int) -> list[Saga]:
    """The first `limit` sagas that the table yields, newest first: a scan has no order, and is not paid for in full."""
    return sorted(islice(sagas, limit), key=lambda saga: saga.created_at, reverse=True)


def summary(saga: Saga) -> Facts:
    """What a list shows of a saga."""
    return {
        "execution_id": saga.execution_id,
        "saga_name": saga.saga_name,
        "state": str(saga.state),
        "reason": saga.reason,
        "language": saga.request.language if saga.request else None,
        "owner": saga.owner,
        "created_at": rfc3339(saga.created_at),
        "ended_at": moment(saga.ended_at),
        "deadline": moment(saga.deadline),
    }


def details(saga: Saga) -> Facts:
    """Everything that is stored, except what is the user's own data."""
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
        "invalid": [sentence(fault) for fault in saga.faults],
        "pod_name": saga.pod_name,
        "node_name": saga.node_name,
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
            }
            for entry in saga.timeline
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


def moment(millis: int | None) -> str | None:
    """An instant as the messages write it."""
    return None if millis is None else rfc3339(millis)


def now_rfc3339() -> str:
    """This machine's clock."""
    return rfc3339(int(datetime.now(UTC).timestamp() * 1000))


def _reader(deployment: Deployment) -> SagaReader:
    return SagaReader(deployment.client("dynamodb"), deployment.table)

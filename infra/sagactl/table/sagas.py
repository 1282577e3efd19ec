"""Sagas as people and programs read them: from the table, through the same mapping that the functions write with."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import nlargest
from typing import Any

from saga_orchestrator.adapters.saga_codec import decode
from saga_orchestrator.adapters.saga_models import SagaReader
from saga_orchestrator.application.rejected_events import unexpected
from saga_orchestrator.domain.errors import RejectedEvent
from saga_orchestrator.domain.executions.request_rules import sentence
from saga_orchestrator.domain.instants import rfc3339
from saga_orchestrator.domain.saga import Saga, TimelineEntry
from sagactl.deployment import Deployment
from sagactl.errors import NotDoneError, NotFoundError
from sagactl.outlet import tell
from sagactl.table.ledger_steps import awaited_by, parked_in, steps_of
from sagactl.table.moments import moment
from sagactl.table.stored_items import stored_items
from sagas import SAGAS

Facts = dict[str, Any]


@dataclass(frozen=True)
class Unreadable:
    """An item that no function can use, by its key and what is wrong with it."""

    execution_id: str
    detail: str


def sagas_of(deployment: Deployment, execution_id: str) -> list[Saga]:
    """Every saga of one execution that can be read, at least one; the others are told of."""
    unreadable: list[Unreadable] = []
    found = _reader(deployment).of_execution(
        execution_id, lambda corrupt: unreadable.append(Unreadable(execution_id, corrupt.detail))
    )
    if unreadable and not found:
        raise NotDoneError(f"{execution_id}: {unreadable[0].detail}; see `sagactl reconcile --dry-run`")
    if not found:
        raise NotFoundError(f"no saga for execution {execution_id} in table {deployment.table}")
    tell_unreadable(unreadable)
    return found


def readable(deployment: Deployment, unreadable: list[Unreadable]) -> Iterator[Saga]:
    """Every saga, in the table's order; reads the whole table as it goes. What cannot be read is put into `unreadable`,
    and keeps nobody from seeing the others.
    """
    for item in stored_items(deployment):
        if item["execution_id"]["S"].startswith("#"):
            continue  # counters, and whatever later releases keep beside the sagas
        try:
            saga = decode(item)
        except RejectedEvent as error:
            unreadable.append(Unreadable(item["execution_id"]["S"], error.detail))
        except Exception as bug:  # noqa: BLE001 - the boundary between items: one must not hide all others
            unreadable.append(Unreadable(item["execution_id"]["S"], unexpected(bug).detail))
        else:
            yield saga


def tell_unreadable(unreadable: list[Unreadable]) -> None:
    """Name them on standard error, so that neither a table nor a program's input hides them."""
    for each in unreadable:
        tell(f"{each.execution_id} was passed over: {each.detail}")
    if unreadable:
        tell(f"{len(unreadable)} unreadable; see `sagactl reconcile --dry-run`")


@dataclass(frozen=True)
class Wanted:
    """Which sagas a list is about. Every condition that is given must hold."""

    state: str | None = None
    language: str | None = None
    owner: str | None = None
    reason: str | None = None
    saga_name: str | None = None
    since: int | None = None
    after: tuple[int, str, str] | None = None
    """The place in the order behind which the list goes on."""

    def takes(self, saga: Saga) -> bool:
        language = saga.request.language if saga.request else None
        return (
            self.state in {None, str(saga.state)}
            and self.language in {None, language}
            and self.owner in {None, saga.owner}
            and self.reason in {None, saga.reason}
            and self.saga_name in {None, saga.saga_name}
            and (self.since is None or saga.created_at >= self.since)
            and (self.after is None or place(saga) < self.after)
        )


def place(saga: Saga) -> tuple[int, str, str]:
    """Its place in the order of creation; no two sagas share one."""
    return (saga.created_at, saga.execution_id, saga.saga_name)


def newest_of(sagas: Iterable[Saga], wanted: Wanted, limit: int) -> list[Saga]:
    """The newest of all: a scan has no order, so every item is read. No more than `limit` are ever held."""
    return nlargest(limit, filter(wanted.takes, sagas), key=place)


def summary(saga: Saga) -> Facts:
    """What a list shows of a saga."""
    return {
        "execution_id": saga.execution_id,
        "saga_name": saga.saga_name,
        "state": str(saga.state),
        "reason": saga.reason,
        "parked": parked_in(saga),
        "language": saga.request.language if saga.request else None,
        "owner": saga.owner,
        "created_at": moment(saga.created_at),
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
        "image": saga.request.runtime_image if saga.request else None,
        "limits": _limits(saga),
        **_waits(saga),
        "steps": steps_of(saga),
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


def _limits(saga: Saga) -> Facts | None:
    request = saga.request
    if request is None:
        return None
    return {"cpu": request.cpu_limit, "memory": request.memory_limit, "seconds": request.timeout_seconds}


def _waits(saga: Saga) -> Facts:
    """What would move it next, and the instant at which it is moved without that."""
    if saga.is_stub:
        return {
            "waits_for": _start_of(saga),
            "waits_until": moment(saga.expires * 1000 if saga.expires else None),
        }
    if saga.state.is_terminal:
        return {"waits_for": None, "waits_until": None}
    if saga.ledger:
        return {"waits_for": awaited_by(saga), "waits_until": moment(saga.deadline)}
    awaited = "the end of the run" if saga.has_started else "EXECUTION_STARTED"
    return {"waits_for": awaited, "waits_until": moment(saga.deadline)}


def _start_of(saga: Saga) -> str:
    definition = SAGAS.named(saga.saga_name)
    return definition.starts.event_type if definition and definition.starts else "EXECUTION_REQUESTED"


def _told(saga: Saga) -> Iterator[tuple[TimelineEntry, bool]]:
    """Each entry, and whether it came after the one that ended the saga."""
    ended = False
    for entry in saga.timeline:
        yield entry, ended
        ended = ended or (saga.state.is_terminal and f"saga_{saga.state}#1" in entry.messages)


def _reader(deployment: Deployment) -> SagaReader:
    return SagaReader(deployment.client("dynamodb"), deployment.table)

"""Sagas as people and programs read them: from the table, through the same mapping that the functions write with."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import nlargest
from typing import Any

from saga_orchestrator.adapters.saga_codec import decode
from saga_orchestrator.adapters.saga_models import SagaReader
from saga_orchestrator.application import describing
from saga_orchestrator.application.describing import summary
from saga_orchestrator.application.rejected_events import unexpected
from saga_orchestrator.domain.errors import RejectedEvent
from saga_orchestrator.domain.saga import Saga
from sagactl.deployment import Deployment
from sagactl.errors import NotDoneError, NotFoundError
from sagactl.outlet import tell
from sagactl.table.stored_items import stored_items
from sagas import SAGAS

__all__ = ["details", "summary"]

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


def details(saga: Saga) -> Facts:
    """By the definitions that are installed here."""
    return describing.details(saga, SAGAS.named)


def _reader(deployment: Deployment) -> SagaReader:
    return SagaReader(deployment.client("dynamodb"), deployment.table)

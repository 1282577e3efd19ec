"""What is shown of a saga, and to whom: owners see less of their own, and of others not that they are there."""

from typing import Any

from saga_orchestrator.api_bootstrap import ApiResources
from saga_orchestrator.application.describing import details, owners_view, summary
from saga_orchestrator.application.listing import Unreadable
from saga_orchestrator.domain.errors import CorruptSaga
from saga_orchestrator.domain.operating.acts import Role, names_a_saga
from saga_orchestrator.domain.operating.owning import may_see
from saga_orchestrator.domain.saga import Saga

from .callers import Caller
from .problems import unknown
from .requests import Request, etag


def seen(api: ApiResources, request: Request, caller: Caller) -> Saga:
    """The saga that the route names, strongly consistent.

    Raises:
        Problem: there is none that the caller may see.
    """
    saga_name, key = request.path.get("name", ""), request.path.get("key", "")
    saga = _stored(api, saga_name, key, caller) if names_a_saga(saga_name, key) else None
    if saga is None or not sees(api, saga, caller):
        raise unknown()
    return saga


def sees(api: ApiResources, found: Saga | Unreadable, caller: Caller) -> bool:
    """Whose an unreadable one is nobody knows, so it is no owner's."""
    if isinstance(found, Unreadable):
        return caller.role is not Role.OWNER
    return may_see(caller.role, caller.owner, found, api.at.clock())


def shown(api: ApiResources, saga: Saga, caller: Caller) -> dict[str, Any]:
    """One saga, in full for whoever operates."""
    told = owners_view(saga) if caller.role is Role.OWNER else details(saga, api.at.sagas.named)
    return {**told, "etag": etag(saga)}


def listed(found: Saga | Unreadable, caller: Caller) -> dict[str, Any]:
    """One line of a list."""
    if isinstance(found, Unreadable):
        return unread(found)
    told = owners_view(found) if caller.role is Role.OWNER else summary(found)
    return {**told, "etag": etag(found)}


def unread(unreadable: Unreadable) -> dict[str, Any]:
    """Shown by its name, for a list that stops at one broken item shows nothing."""
    execution_id, saga_name = unreadable.key
    return {"execution_id": execution_id, "saga_name": saga_name, "unreadable": unreadable.corrupt.detail}


def _stored(api: ApiResources, saga_name: str, key: str, caller: Caller) -> Saga | None:
    try:
        return api.at.store.get(key, saga_name)
    except CorruptSaga:
        if caller.role is Role.OWNER:
            return None
        raise

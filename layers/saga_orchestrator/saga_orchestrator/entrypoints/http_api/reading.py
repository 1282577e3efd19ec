"""The routes that read: who is asking, one execution, one saga, and the list of what runs."""

from http import HTTPStatus
from typing import Any, Final

from saga_orchestrator.api_bootstrap import ApiResources
from saga_orchestrator.application.describing import act_facts, details, summary
from saga_orchestrator.application.listing import Order, Unreadable, page_of
from saga_orchestrator.domain.instants import rfc3339
from saga_orchestrator.domain.operating.acts import names_a_saga, saga_target
from saga_orchestrator.domain.operating.authority import DEMANDS
from saga_orchestrator.domain.operating.other_targets import OTHER_DEMANDS
from saga_orchestrator.domain.saga import Saga

from .callers import Caller
from .page_tokens import place_of, token_of
from .problems import bad_request, unknown
from .replies import Reply
from .requests import Request, etag

DEFAULT_PAGE: Final = 50
LARGEST_PAGE: Final = 100


def me(_api: ApiResources, request: Request, caller: Caller) -> Reply:
    request.only(())
    demanded = (*DEMANDS.items(), *OTHER_DEMANDS.items())
    may = [deed for deed, demands in demanded if caller.role in demands.roles]
    return Reply({"actor": caller.actor, "door": caller.door, "role": caller.role, "may": may})


def one_execution(api: ApiResources, request: Request, _caller: Caller) -> Reply:
    request.only(())
    execution_id = request.path.get("execution_id", "")
    if not names_a_saga("any", execution_id):
        raise unknown()
    found = api.lists.of_execution(execution_id)
    if not found:
        raise unknown()
    sagas = [_unread(each) if isinstance(each, Unreadable) else shown(api, each) for each in found]
    return Reply({"execution_id": execution_id, "sagas": sagas})


def one_saga(api: ApiResources, request: Request, _caller: Caller) -> Reply:
    request.only(())
    saga_name, key = request.path.get("name", ""), request.path.get("key", "")
    saga = api.at.store.get(key, saga_name) if names_a_saga(saga_name, key) else None
    if saga is None:
        raise unknown()
    tag = {"etag": etag(saga)}
    if request.headers.get("if-none-match") == tag["etag"]:
        return Reply(None, HTTPStatus.NOT_MODIFIED, tag)
    return Reply(shown(api, saga), headers=tag)


def acts(api: ApiResources, request: Request, _caller: Caller) -> Reply:
    """What people did to one saga, in order."""
    request.only(())
    saga_name, key = request.path.get("name", ""), request.path.get("key", "")
    if not names_a_saga(saga_name, key) or api.at.store.get(key, saga_name) is None:
        raise unknown()
    return Reply({"acts": [act_facts(act) for act in api.acts.on(saga_target(saga_name, key))]})


def sagas(api: ApiResources, request: Request, _caller: Caller) -> Reply:
    request.only(("order", "page_size", "page_token"))
    order = _order(request.query.get("order"))
    size = page_size(request.query.get("page_size"))
    token = request.query.get("page_token")
    behind = place_of(token, order, api.lists.partitions(order)) if token is not None else None
    page = page_of(api.lists, order, behind, size)
    return Reply(
        {
            "order": order,
            "as_of": rfc3339(api.at.clock()),
            "sagas": [_unread(each) if isinstance(each, Unreadable) else _listed(each) for each in page.sagas],
            "next_page_token": token_of(order, page.next) if page.next is not None else None,
        }
    )


def shown(api: ApiResources, saga: Saga) -> dict[str, Any]:
    """One saga in full."""
    return {**details(saga, api.at.sagas.named), "etag": etag(saga)}


def _listed(saga: Saga) -> dict[str, Any]:
    return {**summary(saga), "etag": etag(saga)}


def _unread(unreadable: Unreadable) -> dict[str, Any]:
    """Shown by its name, for a list that stops at one broken item shows nothing."""
    execution_id, saga_name = unreadable.key
    return {"execution_id": execution_id, "saga_name": saga_name, "unreadable": unreadable.corrupt.detail}


def _order(value: str | None) -> Order:
    try:
        return Order(value or "")
    except ValueError:
        served = ", ".join(f"order={each}" for each in Order)
        raise bad_request("unknown_order", f"Served is {served}.") from None


def page_size(value: str | None) -> int:
    """More than the largest is cut, as AIP-158 has it."""
    if value is None:
        return DEFAULT_PAGE
    if not (value.isascii() and value.isdigit() and len(value) <= 9 and int(value)):
        raise bad_request("bad_page_size", f"page_size is a number from 1 to {LARGEST_PAGE}.")
    return min(int(value), LARGEST_PAGE)

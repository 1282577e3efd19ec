"""The routes that read: who is asking, one execution, one saga, and the list of what runs."""

from collections.abc import Collection
from http import HTTPStatus
from typing import Final

from saga_orchestrator.api_bootstrap import ApiResources
from saga_orchestrator.application.describing import act_facts
from saga_orchestrator.application.listing import Order, Unreadable
from saga_orchestrator.application.merging import page_of
from saga_orchestrator.domain.instants import rfc3339
from saga_orchestrator.domain.operating.acts import Role, names_a_saga, saga_target
from saga_orchestrator.domain.operating.authority import DEMANDS
from saga_orchestrator.domain.operating.other_targets import OTHER_DEMANDS

from .callers import LONGEST_OWNER, Caller, names_an_owner
from .page_tokens import place_of, token_of
from .problems import bad_request, forbidden, unknown
from .replies import Reply
from .requests import Request, etag
from .seeing import listed, seen, sees, shown, unread

DEFAULT_PAGE: Final = 50
LARGEST_PAGE: Final = 100


def me(_api: ApiResources, request: Request, caller: Caller) -> Reply:
    request.only(())
    demanded = (*DEMANDS.items(), *OTHER_DEMANDS.items())
    may = [deed for deed, demands in demanded if caller.role in demands.roles]
    return Reply({"actor": caller.actor, "door": caller.door, "role": caller.role, "may": may})


def one_execution(api: ApiResources, request: Request, caller: Caller) -> Reply:
    request.only(())
    execution_id = request.path.get("execution_id", "")
    if not names_a_saga("any", execution_id):
        raise unknown()
    found = [each for each in api.lists.of_execution(execution_id) if sees(api, each, caller)]
    if not found:
        raise unknown()
    sagas = [unread(each) if isinstance(each, Unreadable) else shown(api, each, caller) for each in found]
    return Reply({"execution_id": execution_id, "sagas": sagas})


def one_saga(api: ApiResources, request: Request, caller: Caller) -> Reply:
    request.only(())
    saga = seen(api, request, caller)
    tag = {"etag": etag(saga)}
    if request.headers.get("if-none-match") == tag["etag"]:
        return Reply(None, HTTPStatus.NOT_MODIFIED, tag)
    return Reply(shown(api, saga, caller), headers=tag)


def acts(api: ApiResources, request: Request, caller: Caller) -> Reply:
    """What people did to one saga, in order. Not for its owner; of another's he is not told that it is there."""
    request.only(())
    saga = seen(api, request, caller)
    if caller.role is Role.OWNER:
        raise forbidden()
    return Reply({"acts": [act_facts(act) for act in api.acts.on(saga_target(saga.saga_name, saga.execution_id))]})


def sagas(api: ApiResources, request: Request, caller: Caller) -> Reply:
    order = _order(request.query.get("order"), _served(api, caller))
    names_owner = order is Order.OWNER and caller.role is not Role.OWNER
    request.only(("order", "page_size", "page_token", *(["owner"] if names_owner else [])))
    size = page_size(request.query.get("page_size"))
    lists = api.lists
    if order is Order.OWNER:
        lists = lists.of_owner(_owner(request) if names_owner else caller.owner or "")
    token = request.query.get("page_token")
    behind = place_of(token, order, lists.partitions(order)) if token is not None else None
    page = page_of(lists, order, behind, size)
    return Reply(
        {
            "order": order,
            "as_of": rfc3339(api.at.clock()),
            "sagas": [listed(each, caller) for each in page.sagas if sees(api, each, caller)],
            "next_page_token": token_of(order, page.next) if page.next is not None else None,
        }
    )


def _served(api: ApiResources, caller: Caller) -> list[Order]:
    """Owners have the list of their own, where there is an index for it."""
    own = [Order.OWNER] if api.settings.owner_index else []
    return own if caller.role is Role.OWNER else [each for each in Order if each is not Order.OWNER] + own


def _order(value: str | None, served: Collection[Order]) -> Order:
    found = next((each for each in served if each == value), None)
    if found is None:
        told = ", ".join(f"order={each}" for each in served) or "no list: the stack has OwnerIndex=false"
        raise bad_request("unknown_order", f"Served is {told}.")
    return found


def _owner(request: Request) -> str:
    owner = request.query.get("owner")
    if not owner or not names_an_owner(owner):
        raise bad_request("owner_needed", f"Say whose: owner=NAME, of at most {LONGEST_OWNER} characters.")
    return owner


def page_size(value: str | None) -> int:
    """More than the largest is cut, as AIP-158 has it."""
    if value is None:
        return DEFAULT_PAGE
    if not (value.isascii() and value.isdigit() and len(value) <= 9 and int(value)):
        raise bad_request("bad_page_size", f"page_size is a number from 1 to {LARGEST_PAGE}.")
    return min(int(value), LARGEST_PAGE)

"""The routes that read the operators' table in order of time: what was rejected, and what people did."""

import re
from collections.abc import Callable
from typing import Any, Final

from saga_orchestrator.api_bootstrap import ApiResources
from saga_orchestrator.application.batches.desk import Part
from saga_orchestrator.application.describing import act_facts
from saga_orchestrator.application.paging import PageByTime, Shelf, page_of
from saga_orchestrator.application.settling.facts import group_facts, rejected_facts
from saga_orchestrator.application.settling.groups import groups_of
from saga_orchestrator.application.settling.kept import Kept
from saga_orchestrator.domain.instants import rfc3339
from saga_orchestrator.domain.operating.acts import Act
from saga_orchestrator.domain.operating.authority import Deed
from saga_orchestrator.domain.operating.other_targets import REPUBLISH, EventDeed, LimitDeed, rejected_target

from .callers import Caller
from .instants import millis_of
from .problems import bad_request, unknown
from .reading import page_size
from .replies import Reply
from .requests import Request
from .spot_tokens import spot_of, token_of

ORDERS: Final = ("newest", "oldest")
_ID: Final = re.compile(r"[0-9a-f]{12}", re.ASCII)
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
VERBS: Final = (*Deed, *EventDeed, REPUBLISH, *LimitDeed, *Part)
"""Of acts."""
_EXECUTION: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_ACTOR: Final = re.compile(r"[^\s\x00-\x1f\x7f#]{1,128}")


def rejected(api: ApiResources, request: Request, _caller: Caller) -> Reply:
    """What nobody has settled."""
    request.only(("order", "reason", "execution", "page_size", "page_token"))
    order = request.query.get("order", ORDERS[0])
    if order not in ORDERS:
        served = ", ".join(f"order={each}" for each in ORDERS)
        raise bad_request("unknown_order", f"Served is {served}.")
    reason, execution = _filter(request, "reason", _CODE), _filter(request, "execution", _EXECUTION)

    def takes(kept: Kept) -> bool:
        return reason in {None, kept.reason} and execution in {None, kept.names.get("execution_id")}

    shelf, filtered = api.rejected_items.open, reason is not None or execution is not None
    page = _page(
        request, shelf, f"rejected/{order}", "rejected#", newest=order == ORDERS[0], takes=takes if filtered else None
    )
    listed = [{**rejected_facts(kept), "etag": etag(kept)} for kept in page.contents]
    return Reply({"order": order, "as_of": rfc3339(api.at.clock()), "rejected": listed, **_next(page, order)})


def rejected_groups(api: ApiResources, request: Request, _caller: Caller) -> Reply:
    request.only(())
    groups, more = groups_of(api.rejected_items.open)
    return Reply(
        {
            "as_of": rfc3339(api.at.clock()),
            "counted": sum(group.count for group in groups),
            "more": more,
            "groups": [group_facts(group) for group in groups],
        }
    )


def one_rejected(api: ApiResources, request: Request, _caller: Caller) -> Reply:
    request.only(())
    identifier = request.path.get("id", "")
    kept = api.rejected_items.find_event(identifier) if names_an_event(identifier) else None
    if kept is None:
        raise unknown()
    acts = [act_facts(act) for act in api.acts.on(rejected_target(identifier))]
    tag = etag(kept)
    return Reply({**rejected_facts(kept), "etag": tag, "acts": acts}, headers={"etag": tag})


def acts(api: ApiResources, request: Request, _caller: Caller) -> Reply:
    """What people did to anything, the newest first."""
    request.only(("since", "actor", "verb", "page_size", "page_token"))
    actor, verb = _filter(request, "actor", _ACTOR), request.query.get("verb")
    if verb is not None and verb not in VERBS:
        raise bad_request("bad_filter", f"verb is one of {', '.join(sorted(VERBS))}.")
    since = request.query.get("since")

    def takes(act: Act) -> bool:
        return actor in {None, act.id.actor} and verb in {None, act.verb}

    shelf, filtered = api.acts.by_time(_since(since) if since is not None else None), bool(actor or verb)
    page = _page(request, shelf, "acts", "act#", newest=True, takes=takes if filtered else None)
    listed = [act_facts(act) for act in page.contents]
    return Reply({"as_of": rfc3339(api.at.clock()), "acts": listed, **_next(page)})


def names_an_event(identifier: str) -> bool:
    return bool(_ID.fullmatch(identifier))


def etag(kept: Kept) -> str:
    """Of the copies that were looked at: another one is another matter."""
    return f'"v{kept.version}-{kept.first_at}"'


def _page(
    request: Request,
    shelf: Shelf[Any],
    of: str,
    kind: str,
    *,
    newest: bool,
    takes: Callable[[Any], bool] | None,
) -> PageByTime[Any]:
    size, token = page_size(request.query.get("page_size")), request.query.get("page_token")
    behind = spot_of(token, of, shelf.partitions, kind) if token is not None else None
    return page_of(shelf, behind, size, newest_first=newest, takes=takes)


def _next(page: PageByTime[Any], order: str | None = None) -> dict[str, str | None]:
    of = f"rejected/{order}" if order is not None else "acts"
    return {"next_page_token": token_of(of, page.next) if page.next is not None else None}


def _filter(request: Request, name: str, pattern: re.Pattern[str]) -> str | None:
    """Exactly that: what is empty, or could be no such thing, would be told as "none"."""
    value = request.query.get(name)
    if value is not None and not pattern.fullmatch(value):
        raise bad_request("bad_filter", f"{name} is none that could be listed: give it as the list shows it.")
    return value


def _since(value: str) -> int:
    try:
        return millis_of(value)
    except ValueError:
        raise bad_request("bad_since", "since is an instant with its offset, such as 2026-05-01T12:00:00Z.") from None

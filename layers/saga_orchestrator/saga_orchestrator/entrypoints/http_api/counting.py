"""The routes that count: what a list holds by kind, and the numbers of the page that people look at first."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from saga_orchestrator.api_bootstrap import ApiResources
from saga_orchestrator.application.counts import Count, count_of, count_on, count_standing
from saga_orchestrator.application.grouping import Group, groups_of
from saga_orchestrator.application.limiting.taken import taken_slots
from saga_orchestrator.application.listing import Order, place_at
from saga_orchestrator.application.moments import moment
from saga_orchestrator.application.statistics import ENDED, NAMESPACE, Standing, open_sagas, own_sagas
from saga_orchestrator.domain.errors import RejectedEvent, RejectReason, RetryableError
from saga_orchestrator.domain.instants import rfc3339
from saga_orchestrator.domain.operating.acts import Role

from .callers import Caller
from .problems import Problem, bad_request, store_refuses, unavailable
from .replies import Reply
from .requests import Request
from .seeing import sees

GROUPED: Final = (Order.PARKED, Order.DEADLINES, Order.ENDED)

_DAY_MS: Final = 86_400_000


def _full(api: ApiResources) -> Count:
    """Languages without room. Of one that cannot be read nobody knows whether it has some."""
    taken = taken_slots(api.counter_reads, api.at.settings.policy())
    if taken.unreadable:
        raise taken.unreadable[0]
    return Count(taken.full, taken.more, None, None)


_Part = Callable[[ApiResources, int], Count]
PARTS: Final[dict[str, _Part]] = {
    "parked": lambda api, _now: count_standing(api.lists, Order.PARKED),
    "overdue": lambda api, now: count_of(api.lists, Order.DEADLINES, before=now),
    "running": lambda api, _now: count_of(api.lists, Order.DEADLINES),
    "ended": lambda api, now: count_of(api.lists, Order.ENDED, before=place_at(Order.ENDED, now - _DAY_MS) + 1),
    "rejected": lambda api, _now: count_on(api.rejected_items.open),
    "slots": lambda api, _now: _full(api),
}
"""Of the summary, in the order in which they matter."""


def groups(api: ApiResources, request: Request, _caller: Caller) -> Reply:
    request.only(("of",))
    order = _grouped(request.query.get("of"))
    found = groups_of(api.lists, order, api.at.sagas.named)
    return Reply(
        {
            "of": order,
            "as_of": rfc3339(api.at.clock()),
            "read": found.read,
            "more": found.more,
            "groups": [_group(each) for each in found.groups],
        }
    )


def summary(api: ApiResources, request: Request, _caller: Caller) -> Reply:
    """Each part for itself: one that cannot be read says so, and is never a number instead."""
    request.only(())
    now = api.at.clock()
    parts = {name: _part(api, now, read) for name, read in PARTS.items()}
    failures = [part for part in parts.values() if isinstance(part, Problem)]
    if len(failures) == len(parts):
        raise failures[0]
    told = {name: _unread(part) if isinstance(part, Problem) else part for name, part in parts.items()}
    return Reply({"as_of": rfc3339(now), **told})


def statistics(api: ApiResources, request: Request, caller: Caller) -> Reply:
    """What is open is counted here; what ended is counted as it ends, by metrics that this function may not read. An
    owner is told of his own alone, and of those that ended too: the index of owners has both.
    """
    request.only(())
    if caller.role is Role.OWNER:
        return _own_statistics(api, caller)
    found = open_sagas(api.lists)
    counted = _counts(found.counts)
    metrics = [{"name": name, "by": [list(by) for by in sets]} for name, sets in ENDED.items()]
    return Reply(
        {
            "as_of": rfc3339(api.at.clock()),
            "open": {"counts": counted, "unreadable": found.unreadable, "more": found.more},
            "ended": {"namespace": NAMESPACE, "service": api.at.settings.stack_name, "metrics": metrics},
        }
    )


def _own_statistics(api: ApiResources, caller: Caller) -> Reply:
    if not api.settings.owner_index:
        raise unavailable("no_owner_index", "The stack has OwnerIndex=false: nobody can count what is yours.")
    found = own_sagas(api.lists.of_owner(caller.owner or ""), lambda saga: sees(api, saga, caller))
    open_ones, ended = _counts(found.open), _counts(found.ended)
    return Reply({"as_of": rfc3339(api.at.clock()), "open": open_ones, "ended": ended, "more": found.more})


def _counts(found: Mapping[Standing, int]) -> list[dict[str, Any]]:
    return [
        {"saga_name": each.saga_name, "state": each.state, "language": each.language or None, "count": count}
        for each, count in sorted(found.items())
    ]


def _grouped(value: str | None) -> Order:
    found = next((order for order in GROUPED if order == value), None)
    if found is None:
        served = ", ".join(f"of={each}" for each in GROUPED)
        raise bad_request("unknown_order", f"Served is {served}.")
    return found


def _group(group: Group) -> dict[str, Any]:
    kind, (execution_id, saga_name) = group.kind, group.sample
    return {
        "reason": kind.reason,
        "step": kind.step,
        "saga_name": kind.saga_name,
        "language": kind.language,
        "unreadable": kind.unreadable,
        "count": group.count,
        "oldest": moment(group.oldest),
        "newest": moment(group.newest),
        "sample": {"execution_id": execution_id, "saga_name": saga_name},
    }


def _part(api: ApiResources, now: int, read: _Part) -> dict[str, Any] | Problem:
    try:
        found = read(api, now)
    except RetryableError as failed:
        api.at.telemetry.warn("a part of the summary was not read", error=str(failed))
        return unavailable("unavailable", "A store does not answer for now: ask again, the same.")
    except RejectedEvent as refused:
        api.at.telemetry.warn("a part of the summary was not read", reason=refused.reason, error=refused.detail)
        if refused.reason is RejectReason.REFUSED_BY_AWS:
            return store_refuses()
        return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "failed", "Something went wrong here; the log says what.")
    moments = {"oldest": moment(found.oldest), "newest": moment(found.newest)}
    return {"count": found.count, "more": found.more, **moments, "unavailable": None}


def _unread(problem: Problem) -> dict[str, Any]:
    why = {"code": problem.code, "detail": problem.detail}
    return {"count": None, "more": None, "oldest": None, "newest": None, "unavailable": why}

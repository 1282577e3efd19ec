"""`sagactl list`: the newest sagas; or, over the HTTP API, an order that it serves."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import RenderableType

from saga_orchestrator.application.listing import Order
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.domain.states import SagaState
from sagactl.acting.over_http import HttpApi
from sagactl.acting.ways import Api, Direct, api_of
from sagactl.connection import Target
from sagactl.deployment import Deployment, deployment
from sagactl.errors import NotUsableError
from sagactl.options import on_stack
from sagactl.outlet import number_of, show, table, tell
from sagactl.table.sagas import Facts, Unreadable, Wanted, newest_of, place, readable, summary, tell_unreadable
from sagactl.times import parse_since

_COLUMNS = ("execution id\nsaga", "state\nreason", "language\nowner")
_MOMENTS = {
    Order.DEADLINES: ("due at", "deadline"),
    Order.PARKED: ("parked since", "parked_since"),
    Order.ENDED: ("ended at", "ended_at"),
    Order.OWNER: ("created at", "created_at"),
}
"""What each order goes by."""
_WIDEST = {"execution_id": 38, "saga_name": 38, "reason": 21, "language": 12, "owner": 12}
"""So that the table fits 100 columns; a UUID with a short prefix is whole. In JSON everything is."""
_SECONDS = slice(5, 19)


@on_stack
def list_sagas(  # noqa: PLR0913, PLR0917  typer makes an option of each parameter, and only passes them by name
    target: Target,
    state: Annotated[SagaState | None, typer.Option("--state", help="Only sagas in this state.")] = None,
    language: Annotated[str | None, typer.Option("--language", help="Only of this language.")] = None,
    owner: Annotated[str | None, typer.Option("--owner", help="Only of this owner.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Only with this reason code.")] = None,
    saga: Annotated[str | None, typer.Option("--saga", help="Only of this definition.")] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="Created at or after: RFC 3339 with offset, or 15m, 2h, 1d ago.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="So many.")] = 50,
    after: Annotated[
        str | None, typer.Option("--after", help="Go on behind this: the `next` of the list before.")
    ] = None,
    order: Annotated[
        Order | None,
        typer.Option("--order", help="Over the HTTP API: due, parked, ended badly, or of one owner."),
    ] = None,
    direct: Direct = False,
    api: Api = None,
) -> None:
    """List sagas, the newest first over all, straight from the table; with --order over the HTTP API.

    Without --order it reads the whole table, for there is no index by time: one read unit for each 4 KB of it, so about
    $0.07 for a million sagas. In JSON `next` is where the list goes on, null at its end.
    """
    if order is not None:
        filters = {"state": state, "language": language, "reason": reason, "saga": saga, "since": since, "after": after}
        given = [f"--{name}" for name, value in filters.items() if value is not None]
        _served(deployment(target), target, order, given, owner, limit, api, direct=direct)
        return
    if api is not None:
        raise NotUsableError("--api wants an --order: the API serves no list of all")
    wanted = Wanted(
        state=state.value if state else None,
        language=language,
        owner=owner,
        reason=reason,
        saga_name=saga,
        since=parse_since(since, datetime.now(UTC)) if since is not None else None,
        after=_placed(after) if after is not None else None,
    )
    stack, unreadable = deployment(target), list[Unreadable]()
    found = newest_of(readable(stack, unreadable), wanted, limit + 1)
    shown, goes_on = found[:limit], len(found) > limit
    cursor = _cursor(shown[-1]) if goes_on else None
    facts: Facts = {
        "sagas": [summary(each) for each in shown],
        "next": cursor,
        "unreadable": [{"execution_id": each.execution_id, "detail": each.detail} for each in unreadable],
    }
    title = f"{number_of(len(shown), 'saga')} of {stack.stack_name}"
    show(target.output, facts, _page(title, facts["sagas"], Order.OWNER))
    if cursor:
        tell(f"there are more: --after {cursor}, or a larger --limit")
    tell_unreadable(unreadable)


def _served(
    stack: Deployment,
    target: Target,
    order: Order,
    filters: list[str],
    owner: str | None,
    limit: int,
    url: str | None,
    *,
    direct: bool,
) -> None:
    if filters:
        raise NotUsableError(f"{', '.join(filters)}: no order is served with that; without --order the table is read")
    if (owner is not None) is not (order is Order.OWNER):
        raise NotUsableError("--order owner and --owner NAME go together: without --order the table is read")
    way: HttpApi | None = api_of(stack, url, direct=direct)
    if way is None:
        raise NotUsableError(
            "--order is the API's, and --direct goes past it: leave one of them"
            if direct
            else f"stack {stack.stack_name} has no HTTP API: deploy it with Api=iam, or leave --order"
        )
    query = {"order": order.value, **({"owner": owner} if owner is not None else {})}
    found, more = way.pages("sagas", "sagas", limit, query)
    sagas = [each for each in found if "unreadable" not in each]
    unreadable = [Unreadable(each["execution_id"], each["unreadable"]) for each in found if "unreadable" in each]
    facts = {
        "order": order.value,
        "sagas": sagas,
        "more": more,
        "unreadable": [{"execution_id": each.execution_id, "detail": each.detail} for each in unreadable],
    }
    title = f"{number_of(len(sagas), 'saga')} of {stack.stack_name}{'; there are more: --limit' if more else ''}"
    show(target.output, facts, _page(title, sagas, order))
    tell_unreadable(unreadable)


def _page(title: str, sagas: list[Facts], order: Order) -> RenderableType:
    column, moment = _MOMENTS[order]
    return table(title, (*_COLUMNS, column), (_row(each, moment) for each in sagas))


def _row(saga: Facts, moment: str = "created_at") -> list[str]:
    """Two lines for each saga; a person reads seconds of this year."""

    def cell(*names: str) -> str:
        return "\n".join(_shortened(saga[name], _WIDEST.get(name)) for name in names)

    at = (saga[moment] or "-")[_SECONDS].replace("T", " ") or "-"
    state = f"{saga['state']}{' (parked)' if saga['parked'] else ''}"
    below = _shortened(saga["reason"], _WIDEST["reason"])
    return [cell("execution_id", "saga_name"), f"{state}\n{below}", cell("language", "owner"), at]


def _shortened(value: str | None, widest: int | None) -> str:
    """Cut in the middle: ids of one sender differ at their end."""
    if value is None or widest is None or len(value) <= widest:
        return value or "-"
    return f"{value[: widest // 2]}…{value[widest // 2 + 1 - widest :]}"


def _cursor(saga: Saga) -> str:
    return ",".join(map(str, place(saga)))


def _placed(cursor: str) -> tuple[int, str, str]:
    at, separator, rest = cursor.partition(",")
    execution_id, _, saga_name = rest.rpartition(",")
    if not (separator and at.isdecimal() and execution_id and saga_name):
        raise NotUsableError(f"--after {cursor}: not the `next` of a list")
    return int(at), execution_id, saga_name

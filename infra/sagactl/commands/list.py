"""`sagactl list`: the newest sagas."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.domain.states import SagaState
from sagactl.connection import Target
from sagactl.deployment import deployment
from sagactl.errors import NotUsableError
from sagactl.options import on_stack
from sagactl.outlet import number_of, show, table, tell
from sagactl.table.sagas import Facts, Unreadable, Wanted, newest_of, place, readable, summary, tell_unreadable
from sagactl.times import parse_since

_COLUMNS = ("execution id\nsaga", "state\nreason", "language\nowner", "created at")
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
) -> None:
    """List sagas, the newest first over all.

    Reads the whole table, for there is no index by time: one read unit for each 4 KB of it, so about $0.07 for a
    million sagas. In JSON `next` is where the list goes on, null at its end.
    """
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
    show(target.output, facts, table(title, _COLUMNS, map(_row, facts["sagas"])))
    if cursor:
        tell(f"there are more: --after {cursor}, or a larger --limit")
    tell_unreadable(unreadable)


def _row(saga: Facts) -> list[str]:
    """Two lines for each saga; a person reads seconds of this year."""

    def cell(*names: str) -> str:
        return "\n".join(_shortened(saga[name], _WIDEST.get(name)) for name in names)

    created = saga["created_at"][_SECONDS].replace("T", " ")
    state = f"{saga['state']}{' (parked)' if saga['parked'] else ''}"
    below = _shortened(saga["reason"], _WIDEST["reason"])
    return [cell("execution_id", "saga_name"), f"{state}\n{below}", cell("language", "owner"), created]


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

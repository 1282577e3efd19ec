"""`sagactl compare`: what became of the same executions here and in another process."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from sagactl.comparing.outcomes import Outcomes, read_outcomes
from sagactl.comparing.verdicts import Window, compared
from sagactl.connection import Target
from sagactl.deployment import deployment
from sagactl.options import on_stack
from sagactl.outlet import number_of, show, table, tell
from sagactl.table.sagas import Facts, Unreadable, readable, tell_unreadable
from sagactl.times import parse_since

_DIFFERENCES = 1
_COLUMNS = ("execution id", "here", "reason", "there")


@on_stack
def compare(
    target: Target,
    file: Annotated[
        str, typer.Argument(help="The other process's outcomes as JSON lines; - is standard input.", metavar="FILE")
    ],
    since: Annotated[
        str | None, typer.Option("--since", help="Created at or after: RFC 3339 with offset, or 15m, 2h, 1d ago.")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", help="Created before; the same.")] = None,
    saga: Annotated[str, typer.Option("--saga", help="The definition whose sagas are compared.")] = "execution_saga",
) -> None:
    """Compare the sagas of this stack with another process's outcomes of the same executions.

    Each line of FILE is {"execution_id": …, "state": …, "created_at": …}, see docs/coming-from.md. Reads the whole
    table, as `list` does. What is still running on one side and has ended on the other differs: end the window
    some minutes ago.

    Exit code 0: all agree. 1: something differs, is missing on a side, or could not be read. 2: nothing was compared.
    """
    now = datetime.now(UTC)
    window = Window(
        since=parse_since(since, now) if since is not None else None,
        until=parse_since(until, now, option="--until") if until is not None else None,
    )
    theirs = read_outcomes(file)
    stack, unreadable = deployment(target), list[Unreadable]()
    result = compared((each for each in readable(stack, unreadable) if each.saga_name == saga), theirs, window)
    differences = [*result.differing, *result.only_here, *result.only_there]
    facts: Facts = {
        "agreeing": result.agreeing,
        "differing": result.differing,
        "only_here": result.only_here,
        "only_there": result.only_there,
        "unreadable_lines": [{"line": each.line, "detail": each.detail} for each in theirs.unreadable],
        "unreadable": [{"execution_id": each.execution_id, "detail": each.detail} for each in unreadable],
    }
    title = f"{number_of(result.agreeing, 'execution')} agreeing, {len(differences)} not"
    rows = [[each[name] or "-" for name in ("execution_id", "here", "reason", "there")] for each in differences]
    show(target.output, facts, table(title, _COLUMNS, rows))
    _tell_bad_lines(theirs)
    tell_unreadable(unreadable)
    if not result.is_clean or theirs.unreadable or unreadable:
        raise typer.Exit(_DIFFERENCES)


def _tell_bad_lines(theirs: Outcomes) -> None:
    for each in theirs.unreadable:
        tell(f"line {each.line} was passed over: {each.detail}")

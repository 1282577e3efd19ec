"""`sagactl acts`: what people did, the newest first."""

import sys
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated

import typer

from saga_orchestrator.domain.instants import rfc3339
from sagactl.acting.records import act_table, as_aws_said, facts_of, page_of
from sagactl.acting.ways import Api, Direct, api_of
from sagactl.connection import Target
from sagactl.deployment import deployment
from sagactl.options import on_stack
from sagactl.outlet import number_of, show
from sagactl.times import parse_since


@on_stack
def list_acts(
    target: Target,
    since: Annotated[
        str | None, typer.Option("--since", help="At or after: RFC 3339 with offset, or 15m, 2h, 1d ago.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="So many.")] = 50,
    everything: Annotated[bool, typer.Option("--all", help="Every one.")] = False,
    direct: Direct = False,
    api: Api = None,
) -> None:
    """List who did what to which saga or rejected event, and why. Acts are kept for 400 days."""
    stack = deployment(target)
    begin = parse_since(since, datetime.now(UTC)) if since is not None else 0
    most = sys.maxsize - 1 if everything else limit
    if way := api_of(stack, api, direct=direct):
        acts, more = way.pages("acts", "acts", most, {"since": rfc3339(begin)} if since is not None else {})
    else:
        with as_aws_said():
            found = list(islice(act_table(stack).newest(begin), most + 1))
        acts, more = [facts_of(act) for act in found[:most]], len(found) > most
    title = f"{number_of(len(acts), 'act')}{'; there are more: --limit' if more else ''}"
    show(target.output, {"acts": acts, "more": more}, page_of(acts, title, "target"))

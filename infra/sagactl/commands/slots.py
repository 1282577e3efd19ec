"""`sagactl slots`: who holds how many of which language."""

import sys
from collections import Counter
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import quote

import typer
from rich.console import RenderableType

from sagactl.acting.over_http import Facts, HttpApi
from sagactl.acting.ways import Api, Direct, api_of
from sagactl.connection import Target
from sagactl.deployment import deployment
from sagactl.options import on_stack
from sagactl.outlet import show, table
from sagactl.table.sagas import Unreadable, readable, tell_unreadable
from sagactl.table.stored_items import counters


@on_stack
def slots(
    target: Target,
    context: typer.Context,
    language: Annotated[str | None, typer.Option("--language", help="Only of this language.")] = None,
    direct: Direct = False,
    api: Api = None,
) -> None:
    """Show the slots that are taken, of how many, and who holds them.

    Straight to AWS, where the stack has no HTTP API or with --direct, it reads the whole table and names executions.
    """
    if context.invoked_subcommand is not None:
        return
    stack, unreadable = deployment(target), list[Unreadable]()
    if way := api_of(stack, api, direct=direct):
        _over_http(way, target, language)
        return
    holders: dict[str, list[str]] = {}
    for saga in readable(stack, unreadable):
        if saga.claim is not None:
            holders.setdefault(saga.claim.resource, []).append(saga.execution_id)
    taken, caps = Counter[str](), Counter[str]()
    for counter in counters(stack, lambda key: unreadable.append(Unreadable(key, "holds no whole number"))):
        taken[counter.language] += counter.taken
        caps[counter.language] += counter.cap or 0
    names = sorted({*taken, *holders}) if language is None else [language]
    facts = [
        {"language": each, "taken": taken[each], "of": caps[each] or None, "holders": sorted(holders.get(each, []))}
        for each in names
    ]
    rows = [
        (fact["language"], fact["taken"], fact["of"], ", ".join(holders.get(str(fact["language"]), [])))
        for fact in facts
    ]
    show(target.output, facts, table("Slots", ("language", "taken", "of", "held by"), rows))
    tell_unreadable(unreadable)


def _over_http(api: HttpApi, target: Target, language: str | None) -> None:
    if language is not None:
        fact = dict(api.get(f"slots/{quote(language, safe='')}").content)
        held = [(each["owner"], each["count"], each["sample"]) for each in fact["holders"]]
        more = " and more" if fact["more"] else ""
        pages = [_page([fact]), table(f"Held by{more}", ("owner", "slots", "such as"), held)]
        show(target.output, fact, *pages)
    else:
        facts, _ = api.pages("slots", "slots", sys.maxsize - 1, {})
        show(target.output, {"slots": facts}, _page(facts))


def _page(facts: Sequence[Facts]) -> RenderableType:
    rows = [
        (fact["language"], fact["used"], fact["limit"], fact["setting"], _stands(fact["override"]), fact["settled"])
        if "unreadable" not in fact
        else (fact["language"], None, None, None, fact["unreadable"], None)
        for fact in facts
    ]
    return table("Slots", ("language", "used", "limit", "setting", "override", "settled"), rows)


def _stands(override: Facts | None) -> str | None:
    if override is None:
        return None
    ends = f"until {override['until']}" if override["until"] else "until it is opened"
    expired = "" if override["stands"] else " (expired)"
    return f"{override['limit']} {ends}{expired}, {override['by']}: {override['reason']}"

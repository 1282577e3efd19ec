"""`sagactl slots`: who holds how many of which language."""

from collections import Counter
from typing import Annotated

import typer

from sagactl.connection import Target
from sagactl.deployment import deployment
from sagactl.options import on_stack
from sagactl.outlet import show, table
from sagactl.table.sagas import Unreadable, readable, tell_unreadable
from sagactl.table.stored_items import counters


@on_stack
def slots(
    target: Target,
    language: Annotated[str | None, typer.Option("--language", help="Only of this language.")] = None,
) -> None:
    """Show the slots that are taken, of how many, and the executions that hold them. Reads the whole table."""
    stack, unreadable = deployment(target), list[Unreadable]()
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

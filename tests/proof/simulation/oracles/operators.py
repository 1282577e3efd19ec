"""Oracles of what operators do with rejected events: judged by what they looked at, and by what came of it."""

from collections import Counter
from typing import Any, Final

from saga_orchestrator.adapters.operators.rejected_items import SETTLED
from saga_orchestrator.adapters.rejected_events import open_kind
from saga_orchestrator.application.settling.kept import Kept
from tests.proof.simulation.oracles.flow import unreflected
from tests.proof.simulation.oracles.registry import UNCONCERNED, When, oracle
from tests.proof.simulation.world.ledger import Ledger

_VERB_OF: Final = {"redriven": "redrive", "dropped": "drop"}


@oracle("S25", When.SETTLED, "an operator settles what he has looked at, and no copy that came since; his act says so")
def settled_as_looked_at(ledger: Ledger, kept: Kept, item: dict[str, Any], acts: Counter[str]) -> str | None:
    if item["copies"]["N"] != str(kept.copies):
        return f"{kept.id} was seen {kept.copies} times, and {item['copies']['N']} copies of it are settled"
    word = ledger.settled_events[kept.id]
    if item["state"]["S"] != word or not acts[_VERB_OF[word]]:
        return f"{kept.id} is {item['state']['S']}, was {word}, and the acts are {dict(acts)}"
    return None


@oracle("S25b", When.SETTLED, "what was redriven took effect as if delivered: an event in its saga, a message sent")
def redriven_takes_effect(ledger: Ledger, kept: Kept, _item: dict[str, Any], _acts: Counter[str]) -> str | None:
    if ledger.settled_events[kept.id] != "redriven":
        return UNCONCERNED
    if kept.source == "stream":
        for each in ledger.in_pointer[kept.id]:
            if each in ledger.lost_keys and each.split(":")[1] in ledger.begun:
                continue  # a create in a record that could not be read: its saga has started or ended since
            if missing := [target for target, taken in ledger.publications.items() if each not in taken]:
                return f"{each} was redriven and is not on {missing}"
        return None
    record = ledger.record_of(kept.facts())
    wrong = unreflected(ledger, record[0]) if record is not None else "its record never was"
    return f"{kept.id} was redriven: {wrong}" if wrong else None


@oracle("S25c", When.SET_ASIDE, "whatever is set aside is on the list, also when an operator had settled it before")
def open_again(_ledger: Ledger, identifier: str, item: dict[str, Any]) -> str | None:
    found = item["state"]["S"], item["kind"]["S"]
    return None if found == ("open", open_kind(identifier)) else f"{identifier} was set aside and is {found}"


@oracle("S25d", When.LISTED, "what was settled and did not come again is off the list, and all else is on it")
def list_at_the_end(ledger: Ledger, items: dict[str, dict[str, Any]]) -> str | None:
    if not items:
        return UNCONCERNED
    for identifier, item in items.items():
        state = ledger.settled_events.get(identifier, "open")
        wanted = state, SETTLED if state != "open" else open_kind(identifier)
        found = item["state"]["S"], item["kind"]["S"]
        if found != wanted:
            return f"{identifier} is {found}, and was left {wanted}"
    return None

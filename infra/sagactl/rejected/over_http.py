"""`sagactl rejected` over the stack's HTTP API: what functions rejected. What never reached one stands elsewhere."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from rich.console import RenderableType

from saga_orchestrator.application.settling.redriving import Fate
from sagactl.acting.over_http import Facts, HttpApi
from sagactl.acting.records import page_of
from sagactl.asking import agreed, progress
from sagactl.connection import Target
from sagactl.deployment import Deployment
from sagactl.errors import REFUSALS, CommandError, NotDoneError, NotUsableError
from sagactl.options import explain
from sagactl.outlet import number_of, show, table, tell
from sagactl.rejected.queues import silence
from sagactl.rejected.redriving import Redriven

ELSEWHERE = "what Lambda gave up and what a rule could not deliver is not in the API: --direct lists it too"
_COLUMNS = ("id", "reason", "field", "execution_id", "event_type", "first_at", "copies", "rule")
_GROUPED = ("count", "copies", "reason", "function", "event_type", "oldest", "newest", "sample")
_MOST = 10_000


@dataclass(frozen=True)
class Chosen:
    """Which a verb is about."""

    ids: Sequence[str]
    reason: str | None
    execution: str | None


def list_over(api: HttpApi, target: Target, reason: str | None, execution: str | None, limit: int) -> None:
    found, more = api.pages("rejected", "rejected", limit, _query(reason, execution))
    title = f"{number_of(len(found), 'rejected event')}{'; there are more: --limit' if more else ''}"
    show(target.output, {"rejected": found, "more": more}, table(title, _COLUMNS, _rows(found, _COLUMNS)))
    tell(ELSEWHERE)


def groups_over(api: HttpApi, target: Target) -> None:
    told = api.get("rejected/groups")
    groups, more = told.part("groups"), told.part("more")
    title = f"{number_of(told.part('counted'), 'rejected event')}{' and more' if more else ''}"
    show(target.output, {"groups": groups, "more": more}, table(title, _GROUPED, _rows(groups, _GROUPED)))
    tell(ELSEWHERE)


def show_over(api: HttpApi, target: Target, identifier: str) -> None:
    fact = _one(api, identifier)
    rows = [(name.replace("_", " "), value) for name, value in fact.items() if name not in {"acts", "etag"}]
    pages: list[RenderableType] = [table(identifier, ("what", "value"), rows)]
    if fact["acts"]:
        pages.append(page_of(fact["acts"], "What was done"))
    show(target.output, fact, *pages)


def redrive_over(api: HttpApi, target: Target, chosen: Chosen, *, yes: bool) -> None:
    facts = _each(api, chosen, "redrive", "Redrive", {}, yes=yes)
    results = [Redriven(str(fact["id"]), _fate(fact["result"]), str(fact["detail"])) for fact in facts]
    rows = [(each.id, each.fate, each.detail) for each in results]
    show(target.output, facts, table("Redrive", ("id", "result", "detail"), rows))
    left = [each for each in results if each.fate is not Fate.DONE]
    _silenced(api.stack, {each.id for each in results} - {each.id for each in left})
    _tell_what_is_left(len(left), len(results))


def drop_over(api: HttpApi, target: Target, chosen: Chosen, because: str, *, yes: bool) -> None:
    facts = _each(api, chosen, "drop", "Drop", {"reason": because}, yes=yes)
    rows = [(fact["id"], fact["result"], fact["detail"]) for fact in facts]
    show(target.output, facts, table("Drop", ("id", "result", "detail"), rows))
    dropped = {str(fact["id"]) for fact in facts if fact["result"] == "dropped"}
    _silenced(api.stack, dropped)
    _tell_what_is_left(len(facts) - len(dropped), len(facts))


def _silenced(stack: Deployment, settled: set[str]) -> None:
    """The queue that rings the alarm is no part of the API: its pointers go where the caller may remove them."""
    if not settled or "RejectedQueueUrl" not in stack.outputs:
        return
    try:
        silence(stack, settled)
    except REFUSALS as refused:
        tell(f"their pointers stay on the queue, and its alarm rings on: {explain(refused)}")


def _each(api: HttpApi, chosen: Chosen, verb: str, word: str, body: Facts, *, yes: bool) -> list[Facts]:
    """As each was looked at: one that has come again meanwhile is left, and said to be."""
    events = _chosen(api, chosen)
    agreed(api.stack, f"{word} {number_of(len(events), 'rejected event')}", yes=yes)
    facts: list[Facts] = []
    for each in progress(events, verb):
        result, detail = "failed", ""
        try:
            told = api.post(f"rejected/{each['id']}/{verb}", body, uuid.uuid4().hex, str(each["etag"]))
            result = str(told.part("result")).replace("_", " ")
        except NotDoneError as error:
            detail = str(error)
        except CommandError as error:
            if not facts:
                raise
            detail = str(error)
        facts.append({"id": each["id"], "result": result, "detail": detail})
    return facts


def _chosen(api: HttpApi, chosen: Chosen) -> list[Facts]:
    if not chosen.ids:
        return api.pages("rejected", "rejected", _MOST, _query(chosen.reason, chosen.execution))[0]
    found = [_one(api, each) for each in dict.fromkeys(chosen.ids)]
    strangers = [
        str(each["id"])
        for each in found
        if chosen.reason not in {None, each["reason"]} or chosen.execution not in {None, each["execution_id"]}
    ]
    if strangers:
        raise NotUsableError(f"not of that reason or execution: {' '.join(strangers)}")
    return found


def _one(api: HttpApi, identifier: str) -> Facts:
    return dict(api.get(f"rejected/{quote(identifier, safe='')}").content)


def _query(reason: str | None, execution: str | None) -> dict[str, str]:
    return {name: value for name, value in (("reason", reason), ("execution", execution)) if value is not None}


def _rows(facts: Sequence[Facts], columns: Sequence[str]) -> list[list[object]]:
    return [[fact[column] for column in columns] for fact in facts]


def _fate(result: object) -> Fate:
    return Fate(str(result)) if str(result) in set(Fate) else Fate.FAILED


def _tell_what_is_left(left: int, of: int) -> None:
    if left:
        raise NotDoneError(f"{left} of {of} are still on the list")

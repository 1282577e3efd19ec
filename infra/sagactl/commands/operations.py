"""`sagactl operations prepare | start | list | show | abort`: one verb for many sagas, over the stack's HTTP API."""

import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote

import typer

from saga_orchestrator.application.moments import moment
from sagactl.acting.over_http import HttpApi, Reply
from sagactl.acting.ways import Api, Key, Why, api_of, needed
from sagactl.asking import agreed, tell_stack
from sagactl.connection import Target
from sagactl.deployment import deployment
from sagactl.errors import NotDoneError
from sagactl.options import on_stack
from sagactl.outlet import number_of, show, table, tell
from sagactl.times import parse_since

Facts = dict[str, Any]

_LOOK_EVERY_SECONDS = 1.0
_OVER = frozenset({"ended", "aborted", "expired"})
_FATES = ("done", "changed", "refused", "failed", "left")

Id = Annotated[str, typer.Argument(help="The operation's id.", metavar="ID")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@on_stack
def prepare(  # noqa: PLR0913, PLR0917 - each is an option of the command
    target: Target,
    verb: Annotated[str, typer.Argument(help="retry, resolve, skip, cancel or note.")],
    reason: Why,
    before: Annotated[
        str, typer.Option("--before", help="Only what stood there by then: RFC 3339 with offset, or 15m, 2h, 1d ago.")
    ],
    reason_code: Annotated[
        str | None, typer.Option("--reason-code", help="Why it is parked, as its group says.")
    ] = None,
    step: Annotated[str | None, typer.Option("--step", help="The step that it stands at.")] = None,
    saga: Annotated[str | None, typer.Option("--saga", help="The saga's name.")] = None,
    language: Annotated[str | None, typer.Option("--language", help="The language of the execution.")] = None,
    running: Annotated[bool, typer.Option("--running", help="Of what runs, not of what is parked.")] = False,
    api: Api = None,
    key: Key = None,
) -> None:
    """Freeze the set of sagas that a verb is for, and show how many they are. Nothing is done to them yet."""
    at = _api(target, api)
    parts = {"reason": reason_code, "step": step, "saga_name": saga, "language": language}
    body = {
        "verb": verb,
        "of": "deadlines" if running or verb == "cancel" else "parked",
        "filter": {name: value for name, value in parts.items() if value is not None},
        "before": moment(parse_since(before, datetime.now(UTC), "--before")),
        "reason": reason,
    }
    told = at.post("operations", body, key or uuid.uuid4().hex)
    operation = told.part("operation")
    more = f"sagactl operations start {operation['id']} --reason TEXT"
    sagas = number_of(operation["count"], "saga")
    unread = f"; {operation['unreadable']} that cannot be read are in no set" if operation["unreadable"] else ""
    title = f"{operation['id']}: {operation['verb']} is prepared for {sagas}{unread}. Within an hour: {more}"
    items = told.part("items")
    first = f"The first {len(items)} of {sagas}" if len(items) < operation["count"] else f"Its set: {sagas}"
    show(target.output, told.content, title, _items(items, first))


@on_stack
def start(
    target: Target,
    operation_id: Id,
    reason: Why,
    api: Api = None,
    key: Key = None,
    yes: Yes = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Follow it to its end.")] = True,
) -> None:
    """Have it run: each saga by its own verb, in your name. Shows how many first, and asks."""
    at = _api(target, api)
    found = at.get(_path(operation_id))
    operation = found.content
    question = f"{operation['verb']} for {number_of(operation['count'], 'saga')}, as they were when it was prepared"
    agreed(at.stack, question, yes=yes)
    told = at.post(
        f"{_path(operation_id)}/start",
        {"reason": reason},
        key or uuid.uuid4().hex,
        found.part("etag"),
    )
    operation = _followed(at, operation_id) if wait else told.part("operation")
    show(target.output, operation, _line(operation))
    progress = operation["progress"]
    if wait and operation["state"] in _OVER and progress["done"] < operation["count"]:
        tell(f"not every saga: sagactl operations show {operation_id}")


@on_stack
def list_operations(
    target: Target,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help="So many.")] = 20,
    api: Api = None,
) -> None:
    """List operations, the newest first."""
    found = _api(target, api).get(f"operations?page_size={limit}")
    operations = found.part("operations")
    columns = ("id", "prepared", "verb", "state", "count", *_FATES, "by", "why")
    title = number_of(len(operations), "operation") + (
        "; there are more: --limit" if found.part("next_page_token") else ""
    )
    show(target.output, found.content, table(title, columns, map(_row, operations)))


@on_stack
def show_operation(target: Target, operation_id: Id, api: Api = None) -> None:
    """Show how far it is, and what became of every saga that was not done."""
    at = _api(target, api)
    operation = at.get(_path(operation_id)).content
    items = list(_all_items(at, operation_id))
    undone = [item for item in items if item["outcome"] != "done"]
    show(
        target.output,
        {**operation, "items": items},
        _line(operation),
        _items(undone, f"{number_of(len(undone), 'saga')} not done"),
    )


@on_stack
def abort(target: Target, operation_id: Id, reason: Why = "", api: Api = None, key: Key = None) -> None:
    """Touch no further saga. What is done stays done."""
    at = _api(target, api)
    tell_stack(at.stack)
    told = at.post(f"{_path(operation_id)}/abort", {"reason": reason}, key or uuid.uuid4().hex)
    operation = told.part("operation")
    show(target.output, operation, _line(operation))


def _api(target: Target, url: str | None) -> HttpApi:
    stack = deployment(target)
    return needed(api_of(stack, url, direct=False), stack)


def _path(operation_id: str) -> str:
    return f"operations/{quote(operation_id, safe='')}"


def _followed(at: HttpApi, operation_id: str) -> Facts:
    """Until it is over. Whoever has seen enough goes: it runs on without him."""
    try:
        return _looked_at(at, operation_id)
    except KeyboardInterrupt:
        raise NotDoneError(
            f"it runs on without this command: sagactl operations show {operation_id}; "
            f"to stop it: sagactl operations abort {operation_id}"
        ) from None


def _looked_at(at: HttpApi, operation_id: str) -> Facts:
    seen = ""
    while True:
        reply = at.get(_path(operation_id))
        operation = reply.content
        line = _line(operation)
        if reply.part("state") in _OVER:
            return operation
        if line != seen:
            tell(line)
        seen = line
        time.sleep(_LOOK_EVERY_SECONDS)


def _all_items(at: HttpApi, operation_id: str) -> Iterator[Facts]:
    token = ""
    while True:
        more = f"&page_token={token}" if token else ""
        page: Reply = at.get(f"{_path(operation_id)}/items?page_size=100{more}")
        yield from page.part("items")
        token = page.part("next_page_token") or ""
        if not token:
            return


def _line(operation: Facts) -> str:
    progress = operation["progress"]
    counts = ", ".join(f"{progress[fate]} {fate}" for fate in _FATES if progress[fate] or fate == "done")
    return f"{operation['id']}: {operation['verb']} {operation['state']}, {counts} of {operation['count']}"


def _row(operation: Facts) -> list[object]:
    by = operation["started"] or operation["prepared"]
    fates = [operation["progress"][fate] for fate in _FATES]
    prepared = operation["prepared"]["at"]
    return [
        operation["id"],
        prepared,
        operation["verb"],
        operation["state"],
        operation["count"],
        *fates,
        by["actor"],
        by["reason"],
    ]


def _items(items: list[Facts], title: str) -> Any:
    columns = ("execution_id", "saga_name", "step", "outcome", "code")
    return table(title, columns, ([item[name] for name in columns] for item in items))

"""`sagactl republish`: the relay sends again what sagas have emitted; consumers know the messages by their ids."""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import quote

import typer

from saga_orchestrator.application.settling.republish_desk import DONE
from saga_orchestrator.application.settling.republishing import (
    SAGAS_A_CALL,
    FunctionFailedError,
    Relays,
    Republished,
)
from saga_orchestrator.application.settling.results import result_key
from saga_orchestrator.domain.instants import rfc3339
from saga_orchestrator.domain.operating.acts import Act, saga_target
from saga_orchestrator.domain.operating.other_targets import REPUBLISH
from saga_orchestrator.domain.saga import Saga
from sagactl.acting.actor import acting
from sagactl.acting.over_http import HttpApi
from sagactl.acting.records import act_of, now_ms, record
from sagactl.acting.ways import Actor, Api, Direct, Why, api_of
from sagactl.asking import agreed, progress, tell_stack
from sagactl.connection import Target
from sagactl.deployment import Deployment, deployment
from sagactl.errors import NotDoneError, NotUsableError
from sagactl.invoking import CalledDirectly
from sagactl.options import on_stack
from sagactl.outlet import number_of, show, table
from sagactl.table.sagas import Unreadable, readable, sagas_of, tell_unreadable
from sagactl.times import parse_since


@on_stack
def republish(
    target: Target,
    execution_id: Annotated[str | None, typer.Argument(help="One execution.")] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", help="All sagas that emitted at or after: RFC 3339 with offset, or 15m, 2h, 1d ago."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask, with --since.")] = False,
    reason: Why = "",
    actor: Actor = None,
    direct: Direct = False,
    api: Api = None,
) -> None:
    """Publish messages again. A pod is only created again where it could still start.

    One execution goes over the HTTP API where the stack has one. With --since the whole table is read; how many sagas
    it concerns is shown, and asked, before anything is sent. That, and --direct, goes past the API: its record calls
    who did it unverified.
    """
    if (execution_id is None) == (since is None):
        raise NotUsableError("name either one EXECUTION_ID or --since TIME")
    stack = deployment(target)
    way = api_of(stack, api, direct=direct) if execution_id is not None else None
    if way is not None:
        if actor is not None:
            raise NotUsableError("--as goes with --since and --direct alone: the API knows who you are")
        saga_names = way.names_of(str(execution_id))
        tell_stack(stack)
        _show(target, _over_http(way, str(execution_id), saga_names, reason))
        return
    if since is not None:
        from_millis = parse_since(since, datetime.now(UTC))
        unreadable: list[Unreadable] = []
        keys = [_key_of(saga) for saga in emitted_since(readable(stack, unreadable), from_millis)]
        tell_unreadable(unreadable)
        if keys:
            agreed(stack, f"Republish what {number_of(len(keys), 'saga')} emitted", yes=yes)
        targets = [f"sagas:since:{rfc3339(from_millis)}"] if keys else []
    else:
        keys = [_key_of(saga) for saga in sagas_of(stack, str(execution_id))]
        targets = [saga_target(saga_name, key) for key, saga_name in keys]
        tell_stack(stack)
    who = acting(stack.connection, actor) if targets else ""
    _show(target, _recorded(stack, keys, [act_of(each, REPUBLISH, who, reason=reason) for each in targets]))


def _recorded(stack: Deployment, keys: list[tuple[str, str]], acts: list[Act]) -> Republished:
    """On record before anything is sent, and what came of it after. Where it fails, the record has no result."""
    for act in acts:
        record(stack, act)
    done = republish_sagas(stack, keys)
    for act in acts:
        record(stack, replace(act, id=result_key(act.id), result=DONE, at=now_ms()))
    return done


def _over_http(api: HttpApi, execution_id: str, saga_names: Iterable[str], reason: str) -> Republished:
    """On record, each saga by itself."""
    body = {"reason": reason} if reason else {}
    published: list[str] = []
    skipped: list[str] = []
    for saga_name in saga_names:
        told = api.post(f"sagas/{saga_name}/{quote(execution_id, safe='')}/republish", body, uuid.uuid4().hex)
        published += told.part("published")
        skipped += told.part("skipped")
    return Republished(tuple(published), tuple(skipped))


def _show(target: Target, done: Republished) -> None:
    facts = {"published": list(done.published), "skipped": list(done.skipped)}
    rows = [*((key, "published") for key in done.published), *((key, "skipped") for key in done.skipped)]
    title = f"{number_of(len(done.published), 'message')} published"
    show(target.output, facts, table(title, ("message", "what"), rows))


def _key_of(saga: Saga) -> tuple[str, str]:
    return saga.execution_id, saga.saga_name


def republish_sagas(stack: Deployment, keys: list[tuple[str, str]]) -> Republished:
    """Ask the relay, a few sagas at a time; stops at the first call that fails, and says how far it came."""
    published: list[str] = []
    skipped: list[str] = []
    relays = Relays(CalledDirectly(stack), stack.relay_functions)
    for begin in progress(range(0, len(keys), SAGAS_A_CALL), "republishing"):
        try:
            done = relays.republished(keys[begin : begin + SAGAS_A_CALL])
        except FunctionFailedError as error:
            message = f"{begin} of {len(keys)} sagas were republished, then {error}; doing it all again is harmless"
            raise NotDoneError(message) from error
        published += done.published
        skipped += done.skipped
    return Republished(tuple(published), tuple(skipped))


def emitted_since(sagas: Iterable[Saga], millis: int) -> Iterator[Saga]:
    """Sagas that sent anything at or after that time."""
    for saga in sagas:
        if any(entry.at >= millis and entry.messages for entry in saga.timeline):
            yield saga

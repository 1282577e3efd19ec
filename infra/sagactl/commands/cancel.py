"""`sagactl cancel`: over the HTTP API, on record; or by an EXECUTION_CANCELLED event from the operators' own source."""

import re
import uuid
from typing import Annotated, Any

import typer

from saga_orchestrator.domain.operating.acts import saga_target
from sagactl.acting.actor import acting
from sagactl.acting.break_glass import ring
from sagactl.acting.over_http import HttpApi
from sagactl.acting.records import act_of, record
from sagactl.acting.ways import Api, Direct, api_of, has_api
from sagactl.asking import tell_stack
from sagactl.bus import put_event
from sagactl.connection import Target
from sagactl.deployment import Deployment, deployment
from sagactl.errors import NotFoundError, NotUsableError
from sagactl.options import on_stack
from sagactl.outlet import show
from sagactl.table.moments import now_rfc3339
from sagactl.table.sagas import sagas_of
from sagas.execution import EXECUTION_SAGA

_EXECUTION_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


@on_stack
def cancel(
    target: Target,
    execution_id: Annotated[str, typer.Argument(help="The execution to end.")],
    reason: Annotated[
        str, typer.Option("--reason", help="Why; at most 200 bytes, kept with your name.")
    ] = "cancelled by an operator",
    actor: Annotated[
        str | None, typer.Option("--as", help="Who cancels, with --direct; by default your AWS identity.")
    ] = None,
    even_unknown: Annotated[
        bool,
        typer.Option("--even-unknown", help="Also when no event of the execution has arrived yet: --direct alone."),
    ] = False,
    direct: Direct = False,
    api: Api = None,
    key: Annotated[
        str | None, typer.Option("--key", help="Of an earlier try over the API: what was done is not done again.")
    ] = None,
) -> None:
    """Cancel an execution as an operator: its pod is deleted and its slot given back.

    Past the API, with --direct where there is one, it rings an alarm, and its record calls who did it unverified.
    """
    if not _EXECUTION_ID.fullmatch(execution_id):
        raise NotUsableError("an execution id has 1 to 64 letters, digits, '-' and '_'")
    stack = deployment(target)
    if way := api_of(stack, api, direct=direct):
        if actor is not None or even_unknown:
            raise NotUsableError("--as and --even-unknown go with --direct alone: the API cancels what is there")
        _over_http(way, target, execution_id, reason, key or uuid.uuid4().hex)
        return
    _by_event(target, stack, execution_id, reason, actor, even_unknown=even_unknown)


def _over_http(api: HttpApi, target: Target, execution_id: str, reason: str, key: str) -> None:
    """The execution's own saga: one of another definition is cancelled by its own verb or event."""
    names = api.names_of(execution_id)
    saga_name = EXECUTION_SAGA.name if EXECUTION_SAGA.name in names else names[0]
    tell_stack(api.stack)
    told = api.post(f"sagas/{saga_name}/{execution_id}/cancel", {"reason": reason}, key)
    saga, replayed = told.part("saga"), told.part("replayed")
    facts = {"execution_id": execution_id, "saga_name": saga_name, "state": saga["state"], "replayed": replayed}
    before = ", as it was before" if replayed else ""
    show(target.output, {**facts, "key": key}, f"{execution_id}: cancel done{before}; {saga['state']}")


def _by_event(
    target: Target, stack: Deployment, execution_id: str, reason: str, actor: str | None, *, even_unknown: bool
) -> None:
    state = _state(stack, execution_id, even_unknown=even_unknown)
    who = acting(stack.connection, actor)
    sent = state in {None, "created", "running"}
    event = _event(execution_id, reason, who)
    if sent:
        tell_stack(stack)
        if has_api(stack):
            ring(stack)
        record(stack, act_of(saga_target(EXECUTION_SAGA.name, execution_id), "cancel", who, reason=reason))
        put_event(stack, stack.operator_source, event)
    facts = {"execution_id": execution_id, "sent": sent, "event_id": event["event_id"] if sent else None}
    facts |= {"cancelled_by": who, "state_before": state}
    message = (
        f"{execution_id}: cancel sent as {who}; `sagactl show {execution_id}` tells what became of it"
        if sent
        else f"{execution_id} has ended already: {state}; nothing was sent"
    )
    show(target.output, facts, message)


def _state(stack: Deployment, execution_id: str, *, even_unknown: bool) -> str | None:
    try:
        sagas = sagas_of(stack, execution_id)
    except NotFoundError:
        if even_unknown:
            return None
        raise
    open_states = [str(saga.state) for saga in sagas if not saga.state.is_terminal]
    return open_states[0] if open_states else str(sagas[0].state)


def _event(execution_id: str, reason: str, actor: str) -> dict[str, Any]:
    event_id = f"operator-cancel-{uuid.uuid4()}"
    return {
        "event_id": event_id,
        "event_type": "EXECUTION_CANCELLED",
        "event_version": "1.0",
        "timestamp": now_rfc3339(),
        "metadata": {"service_name": "sagactl", "service_version": "1.0.0", "correlation_id": event_id},
        "execution_id": execution_id,
        "reason": reason,
        "cancelled_by": actor,
        "force_terminated": False,
    }

"""`sagactl cancel`: an EXECUTION_CANCELLED event from the source that only operators may use."""

import re
import uuid
from typing import Annotated, Any

import typer

from sagactl.acting.actor import acting
from sagactl.asking import tell_stack
from sagactl.bus import put_event
from sagactl.connection import Target
from sagactl.deployment import Deployment, deployment
from sagactl.errors import NotFoundError, NotUsableError
from sagactl.options import on_stack
from sagactl.outlet import show
from sagactl.table.moments import now_rfc3339
from sagactl.table.sagas import sagas_of

_EXECUTION_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


@on_stack
def cancel(
    target: Target,
    execution_id: Annotated[str, typer.Argument(help="The execution to end.")],
    reason: Annotated[
        str, typer.Option("--reason", help="Why; travels in the event and is stored nowhere.")
    ] = "cancelled by an operator",
    actor: Annotated[
        str | None, typer.Option("--as", help="Who cancels; by default your AWS identity, or your user name locally.")
    ] = None,
    even_unknown: Annotated[
        bool, typer.Option("--even-unknown", help="Also when no event of the execution has arrived yet.")
    ] = False,
) -> None:
    """Cancel an execution as an operator: its pod is deleted and its slot given back."""
    if not _EXECUTION_ID.fullmatch(execution_id):
        raise NotUsableError("an execution id has 1 to 64 letters, digits, '-' and '_'")
    stack = deployment(target)
    state = _state(stack, execution_id, even_unknown=even_unknown)
    who = acting(stack.connection, actor)
    sent = state in {None, "created", "running"}
    event = _event(execution_id, reason, who)
    if sent:
        tell_stack(stack)
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

"""`sagactl request`: send what starts a saga to the stack, and follow it to its end."""

from typing import Annotated

import typer

from sagactl.bus import put_event
from sagactl.connection import Target
from sagactl.deployment import Deployment, deployment
from sagactl.errors import NotFoundError, NotUsableError
from sagactl.options import on_stack
from sagactl.outlet import show, table, tell
from sagactl.requesting.checked import Checked, checked, read
from sagactl.requesting.following import Followed
from sagactl.requesting.wrapping import Envelope, wrapped
from sagactl.table.sagas import sagas_of

_ENDED_OTHERWISE = 1
_NOT_IN_TIME = 3
_COLUMNS = ("saga_name", "state", "reason", "exit_code", "error_type", "invalid", "message", "ended_at")


@on_stack
def request(
    target: Target,
    file: Annotated[
        str | None,
        typer.Argument(
            help="JSON of an event that starts a saga, by default EXECUTION_REQUESTED; - is standard input.",
            metavar="[FILE]",
        ),
    ] = None,
    example: Annotated[bool, typer.Option("--example", help="A small execution instead of a file.")] = False,
    execution_id: Annotated[
        str | None, typer.Option("--execution-id", help="Instead of the file's: a new try needs a new one.")
    ] = None,
    envelope: Annotated[
        Envelope, typer.Option("--as", help="As it is, or as a CloudEvent whose data is what attributes cannot say.")
    ] = Envelope.JSON,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Follow it to its end, or only send it.")] = True,
    timeout: Annotated[float, typer.Option("--timeout", min=0, help="So many seconds are waited.")] = 300,
) -> None:
    """Send what starts a saga, and follow it to its end: each change on standard error, at last the answer.

    An execution, or by its `event_type` another saga of the deployment, such as ORDER_PLACED.

    What the file lacks of ids, type, version and time is filled in. A request that the functions would refuse is not
    sent. On AWS you need events:PutEvents with the stack's EventSource, which the operators' policy does not give.

    Exit code 0: completed, whatever the script's own exit code. 1: ended otherwise, or rejected. 2: nothing was sent.
    3: it has not ended in time, and goes on.
    """
    ready = checked(read(file, example=example), execution_id)
    stack = deployment(target)
    _refuse_known(stack, ready.execution_id)
    put_event(
        stack, stack.event_source, wrapped(ready.event, envelope, ready.key_field), str(ready.event["event_type"])
    )
    _tell_sent(stack, ready)
    event_id = str(ready.event["event_id"])
    followed = Followed(stack, ready.execution_id, event_id, tell)
    if wait:
        followed.until_end(timeout)
    facts = {
        "execution_id": ready.execution_id,
        "event_id": event_id,
        "ended": followed.ended if wait else None,
        "sagas": followed.outcomes(),
    }
    rows = [[_cell(outcome[name]) for name in _COLUMNS] for outcome in followed.outcomes()]
    show(target.output, facts, table(ready.execution_id, [name.replace("_", " ") for name in _COLUMNS], rows))
    if wait and not followed.ended:
        tell(f"not ended within {timeout:g} s; `sagactl show {ready.execution_id}` tells what it waits for")
        raise typer.Exit(_NOT_IN_TIME)
    if wait and not followed.completed:
        raise typer.Exit(_ENDED_OTHERWISE)


def _refuse_known(stack: Deployment, execution_id: str) -> None:
    """The same content would be a duplicate without an answer, other content a rejected event."""
    try:
        known = [saga for saga in sagas_of(stack, execution_id) if not saga.is_stub]
    except NotFoundError:
        return
    if known:
        raise NotUsableError(
            f"{execution_id} is known already ({known[0].state}): a new try needs a new id, see --execution-id"
        )


def _tell_sent(stack: Deployment, ready: Checked) -> None:
    tell(f"{ready.execution_id} sent to stack {stack.stack_name} ({stack.connection.place})")
    if ready.unusable:
        tell(f"left out, since they decide nothing and break their rule: {', '.join(ready.unusable)}")


def _cell(value: object) -> object:
    return ("; ".join(map(str, value)) or None) if isinstance(value, list) else value

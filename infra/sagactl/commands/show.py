"""`sagactl show`: one execution."""

from typing import Annotated

import typer
from rich.console import RenderableType

from sagactl.connection import Target
from sagactl.deployment import deployment
from sagactl.options import on_stack
from sagactl.outlet import show, table
from sagactl.table.sagas import Facts, details, sagas_of

_SHOWN_FIRST = (
    "state",
    "reason",
    "language",
    "owner",
    "correlation_id",
    "version",
    "created_at",
    "start_before",
    "deadline",
    "ended_at",
    "ended_by",
    "exit_code",
    "error_type",
)


@on_stack
def show_execution(
    target: Target, execution_id: Annotated[str, typer.Argument(help="The execution, as its events name it.")]
) -> None:
    """Show everything that is known of one execution: its sagas, what each holds, and the timeline.

    A message is *emitted* by the write that decided it; the relay publishes it within seconds. Whether it has come
    through to a consumer is not stored: the alarm `RelayIteratorAge` tells of a relay that lags.
    """
    facts = [details(saga) for saga in sagas_of(deployment(target), execution_id)]
    show(target.output, facts, *[part for fact in facts for part in _page(fact)])


def _page(fact: Facts) -> list[RenderableType]:
    slot = fact["slot"]
    rows: list[tuple[str, object]] = [(name.replace("_", " "), fact[name]) for name in _SHOWN_FIRST]
    rows += [
        ("slot", f"{slot['language']}, shard {slot['shard']}" if slot else None),
        ("completed steps", ", ".join(fact["completed_steps"]) or None),
        ("compensated steps", ", ".join(fact["compensated_steps"]) or None),
    ]
    pages: list[RenderableType] = [table(fact["saga_id"], ("what", "value"), rows)]
    timeline = [
        (entry["at"], entry["cause"], entry["event_id"], ", ".join(entry["messages"]) or None)
        for entry in fact["timeline"]
    ]
    if timeline:
        pages.append(table("Timeline", ("at", "cause", "event", "messages emitted"), timeline))
    if fact["early_events"]:
        early = [(entry["at"], entry["cause"], entry["event_id"], entry["actor"]) for entry in fact["early_events"]]
        pages.append(table("Came before the request", ("at", "event", "event id", "actor"), early))
    return pages

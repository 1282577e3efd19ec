"""`sagactl list` and `sagactl show`."""

from typing import Annotated

import typer
from rich.console import RenderableType

from saga_orchestrator.domain.states import SagaState
from sagactl.connection import Target
from sagactl.deployment import deployment
from sagactl.options import on_stack
from sagactl.outlet import number_of, show, table
from sagactl.sagas import Facts, all_sagas, details, newest_of, sagas_of, summary

_LIST_COLUMNS = ("execution_id", "state", "reason", "language", "owner", "created_at", "ended_at", "deadline")
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
def list_sagas(
    target: Target,
    state: Annotated[SagaState | None, typer.Option("--state", help="Only sagas in this state.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Stop reading the table after so many sagas.")] = 50,
) -> None:
    """List sagas: the first ones that a scan of the table finds, newest of them first."""
    stack = deployment(target)
    facts = [summary(saga) for saga in newest_of(all_sagas(stack, state.value if state else None), limit)]
    rows = [[fact[column] for column in _LIST_COLUMNS] for fact in facts]
    more = "; there may be more, see --limit" if len(facts) == limit else ""
    title = f"{number_of(len(facts), 'saga')} of {stack.stack_name}{more}"
    show(target.output, facts, table(title, [column.replace("_", " ") for column in _LIST_COLUMNS], rows))


@on_stack
def show_execution(
    target: Target, execution_id: Annotated[str, typer.Argument(help="The execution, as its events name it.")]
) -> None:
    """Show everything that is known of one execution: its sagas, what each holds, and the timeline."""
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
        pages.append(table("Timeline", ("at", "cause", "event", "messages sent"), timeline))
    if fact["early_events"]:
        early = [(entry["at"], entry["cause"], entry["event_id"], entry["actor"]) for entry in fact["early_events"]]
        pages.append(table("Came before the request", ("at", "event", "event id", "actor"), early))
    return pages

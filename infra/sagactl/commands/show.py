"""`sagactl show`: one execution."""

from typing import Annotated
from urllib.parse import quote

import typer
from rich.console import RenderableType

from saga_orchestrator.domain.operating.acts import names_a_saga, saga_target
from saga_orchestrator.domain.saga import Saga
from sagactl.acting.over_http import HttpApi
from sagactl.acting.records import acts_on, facts_of, page_of
from sagactl.acting.ways import Api, Direct, api_of
from sagactl.connection import Target
from sagactl.deployment import Deployment, deployment
from sagactl.errors import NotDoneError, NotUsableError
from sagactl.options import on_stack
from sagactl.outlet import show, table
from sagactl.table.relay_lag import relay_lag
from sagactl.table.sagas import Facts, Unreadable, details, sagas_of, tell_unreadable

_SHOWN_FIRST = (
    *("state", "reason", "waits_for", "waits_until", "language", "owner", "image", "limits", "pod_name", "node_name"),
    *("correlation_id", "version", "created_at", "start_before", "deadline", "ended_at", "ended_by", "exit_code"),
    *("error_type", "failed_step", "outcome", "must_end_by", "kept_until", "traceparent"),
)
_STEP_COLUMNS = ("step", "standing", "why not", "attempts", "unanswered", "undos", "looked at again")


@on_stack
def show_execution(
    target: Target,
    execution_id: Annotated[str, typer.Argument(help="The execution, as its events name it.")],
    direct: Direct = False,
    api: Api = None,
) -> None:
    """Show everything that is known of one execution: its sagas, what each waits for and holds, and the timeline.

    A message is *emitted* by the write that decided it; the relay publishes it within seconds. Whether it has come
    through to a consumer is not stored: beside the messages stands by how much the relay lagged last, where AWS tells.
    """
    stack = deployment(target)
    way = api_of(stack, api, direct=direct)
    found = _over_http(way, execution_id) if way else _from_the_table(stack, execution_id)
    lag = relay_lag(stack)
    facts = [{**saga, "relay_lag_seconds": lag, "acts": acts} for saga, acts in found]
    show(target.output, facts, *[part for fact in facts for part in _page(fact)])


def _from_the_table(stack: Deployment, execution_id: str) -> list[tuple[Facts, list[Facts]]]:
    return [(details(saga), _acts(stack, saga)) for saga in sagas_of(stack, execution_id)]


def _over_http(api: HttpApi, execution_id: str) -> list[tuple[Facts, list[Facts]]]:
    """Each saga that can be read with what people did to it; the others are told of, as those of the table are."""
    if not names_a_saga("any", execution_id):
        raise NotUsableError("an execution id has 1 to 64 letters, digits, '-' and '_'")
    told: list[Facts] = api.get(f"executions/{quote(execution_id, safe='')}").part("sagas")
    unreadable = [Unreadable(execution_id, str(each["unreadable"])) for each in told if "unreadable" in each]
    sagas = [each for each in told if "unreadable" not in each]
    if not sagas:
        raise NotDoneError(f"{execution_id}: {unreadable[0].detail}; see `sagactl reconcile --dry-run`")
    tell_unreadable(unreadable)
    places = [f"sagas/{quote(str(each['saga_name']), safe='')}/{quote(execution_id, safe='')}/acts" for each in sagas]
    return [(saga, api.get(place).part("acts")) for saga, place in zip(sagas, places, strict=True)]


def _acts(stack: Deployment, saga: Saga) -> list[Facts]:
    return [facts_of(act) for act in acts_on(stack, saga_target(saga.saga_name, saga.execution_id))]


def _page(fact: Facts) -> list[RenderableType]:
    slot = fact["slot"]
    rows: list[tuple[str, object]] = [(name.replace("_", " "), _cell(fact.get(name))) for name in _SHOWN_FIRST]
    rows += [("invalid", sentence) for sentence in fact["invalid"]]
    # An API of an earlier release shows none.
    rows += [(_name_of(each), str(each["value"])) for each in fact.get("shown", [])]
    rows += [("commands", "none: it came while publishing was switched off")] if fact.get("shadow") else []
    rows += [
        ("slot", f"{slot['language']}, shard {slot['shard']}" if slot else None),
        ("completed steps", ", ".join(fact["completed_steps"]) or None),
        ("compensated steps", ", ".join(fact["compensated_steps"]) or None),
    ]
    pages: list[RenderableType] = [table(fact["saga_id"], ("what", "value"), rows)]
    if fact["steps"]:
        pages.append(table("Steps", _STEP_COLUMNS, map(_step, fact["steps"])))
    if errors := fact.get("errors"):
        rows_of = [(each["at"], each["message"], each["reason"]) for each in errors]
        pages.append(table("Why attempts did not do it", ("at", "message", "reason"), rows_of))
    timeline = [
        (
            entry["at"],
            f"{entry['cause']}, after the end" if entry["late"] else entry["cause"],
            entry["event_id"],
            ", ".join(entry["messages"]) or None,
        )
        for entry in fact["timeline"]
    ]
    if timeline:
        title = f"Timeline (the relay's lag: {_lag(fact['relay_lag_seconds'])})"
        pages.append(table(title, ("at", "cause", "event", "messages emitted"), timeline))
    if fact["early_events"]:
        early = [(entry["at"], entry["cause"], entry["event_id"], entry["actor"]) for entry in fact["early_events"]]
        pages.append(table("Came before the request", ("at", "event", "event id", "actor"), early))
    if fact["acts"]:
        pages.append(page_of(fact["acts"], "What people did"))
    return pages


def _step(step: Facts) -> tuple[object, ...]:
    unanswered = ", ".join(map(str, step["unanswered"])) or None
    since = f"{step['standing']} since {step['parked_since']}" if step["parked_since"] else step["standing"]
    return (
        step["step"],
        since,
        step.get("reason"),
        step["attempts"] or None,
        unanswered,
        step["undos"] or None,
        step["looked_at"],
    )


def _name_of(shown: Facts) -> str:
    return f"{shown['name']} of {shown['step']}" if shown["step"] else str(shown["name"])


def _cell(value: object) -> object:
    return ", ".join(f"{name} {each}" for name, each in value.items()) if isinstance(value, dict) else value


def _lag(seconds: float | None) -> str:
    return "unknown" if seconds is None else f"{seconds:g} s"

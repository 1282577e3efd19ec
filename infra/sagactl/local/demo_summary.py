"""The demo's facts as a person likes to see them. The verdict comes last: that is what stays on the screen."""

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.markup import escape
from rich.text import Text

from sagactl.outlet import table

Facts = dict[str, Any]
_MOST_DIFFERENCES = 20


def summary(facts: Facts) -> list[RenderableType]:
    """Tables from the detail to the whole, then the verdict."""
    return [
        _cases(facts),
        "",
        _outcomes(facts),
        "",
        _orders(facts),
        "",
        _rejected(facts),
        "",
        _functions(facts),
        "",
        _promises(facts),
        "",
        *_objections(facts),
        _verdict(facts),
    ]


def _cases(facts: Facts) -> RenderableType:
    rows = [
        (
            escape(case["title"]),
            " or ".join(case["expected"]),
            case["executions"],
            case["as_expected"],
            _mark(good=case["as_expected"] == case["executions"]),
        )
        for case in facts["cases"]
    ]
    return table("Expected against actual", ("case", "expected ending", "executions", "as expected", ""), rows)


def _outcomes(facts: Facts) -> RenderableType:
    executions = facts["executions"]
    rows = [*executions["by_outcome"].items(), *((f"over {way}", n) for way, n in executions["by_transport"].items())]
    return table("Executions by outcome", ("", "executions"), [*rows, ("all", executions["total"])])


def _orders(facts: Facts) -> RenderableType:
    rows = [
        (
            escape(case["title"]),
            case["expected"],
            case["orders"],
            case["as_expected"],
            _mark(good=case["as_expected"] == case["orders"]),
        )
        for case in facts["orders"]["cases"]
    ]
    return table("Orders beside them", ("case", "expected ending", "orders", "as expected", ""), rows)


def _rejected(facts: Facts) -> RenderableType:
    rows = [
        (row["reason"], row["expected"], row["actual"], _mark(good=row["expected"] == row["actual"]))
        for row in facts["rejected"]
    ]
    return table("Rejected events", ("reason", "expected", "actual", ""), rows)


def _functions(facts: Facts) -> RenderableType:
    rows = [
        (
            each["function"],
            each["events"],
            each["invocations"],
            each["errors"],
            each["aws_calls_total"],
            f"{each['aws_calls_total'] / each['events']:.2f}" if each["events"] else None,
            f"{each['seconds']:.1f}",
            ", ".join(f"{count} {operation.partition(':')[2]}" for operation, count in each["aws_calls"].items()),
        )
        for each in facts["functions"]
    ]
    columns = ("function", "events", "invocations", "errors", "AWS calls", "per event", "seconds", "which")
    return table("AWS calls by event type, and time in functions", columns, rows)


def _promises(facts: Facts) -> RenderableType:
    pods, duplicates, burst = facts["pods"] or {}, facts["duplicates"], facts["burst"]
    seconds = ", ".join(f"{name} {value:.1f}" for name, value in facts["seconds"].items() if name != "total")
    rows = [
        ("pods created", pods.get("created")),
        ("pods finished by themselves", pods.get("finished")),
        ("pods deleted", pods.get("deleted")),
        ("pods leaked", pods.get("leaked")),
        ("events and commands sent again on purpose", duplicates["sent_again_by_requesters"]),
        ("reports sent twice by the worker", duplicates["reported_again_by_worker"]),
        ("second pods from all of that", duplicates["second_pods"]),
        ("second outcomes from all of that", duplicates["second_outcomes"]),
        (f"slots of {burst['language']} held at once", f"{burst['most_at_once']}, the limit is {burst['limit']}"),
        ("slots still held", facts["slots_held"]),
        ("seconds", f"{facts['seconds']['total']:.1f} ({seconds})"),
    ]
    return table("Pods, duplicates, slots, time", ("what", ""), rows)


def _objections(facts: Facts) -> Iterator[RenderableType]:
    cases = (*facts["cases"], *facts["orders"]["cases"])
    differences = [line for case in cases for line in case["differences"]]
    lines = [*facts["violations"], *differences]
    for line in lines[:_MOST_DIFFERENCES]:
        yield Text(f"  {line}", style="red")
    if len(lines) > _MOST_DIFFERENCES:
        yield Text(f"  and {len(lines) - _MOST_DIFFERENCES} more; --json lists them all", style="red")


def _verdict(facts: Facts) -> RenderableType:
    executions = facts["executions"]
    orders = facts["orders"]
    told = (
        f"{executions['as_expected']} of {executions['total']} executions "
        f"and {orders['as_expected']} of {orders['total']} orders ended as expected"
    )
    broken = len(facts["violations"])
    if facts["ok"]:
        return Text(f"{told}, every promise held ({facts['seconds']['total']:.0f} s)", style="bold green")
    return Text(f"{told}, {broken} promise{'' if broken == 1 else 's'} broken", style="bold red")


def _mark(*, good: bool) -> str:
    return "[green]ok[/]" if good else "[bold red]differs[/]"

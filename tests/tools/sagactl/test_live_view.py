"""The live view: each rejected event with its reason, each ended saga, each event that no rule took."""

import io
import json
from typing import Any

import pytest
from rich.console import Console

from local_stack import EventKind, StackEvent
from local_stack.stack_event import happening
from sagactl.local.live_view import LiveView
from sagactl.outlet import Output
from tests.tools.local_stack.outside import event
from tests.tools.sagactl.conftest import Operator

FUNCTION = "saga-orchestrator-ExecutionCompletedFunction"


def logged(message: str, **fields: Any) -> StackEvent:
    return StackEvent(happening(EventKind.STACK, None, "").at, EventKind.LOGGED, FUNCTION, message, fields)


def seen(*events: StackEvent) -> str:
    """What a person sees on a terminal of 100 columns, without its colours."""
    written = io.StringIO()
    view = LiveView(Console(file=written, width=100, highlight=False, soft_wrap=True))
    for each in events:
        view.happened(each)
    return written.getvalue()


@pytest.mark.parametrize(
    ("state", "reason"),
    [("completed", "execution_completed"), ("failed", "limit_reached"), ("timeout", None), ("cancelled", "cancelled")],
)
def test_an_ended_saga_is_a_line_with_its_reason(state: str, reason: str | None) -> None:
    line = seen(logged("event applied", state=state, execution_id="order-7", reason=reason))

    assert line[14:].split() == ["ended", "order-7", f"{state}:", *(reason or "no reason").split()]


def test_a_saga_that_timed_out_is_a_line() -> None:
    assert "order-7                  timeout: run_deadline_passed\n" in seen(
        logged("deadline passed", execution_id="order-7", reason="run_deadline_passed")
    )


def test_a_rejected_event_is_a_line_with_its_reason_and_how_to_see_more() -> None:
    line = seen(logged("rejected", reason="malformed", detail="no owner", kept_as="rejected/f/x", event_type="E"))

    assert "rejected       E                        malformed: no owner; sagactl rejected show " in line


@pytest.mark.parametrize(
    "other",
    [
        logged("event applied", state="running", execution_id="order-7", reason=None),
        logged("event applied", state=7, execution_id="order-7"),
        logged("event applied"),
        logged("rejected"),
        logged("something else", reason="a", detail="b"),
        logged("deadline passed"),
        happening(EventKind.UNTAKEN, None, "SAGA_STARTED", source="saga-orchestrator"),
    ],
    ids=lambda each: f"{each.kind} {each.detail} {dict(each.fields)}",
)
def test_what_nobody_waits_for_is_no_line(other: StackEvent) -> None:
    assert seen(other) == ""


def test_an_event_that_no_rule_took_is_a_line() -> None:
    line = seen(happening(EventKind.UNTAKEN, None, "EXECUTION_REQUESTED from source execution", source="execution"))

    assert line.split(maxsplit=1)[1] == f"{'no-rule':<14} {'':<24} EXECUTION_REQUESTED from source execution\n"


def test_usual_lines_fit_a_hundred_columns_and_name_the_function_without_its_stack() -> None:
    events = [
        happening(EventKind.INVOKED, FUNCTION, "12 ms"),
        logged("event applied", state="completed", execution_id="x" * 36, reason="execution_completed"),
    ]

    lines = seen(*events).splitlines()

    assert "ExecutionCompleted  " in lines[0]
    assert "saga-orchestrator" not in lines[0]
    assert max(map(len, lines)) <= 100


def test_programs_get_the_same_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    LiveView(output=Output.JSON).happened(logged("event applied", state="failed", execution_id="one", reason="why"))

    line = json.loads(capsys.readouterr().out)
    assert {name: line[name] for name in ("kind", "subject", "detail")} == {
        "kind": "ended",
        "subject": "one",
        "detail": "failed: why",
    }


@pytest.mark.usefixtures("nothing_rejected")
def test_a_stack_that_runs_tells_of_all_three(operator: Operator) -> None:
    one = "watched-1"
    operator.client.over_eventbridge(event("EXECUTION_REQUESTED", one, script=""))
    operator.client.over_eventbridge(event("EXECUTION_STARTED", one, event_version="9.9"))
    astray = {"Source": "nobody", "DetailType": "EXECUTION_STARTED", "Detail": "{}"}
    operator.aws("events").put_events(Entries=[{**astray, "EventBusName": operator.ready["event_bus"]}])

    def told() -> set[tuple[str, str, str]]:
        whole = [line for line in operator.stack.output.splitlines(keepends=True) if line.endswith("\n")]
        lines = [json.loads(line) for line in whole]
        return {
            (line["kind"], line["subject"], line["detail"].partition(";")[0]) for line in lines if "subject" in line
        }

    wanted = {
        ("ended", one, "failed: script_empty"),
        ("rejected", "EXECUTION_STARTED", "unknown_event_version: only event_version 1.0 is understood"),
        ("no-rule", "", "EXECUTION_STARTED from source nobody"),
    }
    operator.eventually(lambda: wanted <= told())
    (lag,) = {saga["relay_lag_seconds"] for saga in operator.gets("show", one) if saga["saga_name"] == "execution_saga"}
    assert lag is not None
    assert 0 <= lag < 300

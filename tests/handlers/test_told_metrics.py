"""What handlers tell of sagas that end, and the checker of what stands: the values, and under which dimensions."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from saga_orchestrator.adapters.telemetry import telemetry
from saga_testing.deployment import EXECUTIONS_AND_ORDERS, Deployment
from saga_testing.samples.sample_events import event
from saga_testing.samples.sample_orders import order_event, reply
from saga_testing.telemetry import RecordingTelemetry
from saga_testing.wire import Wire

LIMITS = {"LANGUAGE_LIMITS": '{"python": 1}', "COUNTER_SHARDS": "1", "GAUGES": "true"}
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def told() -> RecordingTelemetry:
    return RecordingTelemetry()


@pytest.fixture
def stack(told: RecordingTelemetry) -> Deployment:
    return Deployment(LIMITS, sagas=EXECUTIONS_AND_ORDERS, telemetry=told)


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """The metric lines that were printed since."""

    def printed() -> list[dict[str, Any]]:
        return [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]

    return printed


def test_an_end_is_counted_with_how_long_it_took_to_start_and_to_end(
    stack: Deployment, told: RecordingTelemetry
) -> None:
    stack.deliver(event("EXECUTION_REQUESTED"))
    stack.advance(2)
    stack.deliver(event("EXECUTION_STARTED"))
    stack.advance(5)
    stack.deliver(event("EXECUTION_COMPLETED"))
    stack.deliver(event("EXECUTION_FAILED"))  # too late: it ended once

    ended = "execution_saga completed python"
    assert told.counts[f"{ended} SagasEnded"] == 1
    assert told.counts[f"{ended} StartLatency"] == 2_000
    assert told.counts[f"{ended} SagaDuration"] == 7_000
    assert sum(count for name, count in told.counts.items() if name.endswith("SagasEnded")) == 1


def test_one_that_never_started_has_no_latency_and_one_that_was_refused_no_duration(
    stack: Deployment, told: RecordingTelemetry
) -> None:
    stack.deliver(event("EXECUTION_REQUESTED", "ex-1"))
    stack.deliver(event("EXECUTION_REQUESTED", "ex-2"))  # over the limit
    assert told.counts["execution_saga failed python SagasEnded"] == 1
    assert "execution_saga failed python SagaDuration" not in told.counts

    stack.advance(301)
    stack.check()

    assert told.counts["execution_saga timeout python SagasEnded"] == 1
    assert told.counts["execution_saga timeout python SagaDuration"] == 301_000
    assert not [name for name in told.counts if name.endswith("StartLatency")]


def test_a_language_that_the_deployment_does_not_name_makes_no_metric_of_its_own(
    stack: Deployment, told: RecordingTelemetry
) -> None:
    for number in range(5):
        stack.deliver(event("EXECUTION_REQUESTED", f"ex-{number}", language=f"made-up-{number}"))
        stack.deliver(event("EXECUTION_COMPLETED", f"ex-{number}"))

    assert told.counts["execution_saga completed other SagasEnded"] == 5
    assert not [name for name in told.counts if "made-up" in name]


def test_another_saga_is_counted_without_a_language(stack: Deployment, told: RecordingTelemetry) -> None:
    stack.deliver(order_event("PLACED"))
    stack.advance(1)
    stack.deliver(order_event("CANCELLED"))
    assert not [name for name in told.counts if name.endswith("SagasEnded")]  # what it reserved is owed

    stack.deliver(reply("release_credit#1"))

    assert told.counts["order_saga cancelled SagasEnded"] == 1
    assert told.counts["order_saga cancelled SagaDuration"] == 1_000


def test_a_line_has_each_dimension_beside_the_saga_and_never_all_of_them(lines: Lines) -> None:
    stack = Deployment(LIMITS, sagas=EXECUTIONS_AND_ORDERS, telemetry=telemetry("SagaOrchestrator", service="s"))
    stack.deliver(event("EXECUTION_REQUESTED"))
    stack.deliver(event("EXECUTION_STARTED"))
    stack.deliver(event("EXECUTION_COMPLETED"))

    (line,) = [line for line in lines() if "SagasEnded" in line]
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    sets = [[name for name in each if name != "service"] for each in directive["Dimensions"]]
    assert sets == [["saga", "outcome"], ["saga", "language"]]
    assert [each["Unit"] for each in directive["Metrics"]] == ["Count", "Milliseconds", "Milliseconds"]
    assert (line["saga"], line["outcome"], line["language"]) == ("execution_saga", "completed", "python")


def test_the_checker_tells_what_stands(stack: Deployment, told: RecordingTelemetry) -> None:
    stack.deliver(event("EXECUTION_REQUESTED", "ex-1"))
    stack.deliver(event("EXECUTION_REQUESTED", "ex-2", language="ruby"))
    stack.deliver(event("EXECUTION_CANCELLED", "ex-1", cancelled_by="mallory"))  # rejected
    stack.deliver(order_event("PLACED"))
    stack.advance(1)
    stack.deliver(order_event("CANCELLED"))
    stack.deliver(reply("release_credit#1", "refused"))
    stack.advance(90)
    stack.check()

    assert told.counts["OpenSagas"] == 3
    assert (told.counts["ParkedSagas"], told.counts["OldestParkedSeconds"]) == (1, 90)
    assert (told.counts["OpenRejectedEvents"], told.counts["OldestRejectedSeconds"]) == (1, 91)
    assert (told.counts["python SlotsUsed"], told.counts["python SlotLimit"]) == (1, 1)
    assert (told.counts["other SlotsUsed"], told.counts["other SlotLimit"]) == (1, 100)
    assert told.counts["FullLanguages"] == 1
    assert told.counts["GaugesUnread"] == 0


def test_nothing_is_told_as_nought_where_there_is_nothing(stack: Deployment, told: RecordingTelemetry) -> None:
    stack.check()

    for gauge in ("OpenSagas", "ParkedSagas", "OldestParkedSeconds", "OpenRejectedEvents", "FullLanguages"):
        assert told.counts[gauge] == 0
        assert gauge in told.counts


@pytest.mark.parametrize(
    ("index", "unread"),
    [
        ("marks", {"ParkedSagas", "OldestParkedSeconds"}),
        ("by_time", {"OpenRejectedEvents", "OldestRejectedSeconds"}),
    ],
)
@pytest.mark.parametrize("code", ["ProvisionedThroughputExceededException", "ValidationException"])
def test_what_cannot_be_read_is_told_as_that_and_as_no_number(
    index: str, unread: set[str], code: str, told: RecordingTelemetry
) -> None:
    class Unreadable(Wire):
        def invoke(self, operation: str, call: Callable[..., Any], arguments: dict[str, Any]) -> Any:
            if arguments.get("IndexName") == index:
                raise ClientError({"Error": {"Code": code}}, operation)
            return super().invoke(operation, call, arguments)

    stack = Deployment(LIMITS, sagas=EXECUTIONS_AND_ORDERS, telemetry=told, wire=Unreadable())
    stack.check()

    assert told.counts["GaugesUnread"] == 1
    assert not unread & told.counts.keys()
    assert {"OpenSagas", "FullLanguages", "OldestDueSeconds"} <= told.counts.keys()


def test_a_count_stops_at_a_thousand_and_still_knows_the_oldest(stack: Deployment, told: RecordingTelemetry) -> None:
    for number in range(1_010):
        _put_parked(stack, f"o-{number}", mark=0, at=stack.now - number)
    _put_parked(stack, "o-oldest", mark=7, at=stack.now - 2_000_000)
    stack.check()

    assert (told.counts["ParkedSagas"], told.counts["OldestParkedSeconds"]) == (1_000, 2_000)


def test_a_stack_whose_gauges_are_off_reads_nothing_for_them(told: RecordingTelemetry) -> None:
    stack = Deployment({**LIMITS, "GAUGES": "false"}, sagas=EXECUTIONS_AND_ORDERS, telemetry=told)
    stack.check()

    assert "ParkedSagas" not in told.counts


def _put_parked(stack: Deployment, key: str, *, mark: int, at: int) -> None:
    item = {
        "execution_id": {"S": key},
        "saga_name": {"S": "order_saga"},
        "mark": {"S": f"parked#{mark}"},
        "mark_at": {"N": str(at)},
    }
    stack.aws.dynamodb.put_item(TableName="sagas", Item=item)

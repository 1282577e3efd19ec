"""Who is told when something is wrong: each alarm exists, watches what exists, and is explained."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.release.template.deployment import (
    API,
    FED_FUNCTIONS,
    FUNCTIONS,
    MSK,
    ROOT,
    SELF_MANAGED,
    STACK,
    TEMPLATE,
    deploy,
)

TOPIC = "arn:aws:sns:eu-central-1:123456789012:oncall"
WITH_KAFKA = deploy(MSK | API)
ALARMS = [name for name, _, _ in WITH_KAFKA.alarms()]
every_alarm = pytest.mark.parametrize("alarm", ALARMS)


def watched(namespace: str, metric: str) -> list[dict[str, str]]:
    """The dimensions under which some alarm watches a metric."""
    return [
        {dimension["Name"]: dimension["Value"] for dimension in each["Dimensions"]}
        for _, _, metrics in WITH_KAFKA.alarms()
        for each in metrics
        if (each["Namespace"], each["MetricName"]) == (namespace, metric)
    ]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("metric", ["Errors", "Throttles", "DestinationDeliveryFailures", "AsyncEventsDropped"])
def test_every_function_is_watched(function: str, metric: str) -> None:
    assert {"FunctionName": f"<{function}>"} in watched("AWS/Lambda", metric)


@pytest.mark.parametrize(
    "metric",
    ["OldestDueSeconds", "UnauthorisedCancels", "UnpublishableMessages", "StepsParked", "ParkedSagas", "GaugesUnread"],
)
def test_what_the_code_counts_is_watched_under_the_name_that_it_counts_with(metric: str) -> None:
    variables = deploy().properties["TimeoutCheckerFunction"]["Environment"]["Variables"]

    assert watched("SagaOrchestrator", metric) == [{"service": STACK}]
    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "SagaOrchestrator"
    assert variables["POWERTOOLS_SERVICE_NAME"] == STACK
    sources = (ROOT / "layers/saga_orchestrator/saga_orchestrator").rglob("*.py")
    assert any(f'"{metric}"' in path.read_text(encoding="utf-8") for path in sources)


@pytest.mark.parametrize("queue", ["RejectedQueue", "RuleDeadLetterQueue"])
def test_a_single_message_in_a_queue_of_the_lost_rings(queue: str) -> None:
    ringing = [
        alarm
        for _, alarm, metrics in WITH_KAFKA.alarms()
        for each in metrics
        if each["Dimensions"] == [{"Name": "QueueName", "Value": f"<{queue}.QueueName>"}]
    ]

    assert [(alarm["ComparisonOperator"], alarm["Threshold"]) for alarm in ringing] == [("GreaterThanThreshold", 0)]


def test_the_relays_lag_rings_long_before_the_records_are_given_up() -> None:
    alarm = deploy().properties["RelayIteratorAgeAlarm"]

    assert (
        alarm["Threshold"] / 1000 < deploy().properties["CommandRelayStreamMapping"]["MaximumRecordAgeInSeconds"] / 10
    )


def test_kafka_lag_is_watched_only_where_there_is_kafka() -> None:
    assert len(watched("AWS/Lambda", "OffsetLag")) == len(FED_FUNCTIONS)
    assert "KafkaOffsetLagAlarm" not in deploy().properties
    assert "KafkaOffsetLagAlarm" in deploy(SELF_MANAGED).properties


def test_a_checker_that_does_not_run_rings() -> None:
    alarm = deploy().properties["TimeoutCheckerSilentAlarm"]

    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["Period"] >= 2 * 15 * 60  # twice the longest interval that CheckInterval allows


def test_the_tables_throttles_are_watched_on_its_indexes_too() -> None:
    # A throttled index refuses the table's writes.
    watched_on = watched("AWS/DynamoDB", "WriteThrottleEvents")

    assert {"TableName": "<SagaTable>"} in watched_on
    for index in deploy().properties["SagaTable"]["GlobalSecondaryIndexes"]:
        assert {"TableName": "<SagaTable>", "GlobalSecondaryIndexName": index["IndexName"]} in watched_on
    assert len(watched("AWS/DynamoDB", "SystemErrors")) >= 4


@every_alarm
def test_an_alarm_tells_the_topic_if_there_is_one(alarm: str) -> None:
    silent = deploy(MSK | API).properties[alarm]
    loud = deploy(MSK | API | {"AlarmTopicArn": TOPIC}).properties[alarm]

    assert (silent["AlarmActions"], silent["OKActions"]) == ([], [])
    assert (loud["AlarmActions"], loud["OKActions"]) == ([TOPIC], [TOPIC])


@every_alarm
def test_an_alarm_says_what_is_wrong_and_what_silence_means(alarm: str) -> None:
    properties = WITH_KAFKA.properties[alarm]

    assert len(properties["AlarmDescription"]) > 20
    assert properties["TreatMissingData"] in {"notBreaching", "breaching"}
    assert properties["AlarmName"].startswith(f"{STACK}-")


@every_alarm
def test_an_alarm_is_explained_in_the_operations_guide(alarm: str) -> None:
    guide = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    generic = re.sub(
        r"^(Execution\w+?|SagaEvent|CommandReply|TimeoutChecker|SagaWake|(?:Command|Kafka)Relay|Api|OperationRunner)(Errors|Throttles)Alarm$",
        r"*\2Alarm",
        alarm,
    )

    assert f"`{generic}`" in guide


def test_no_two_alarms_share_a_name() -> None:
    names = [alarm["AlarmName"] for _, alarm, _ in WITH_KAFKA.alarms()]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize("parameters", [{}, API], ids=["without an API", "with one"])
def test_the_dashboard_is_json_and_shows_every_function(parameters: dict[str, str]) -> None:
    body = json.loads(deploy(parameters).properties["Dashboard"]["DashboardBody"])

    shown = json.dumps(body)
    assert all(f"<{function}>" in shown for function in FUNCTIONS)
    assert {widget["type"] for widget in body["widgets"]} == {"metric"}
    places = [(widget["x"], widget["y"]) for widget in body["widgets"]]
    assert len(set(places)) == len(places)
    assert ("<HttpApi>" in shown) == bool(parameters)


def test_a_stack_may_do_without_its_dashboard() -> None:
    assert "Dashboard" not in deploy({"CreateDashboard": "false"}).properties


def test_the_dashboard_shows_what_the_code_counts_under_the_dimensions_it_counts_by() -> None:
    code = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "layers/saga_orchestrator/saga_orchestrator").rglob("*.py")
    )
    shown = list(_own_metrics(json.loads(deploy().properties["Dashboard"]["DashboardBody"])))

    assert {name for name, _ in shown} >= {"SagasEnded", "StartLatency", "ParkedSagas", "SlotsUsed", "BreakGlassUsed"}
    for name, dimensions in shown:
        by_whom = code if name != "BreakGlassUsed" else (ROOT / "infra/sagactl/acting/break_glass.py").read_text()
        assert f'"{name}"' in by_whom, name
        assert dimensions == BY.get(name, ("service",)), name


SEARCHED = re.compile(r"SEARCH\('\{SagaOrchestrator,(?P<schema>[a-z,]+)\} MetricName=\"(?P<name>\w+)\"")
BY = {
    "SagasEnded": ("service", "saga", "outcome"),
    "StartLatency": ("service", "saga", "language"),
    "SagaDuration": ("service", "saga", "language"),
    "SlotsUsed": ("service", "language"),
    "SlotLimit": ("service", "language"),
}
"""tests/handlers/test_told_metrics.py shows that lines have them."""


def _own_metrics(body: dict[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for metric in (metric for widget in body["widgets"] for metric in widget["properties"]["metrics"]):
        if metric[0] == "SagaOrchestrator":
            yield metric[1], tuple(metric[2:-1:2])
        elif isinstance(metric[0], dict):
            found = SEARCHED.match(metric[0]["expression"])
            assert found is not None, metric
            yield found["name"], tuple(found["schema"].split(","))


def test_the_template_names_no_account_and_no_secret() -> None:
    text = TEMPLATE.read_text(encoding="utf-8")

    assert not re.search(r"(?<!\d)\d{12}(?!\d)", text)
    assert "AKIA" not in text

"""Every alarm as a whole: what it watches, how it counts, when it rings, and where its runbook stands."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tests.release.template.checks import differences
from tests.release.template.deployment import (
    API_FUNCTION,
    COMMAND_REPLY,
    CONSOLE_FUNCTION,
    FED_FUNCTIONS,
    FUNCTIONS,
    KAFKA_RELAY,
    KAFKA_TARGET,
    MSK,
    PEOPLE,
    RUNNER,
    SAGA_EVENT,
    SAGA_WAKE,
    STACK,
    deploy,
)

TOPIC = "arn:aws:sns:eu-central-1:123456789012:oncall"
THRESHOLDS = {
    "ErrorAlarmThreshold": "11",
    "OldestDueAlarmSeconds": "112",
    "KafkaLagAlarmThreshold": "113",
    "NeverStartedAlarmThreshold": "14",
}
"""A value of its own for each, so that an alarm with another's is seen."""


def _of(*functions: str) -> list[list[dict[str, str]]]:
    return [[{"Name": "FunctionName", "Value": f"<{function}>"}] for function in functions]


OWN = [{"Name": "service", "Value": STACK}]
TABLE = {"Name": "TableName", "Value": "<SagaTable>"}
INDEXES = [{"Name": "GlobalSecondaryIndexName", "Value": index} for index in ("deadlines", "marks")]


def _alarm(  # noqa: PLR0917 - an alarm has so many properties
    namespace: str,
    metric: str,
    dimensions: list[dict[str, str]],
    statistic: str,
    period: int,
    periods: int,
    threshold: int | str = 0,
    comparison: str = "GreaterThanThreshold",
    missing: str = "notBreaching",
) -> dict[str, Any]:
    return {
        "Namespace": namespace,
        "MetricName": metric,
        "Dimensions": dimensions,
        "Statistic": statistic,
        **_rings(periods, threshold, comparison, missing),
        "Period": period,
    }


def _rings(periods: int, threshold: int | str, comparison: str, missing: str) -> dict[str, Any]:
    return {
        "ComparisonOperator": comparison,
        "Threshold": threshold,
        "EvaluationPeriods": periods,
        "TreatMissingData": missing,
    }


def _sum(
    expression: str,
    metrics: Iterable[tuple[str, str, list[dict[str, str]]]],
    stat: str,
    period: int,
    periods: int,
    **more: Any,
) -> dict[str, Any]:
    queries = [
        {
            "Id": f"m{number}",
            "ReturnData": False,
            "MetricStat": {
                "Metric": {"Namespace": namespace, "MetricName": metric, "Dimensions": dimensions},
                "Period": period,
                "Stat": stat,
            },
        }
        for number, (namespace, metric, dimensions) in enumerate(metrics, 1)
    ]
    result = {"Id": more.get("id", "total"), "Expression": expression, "ReturnData": True}
    ringing = _rings(periods, more.get("threshold", 0), "GreaterThanThreshold", "notBreaching")
    return {"Metrics": [result, *queries], **ringing}


def _each(metric: str, functions: Iterable[str]) -> list[tuple[str, str, list[dict[str, str]]]]:
    return [("AWS/Lambda", metric, dimensions) for dimensions in _of(*functions)]


def _queue(queue: str) -> dict[str, Any]:
    dimensions = _named("QueueName", f"<{queue}.QueueName>")
    return _alarm("AWS/SQS", "ApproximateNumberOfMessagesVisible", dimensions, "Maximum", 60, 1)


def _named(name: str, value: str) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value}]


def _table(*metrics_and_dimensions: tuple[str, list[dict[str, str]]]) -> dict[str, Any]:
    metrics = [("AWS/DynamoDB", metric, dimensions) for metric, dimensions in metrics_and_dimensions]
    return _sum("SUM(METRICS())", metrics, "Sum", 60, 5)


RELAYED = (*FUNCTIONS, KAFKA_RELAY)
OF_SAGAS = (SAGA_EVENT, COMMAND_REPLY, SAGA_WAKE, RUNNER)
MOST_METRICS = 10
"""In one alarm's expression (CloudWatch User Guide, Limits of alarms based on metric math): a hard limit."""
(REQUESTS,) = _of("ExecutionRequestedFunction")
OPERATIONS = ("PutItem", "UpdateItem", "TransactWriteItems", "GetItem", "BatchGetItem", "Query")
ALARMS: dict[str, dict[str, Any]] = {
    **{
        f.replace("Function", "ErrorsAlarm"): _alarm("AWS/Lambda", "Errors", _of(f)[0], "Sum", 300, 2, "11")
        for f in (*RELAYED, API_FUNCTION, RUNNER, CONSOLE_FUNCTION)
    },
    **{
        f.replace("Function", "ThrottlesAlarm"): _alarm("AWS/Lambda", "Throttles", _of(f)[0], "Sum", 300, 2)
        for f in (*RELAYED, API_FUNCTION, RUNNER, CONSOLE_FUNCTION)
    },
    "RelayIteratorAgeAlarm": _alarm(
        "AWS/Lambda", "IteratorAge", _of("CommandRelayFunction")[0], "Maximum", 60, 5, 300_000
    ),
    "KafkaRelayIteratorAgeAlarm": _alarm("AWS/Lambda", "IteratorAge", _of(KAFKA_RELAY)[0], "Maximum", 60, 5, 300_000),
    "TimeoutCheckerSilentAlarm": _alarm(
        "AWS/Lambda",
        "Invocations",
        _of("TimeoutCheckerFunction")[0],
        "Sum",
        1800,
        1,
        1,
        "LessThanThreshold",
        "breaching",
    ),
    "ApiFaultsAlarm": _alarm("AWS/ApiGateway", "5xx", [{"Name": "ApiId", "Value": "<HttpApi>"}], "Sum", 300, 2),
    "OperationsStillAlarm": _alarm(
        "SagaOrchestrator", "OperationsStillSeconds", OWN, "Maximum", 300, 2, 600, missing="breaching"
    ),
    "ApiRefusalsAlarm": _alarm("SagaOrchestrator", "ApiRefusals", OWN, "Sum", 300, 1, 5),
    "RejectedEventsAlarm": _sum(
        "IF(FILL(m2, 1) > 0, FILL(m1, 0), 0)",
        [
            ("AWS/SQS", "ApproximateNumberOfMessagesVisible", _named("QueueName", "<RejectedQueue.QueueName>")),
            ("SagaOrchestrator", "OpenRejectedEvents", OWN),
        ],
        "Maximum",
        900,
        1,
        id="unsettled",
    ),
    "RuleDeadLettersAlarm": _queue("RuleDeadLetterQueue"),
    "OldestDueSagaAlarm": _alarm("SagaOrchestrator", "OldestDueSeconds", OWN, "Maximum", 60, 5, "112"),
    "SagasNeverStartedAlarm": _alarm("SagaOrchestrator", "SagasNeverStarted", OWN, "Sum", 300, 1, "14"),
    "LimitReachedAlarm": _alarm("SagaOrchestrator", "LimitReached", OWN, "Sum", 300, 3),
    "UnauthorisedCancelsAlarm": _alarm("SagaOrchestrator", "UnauthorisedCancels", OWN, "Sum", 300, 1),
    "BreakGlassUsedAlarm": _alarm("SagaOrchestrator", "BreakGlassUsed", OWN, "Sum", 60, 1),
    "UnpublishableMessagesAlarm": _alarm("SagaOrchestrator", "UnpublishableMessages", OWN, "Sum", 300, 1),
    "ParkedSagasAlarm": _alarm("SagaOrchestrator", "ParkedSagas", OWN, "Minimum", 900, 1),
    "GaugesUnreadAlarm": _alarm("SagaOrchestrator", "GaugesUnread", OWN, "Sum", 900, 2),
    "StepsParkedAlarm": _alarm("SagaOrchestrator", "StepsParked", OWN, "Sum", 300, 1),
    **{
        f"{whose}{metric}Alarm": _sum("SUM(METRICS())", _each(metric, functions), "Sum", 300, 1)
        for metric in ("DestinationDeliveryFailures", "AsyncEventsDropped")
        for whose, functions in (("", [f for f in RELAYED if f not in OF_SAGAS]), ("Saga", OF_SAGAS))
    },
    "KafkaOffsetLagAlarm": _sum(
        "MAX(METRICS())", _each("OffsetLag", FED_FUNCTIONS), "Maximum", 60, 10, threshold="113"
    ),
    "RelaySilentAlarm": _sum(
        "IF(FILL(m1, 0) - FILL(m2, 0) > 0 AND FILL(m3, 0) < 1, 1, 0)",
        [
            ("AWS/Lambda", "Invocations", REQUESTS),
            ("AWS/Lambda", "Errors", REQUESTS),
            ("SagaOrchestrator", "MessagesPublished", OWN),
        ],
        "Sum",
        300,
        3,
        id="silent",
    ),
    "TableThrottlesAlarm": _table(
        ("WriteThrottleEvents", [TABLE]),
        ("ReadThrottleEvents", [TABLE]),
        *((f"{what}ThrottleEvents", [TABLE, index]) for index in INDEXES for what in ("Write", "Read")),
    ),
    "TableSystemErrorsAlarm": _table(
        *(("SystemErrors", [TABLE, {"Name": "Operation", "Value": operation}]) for operation in OPERATIONS)
    ),
}
PAGES = {
    "OldestDueSagaAlarm": "sagas",
    "SagasNeverStartedAlarm": "ended?has=start_deadline_passed",
    "LimitReachedAlarm": "slots",
    "StepsParkedAlarm": "parked",
    "ParkedSagasAlarm": "parked",
    "BreakGlassUsedAlarm": "acts",
    "OperationsStillAlarm": "operations",
    "ApiRefusalsAlarm": "acts",
    **dict.fromkeys(
        (
            "RejectedEventsAlarm",
            "RuleDeadLettersAlarm",
            "UnauthorisedCancelsAlarm",
            "UnpublishableMessagesAlarm",
            *(
                f"{whose}{what}Alarm"
                for whose in ("", "Saga")
                for what in ("DestinationDeliveryFailures", "AsyncEventsDropped")
            ),
        ),
        "rejected",
    ),
}
"""Which page of the console shows what rings. The others begin at its first one, which says what is wrong at all."""


def complaints(template: Path) -> Iterator[str]:
    """Every difference of an alarm from its declaration here, in any property."""
    deployed = deploy({**MSK, **KAFKA_TARGET, **PEOPLE, **THRESHOLDS, "AlarmTopicArn": TOPIC}, template)
    found = {name: dict(alarm) for name, alarm, _ in deployed.alarms()}
    for name, alarm in found.items():
        description = alarm.pop("AlarmDescription", "")
        ends = rf"\w[.;]? docs/operations\.md#{runbook_anchor(name)} /console/#/{re.escape(PAGES.get(name, ''))}$"
        if not re.search(ends, description):
            yield f"{name}: its description does not end with its runbook's anchor and its page of the console"
        if alarm.pop("AlarmName", "") != f"{STACK}-{_dashed(name)}":
            yield f"{name}: its name is another's"
        if sum("MetricStat" in query for query in alarm.get("Metrics", [])) > MOST_METRICS:
            yield f"{name}: CloudWatch takes {MOST_METRICS} metrics in an expression"
        for query in alarm.get("Metrics", []):
            query.pop("Label", None)
        for told in ("AlarmActions", "OKActions"):
            if alarm.pop(told, None) != [TOPIC]:
                yield f"{name}: {told} do not tell the topic"
    yield from differences("alarms", found, ALARMS)


def runbook_anchor(alarm: str) -> str:
    return _dashed(
        re.sub(
            r"^(Execution\w+?|SagaEvent|CommandReply|TimeoutChecker|SagaWake|CommandRelay|KafkaRelay|Api|OperationRunner|Console)(Errors|Throttles)Alarm$",
            r"\2Alarm",
            alarm,
        )
    )


def _dashed(alarm: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", alarm.removesuffix("Alarm")).lower()

"""The dashboard as a whole: what each picture shows, of whom, by which statistic."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tests.release.template.checks import differences
from tests.release.template.deployment import FED_FUNCTIONS, FUNCTIONS, PEOPLE, REGION, STACK, deploy

Shown = list[tuple[str, ...]]
OWN = ("SagaOrchestrator", "service", STACK)
TABLE = ("AWS/DynamoDB", "TableName", "<SagaTable>")
API = ("AWS/ApiGateway", "ApiId", "<HttpApi>")
SUM, MAXIMUM, P99 = "Sum", "Maximum", "p99"


def _of(whose: tuple[str, str, str], stat: str, *metrics: str) -> Shown:
    namespace, name, value = whose
    return [(namespace, metric, name, value, stat) for metric in metrics]


def _each(metric: str, functions: Iterable[str], stat: str) -> Shown:
    return [("AWS/Lambda", metric, "FunctionName", f"<{function}>", stat) for function in functions]


def _queue(queue: str) -> Shown:
    return _of(("AWS/SQS", "QueueName", f"<{queue}.QueueName>"), MAXIMUM, "ApproximateNumberOfMessagesVisible")


def _search(metric: str, dimensions: str, stat: str) -> Shown:
    schema = f"{{SagaOrchestrator,service,{dimensions}}}"
    return [(f"SEARCH('{schema} MetricName=\"{metric}\" service=\"{STACK}\"', '{stat}')",)]


WIDGETS: dict[str, tuple[int, Shown]] = {
    "Invocations": (60, _each("Invocations", FUNCTIONS, SUM)),
    "Errors and throttles": (60, [*_each("Errors", FUNCTIONS, SUM), *_each("Throttles", FUNCTIONS, SUM)]),
    "Duration, slowest one in a hundred": (60, _each("Duration", FUNCTIONS, P99)),
    "Oldest waiting command, ms": (60, _each("IteratorAge", ["CommandRelayFunction"], MAXIMUM)),
    "Rejected events and rule dead letters": (60, [*_queue("RejectedQueue"), *_queue("RuleDeadLetterQueue")]),
    "Kafka lag": (60, _each("OffsetLag", FED_FUNCTIONS, MAXIMUM)),
    "Table units and throttles": (
        60,
        _of(
            TABLE,
            SUM,
            "ConsumedWriteCapacityUnits",
            "ConsumedReadCapacityUnits",
            "WriteThrottleEvents",
            "ReadThrottleEvents",
        ),
    ),
    "Oldest overdue saga, s": (60, _of(OWN, MAXIMUM, "OldestDueSeconds")),
    "Unauthorised cancels, unpublishable messages, parked steps": (
        60,
        _of(OWN, SUM, "UnauthorisedCancels", "UnpublishableMessages", "StepsParked"),
    ),
    "Wakes: sent, not sent, and what they found": (
        60,
        _of(OWN, SUM, "WakesSent", "WakesNotSent", "WakesApplied", "WakesIdle", "WakesLeft"),
    ),
    "Sagas that ended, by outcome": (300, _search("SagasEnded", "saga,outcome", SUM)),
    "From request to start, slowest one in a hundred, ms": (300, _search("StartLatency", "saga,language", P99)),
    "How long sagas lasted, slowest one in a hundred, ms": (300, _search("SagaDuration", "saga,language", P99)),
    "Sagas open and parked, events rejected": (
        300,
        [
            *_of(OWN, MAXIMUM, "OpenSagas", "ParkedSagas", "OpenRejectedEvents"),
            *_of(OWN, SUM, "GaugesUnread"),
        ],
    ),
    "Oldest parked saga and rejected event, s": (
        300,
        _of(OWN, MAXIMUM, "OldestParkedSeconds", "OldestRejectedSeconds"),
    ),
    "Slots taken, and limits": (
        300,
        [*_search("SlotsUsed", "language", MAXIMUM), *_search("SlotLimit", "language", MAXIMUM)],
    ),
    "Full languages, requests over a limit, executions never started": (
        300,
        [*_of(OWN, MAXIMUM, "FullLanguages"), *_of(OWN, SUM, "LimitReached", "SagasNeverStarted")],
    ),
    "The API: requests, faults, refusals": (300, _of(API, SUM, "Count", "5xx", "4xx")),
    "Refused callers, and past every door": (300, _of(OWN, SUM, "ApiRefusals", "BreakGlassUsed")),
}


def complaints(template: Path) -> Iterator[str]:
    """Each difference of a picture from its declaration here."""
    body = json.loads(deploy(PEOPLE, template).properties["Dashboard"]["DashboardBody"])
    found: dict[str, Any] = {}
    for properties in (widget["properties"] for widget in body["widgets"]):
        if properties["title"] in found:
            yield f"{properties['title']}: there are two"
        if (properties["region"], properties["view"]) != (REGION, "timeSeries"):
            yield f"{properties['title']}: is of another region, or no series"
        found[properties["title"]] = (properties["period"], sorted(map(_shown, properties["metrics"])))
    wanted = {title: (period, sorted(shown)) for title, (period, shown) in WIDGETS.items()}
    yield from differences("dashboard", found, wanted)


def _shown(metric: list[Any]) -> tuple[str, ...]:
    if isinstance(metric[0], dict):
        return (metric[0]["expression"],)
    return (*metric[:-1], metric[-1]["stat"])

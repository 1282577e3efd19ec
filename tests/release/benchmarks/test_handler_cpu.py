"""CPU of a handler against the bare SDK calls that it makes: the rest is ours."""

import json
import statistics
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints.event_function import EventFunction
from saga_testing.lambda_context import Context
from saga_testing.sample_events import NOW_MS, eventbridge
from tests.release.benchmarks.canned import Call, CannedAws, exists, obeyed
from tests.release.benchmarks.report import Report
from tests.release.benchmarks.scenes import ordinary

LIMIT = 1.5
ROUNDS, REPEATS = 25, 20


def bare(calls: list[Call]) -> None:
    for client, operation, arguments in calls:
        try:
            client._make_api_call(operation, arguments)
        except ClientError:
            continue


def cpu_of(work: Callable[[], Any]) -> float:
    start = time.process_time()
    for _ in range(REPEATS):
        work()
    return (time.process_time() - start) / REPEATS


@pytest.mark.timing
@pytest.mark.parametrize("name", ["EXECUTION_REQUESTED", "EXECUTION_STARTED", "EXECUTION_COMPLETED"])
def test_cpu_of_an_event(quiet: None, report: Report, name: str) -> None:
    stored = running_item(started=name == "EXECUTION_COMPLETED")
    aws = CannedAws(answer=obeyed if name == "EXECUTION_REQUESTED" else exists(stored))
    function, invocation = EventFunction(aws.at, EventType(name)), eventbridge(ordinary(name))

    def handler() -> None:
        function.run(invocation, Context())

    calls = aws.recorded(handler)
    ratios, ours, theirs = [], [], []
    for _ in range(ROUNDS):
        theirs.append(cpu_of(lambda: bare(calls)))
        ours.append(cpu_of(handler))
        ratios.append(ours[-1] / theirs[-1])

    note = f"{statistics.median(ours) * 1e3:.2f} ms, of it {statistics.median(theirs) * 1e3:.2f} ms " + " + ".join(
        operation for _, operation, _ in calls
    )
    assert len(calls) == 2
    assert report.at_most(f"CPU against bare calls: {name}", LIMIT, statistics.median(ratios), note)


def running_item(*, started: bool) -> dict[str, Any]:
    """A running saga as the request's own write puts it on the wire."""
    aws = CannedAws()
    requested = eventbridge(ordinary("EXECUTION_REQUESTED"))
    aws.recorded(lambda: EventFunction(aws.at, EventType.REQUESTED).run(requested, Context()))
    item: dict[str, Any] = json.loads(aws.bodies[0][1])["TransactItems"][0]["Put"]["Item"]
    if started:
        item["version"] = {"N": "2"}
        item["timeline"]["L"].append({"S": f"{NOW_MS} S {uuid.uuid4()}"})
    return item

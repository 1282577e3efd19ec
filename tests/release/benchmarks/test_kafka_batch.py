"""A Kafka batch against the bare SDK calls at the same concurrency, with a store that takes 5 ms an answer."""

import json
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints.event_function import EventFunction
from saga_testing.lambda_context import Context
from saga_testing.sample_events import kafka
from tests.release.benchmarks.canned import Call, CannedAws
from tests.release.benchmarks.report import Report
from tests.release.benchmarks.scenes import ordinary

RECORDS, LATENCY, ROUNDS, FLOOR = 100, 0.005, 15, 0.8
UNLIMITED = {"DEFAULT_LANGUAGE_LIMIT": "0"}


@pytest.fixture
def pool(quiet: None) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as threads:
        yield threads


def batch_of(*execution_ids: str) -> dict[str, Any]:
    return kafka(*(ordinary("EXECUTION_REQUESTED", execution_id) for execution_id in execution_ids))


def seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def lane(calls: list[Call]) -> None:
    for client, operation, arguments in calls:
        client._make_api_call(operation, arguments)


@pytest.mark.timing
def test_speed_of_a_batch(pool: ThreadPoolExecutor, report: Report) -> None:
    aws = CannedAws(UNLIMITED, latency=LATENCY)
    function = EventFunction(aws.at, EventType.REQUESTED)
    batch = batch_of(*(f"execution-{number}" for number in range(RECORDS)))
    single = batch_of("execution-0")
    calls = aws.recorded(lambda: function.run(single, Context()))
    assert [operation for _, operation, _ in calls] == ["PutObject", "PutItem"]

    ratios, ours = [], []
    for _ in range(ROUNDS):
        theirs = seconds(lambda: list(pool.map(lane, [calls] * RECORDS)))
        ours.append(seconds(lambda: function.run(batch, Context())))
        ratios.append(theirs / ours[-1])

    note = f"{statistics.median(ours) * 1e3:.0f} ms for {RECORDS}, {aws.at.settings.batch_concurrency} threads"
    assert report.at_least("Kafka batch: speed of the bare calls", FLOOR, statistics.median(ratios), note)


def test_records_of_one_execution_are_written_in_their_order(quiet: None, report: Report) -> None:
    aws = CannedAws(UNLIMITED, latency=0.001)
    names = [f"execution-{number % 25}" for number in range(RECORDS)]
    details = [ordinary("EXECUTION_REQUESTED", name) for name in names]

    aws.recorded(lambda: EventFunction(aws.at, EventType.REQUESTED).run(kafka(*details), Context()))

    written: dict[str, list[str]] = {}
    for operation, body in aws.bodies:
        assert operation == "PutItem"
        item = json.loads(body)["Item"]
        written.setdefault(item["execution_id"]["S"], []).append(item["timeline"]["L"][0]["S"].split()[2])
    sent: dict[str, list[str]] = {}
    for detail in details:
        sent.setdefault(detail["execution_id"], []).append(detail["event_id"])
    assert written == sent
    assert report.exactly("Kafka batch: executions out of order", 0, sum(written[key] != sent[key] for key in sent))

"""A Kafka batch against the bare SDK calls at the same concurrency, with a store that takes 5 ms an answer."""

import json
import shutil
from pathlib import Path

import pytest

from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints.event_function import EventFunction
from saga_testing.lambda_context import Context
from saga_testing.samples.sample_events import kafka
from tests.release.benchmarks.canned import CannedAws
from tests.release.benchmarks.fresh_processes import instructions, measured, median, spread
from tests.release.benchmarks.report import Report
from tests.release.benchmarks.scenes import ordinary
from tests.release.benchmarks.timed import RECORDS, UNLIMITED

FLOOR = 0.8


@pytest.mark.timing
def test_speed_of_a_batch(report: Report) -> None:
    answers = measured("batch")

    note = f"{spread(answers, 'speed')}; {median(answers, 'ms'):.0f} ms for {RECORDS}, {answers[0]['threads']} threads"
    assert answers[0]["calls"] == ["PutObject", "PutItem"]
    assert report.at_least("Kafka batch: speed of the bare calls", FLOOR, median(answers, "speed"), note)


@pytest.mark.timing
@pytest.mark.skipif(shutil.which("valgrind") is None, reason="instructions are counted by valgrind")
def test_instructions_of_a_batch(report: Report, tmp_path: Path) -> None:
    """What bounds its speed is one lock, so that speed is a ratio of work: this one does not swing."""
    counted = instructions(tmp_path, "count_batch")

    ours, theirs = (counted[f"{each} again"] - counted[each] for each in ("handler", "own"))
    note = f"{ours / 1e6:.2f} million a record"
    assert report.at_least("Kafka batch: speed of the bare calls, by instructions", FLOOR, theirs / ours, note)


@pytest.mark.timing
@pytest.mark.parametrize("name", ["EXECUTION_STARTED", "EXECUTION_COMPLETED"])
def test_speed_of_a_batch_that_is_read_ahead(report: Report, name: str) -> None:
    answers = measured("batch", name)

    note = f"{spread(answers, 'speed')}; {median(answers, 'ms'):.0f} ms for {RECORDS}; one read for all"
    report.state(f"Kafka batch: speed of the bare calls one by one, {name}", median(answers, "speed"), note)
    assert answers[0]["calls"][0] == "PutItem"


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

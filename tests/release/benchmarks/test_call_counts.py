"""AWS data calls of each event, counted where they leave the process."""

import pytest

from tests.release.benchmarks.billing import Meter
from tests.release.benchmarks.report import Report
from tests.release.benchmarks.scenes import QuietWorld, ordinary

REQUESTED, STARTED, COMPLETED = "EXECUTION_REQUESTED", "EXECUTION_STARTED", "EXECUTION_COMPLETED"
FAILED, TIMEOUT, CANCELLED = "EXECUTION_FAILED", "EXECUTION_TIMEOUT", "EXECUTION_CANCELLED"
OWNER = {"cancelled_by": "user-7d9f2c41"}


def calls_of(world: QuietWorld, before: list[str], name: str) -> list[str]:
    """What the last event costs, after those `before` it."""
    world.deliver(_event(REQUESTED) | {"execution_id": "an-earlier-one"})  # a language's very first claim costs more
    for earlier in before:
        world.deliver(_event(earlier))
    with Meter(world.at.sdk.dynamodb) as meter:
        world.deliver(_event(name))
    return meter.requests


def _event(name: str) -> dict[str, object]:
    return ordinary(name, **(OWNER if name == CANCELLED else {}))


@pytest.mark.parametrize(
    ("what", "before", "name", "target", "exact"),
    [
        ("request within limits", [], REQUESTED, 1, ["TransactWriteItems"]),
        ("duplicate request", [REQUESTED], REQUESTED, 1, ["TransactWriteItems"]),
        ("duplicate request, saga ended", [REQUESTED, COMPLETED], REQUESTED, 1, ["TransactWriteItems"]),
        ("start", [REQUESTED], STARTED, 2, ["PutItem", "UpdateItem"]),
        ("duplicate start", [REQUESTED, STARTED], STARTED, 2, ["PutItem"]),
        ("completion", [REQUESTED, STARTED], COMPLETED, 2, ["PutItem", "TransactWriteItems"]),
        ("failure", [REQUESTED, STARTED], FAILED, 2, ["PutItem", "TransactWriteItems"]),
        ("worker's timeout", [REQUESTED, STARTED], TIMEOUT, 2, ["PutItem", "TransactWriteItems"]),
        ("cancel", [REQUESTED, STARTED], CANCELLED, 2, ["PutItem", "TransactWriteItems"]),
        ("duplicate completion", [REQUESTED, COMPLETED], COMPLETED, 2, ["PutItem"]),
        ("start after the end", [REQUESTED, CANCELLED], STARTED, 2, ["PutItem", "UpdateItem"]),
        ("early event", [], COMPLETED, 2, ["PutItem"]),
        ("second early event", [STARTED], COMPLETED, 2, ["PutItem", "UpdateItem"]),
        ("request after an early start", [STARTED], REQUESTED, 2, ["TransactWriteItems", "TransactWriteItems"]),
        ("request after an early end", [COMPLETED], REQUESTED, 2, ["TransactWriteItems", "UpdateItem"]),
    ],
)
def test_calls_of_an_event(
    deployment: QuietWorld, report: Report, what: str, before: list[str], name: str, target: int, exact: list[str]
) -> None:
    calls = calls_of(deployment, before, name)

    held = report.at_most(f"calls: {what}", target, len(calls))
    assert calls == exact
    assert held


def test_a_request_in_an_unlimited_language_is_one_put(deployment: QuietWorld, report: Report) -> None:
    deployment.reconfigure(DEFAULT_LANGUAGE_LIMIT="0")

    calls = calls_of(deployment, [], REQUESTED)

    assert calls == ["PutItem"]
    assert report.exactly("calls: request, unlimited language", 1, len(calls))


def test_a_refused_request_looks_for_room_before_it_fails_the_saga(deployment: QuietWorld, report: Report) -> None:
    deployment.reconfigure(DEFAULT_LANGUAGE_LIMIT="1")

    calls = calls_of(deployment, [], REQUESTED)

    assert calls == ["TransactWriteItems", "GetItem", "BatchGetItem", "PutItem"]
    report.at_most("calls: request over the limit", 2, len(calls), "claim, shard 0, the others, failed saga")


def test_a_deadline_costs_a_read_and_a_write(deployment: QuietWorld, report: Report) -> None:
    deployment.deliver(ordinary(REQUESTED))
    deployment.now += 300_001

    with Meter(deployment.at.sdk.dynamodb) as meter:
        assert deployment.check()["timed_out"] == 1

    of_limits, own = meter.requests[:2], [call for call in meter.requests[2:] if call != "Query"]
    assert of_limits == ["GetItem", "BatchGetItem"]
    assert own == ["GetItem", "TransactWriteItems"]
    assert report.at_most("calls: deadline passed, beside the queries", 2, len(own))

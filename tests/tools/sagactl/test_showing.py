"""What `sagactl show` knows beyond what is stored as such: what an execution waits for, and what came too late."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from saga_orchestrator.domain.instants import rfc3339
from saga_testing.deployment import Deployment
from saga_testing.samples.sample_events import event
from sagactl.commands.show import _page
from sagactl.deployment import Deployment as Stack
from sagactl.table.relay_lag import relay_lag
from sagactl.table.sagas import details, readable


def shown(deployment: Deployment) -> dict[str, Any]:
    (saga,) = readable(stack(deployment.aws.dynamodb), [])
    return {**details(saga), "relay_lag_seconds": 1.5, "acts": []}


def stack(client: Any) -> Stack:
    connection: Any = SimpleNamespace(client=lambda _service: client, is_local=True)
    return Stack("sagas", {"TableName": "sagas", "RelayFunctionName": "relay"}, connection)


def page(facts: dict[str, Any]) -> str:
    console = Console(width=200, record=True, file=None)
    with console.capture() as captured:
        for each in _page(facts):
            console.print(each)
    return captured.get()


def test_it_is_told_what_an_execution_waits_for_and_until_when() -> None:
    deployment = Deployment({"START_DEADLINE_SECONDS": "300", "RUN_GRACE_SECONDS": "60"})
    deployment.deliver(event("EXECUTION_STARTED"))
    assert shown(deployment)["waits_for"] == "EXECUTION_REQUESTED"
    assert shown(deployment)["waits_until"] == shown(deployment)["kept_until"] is not None

    running = Deployment({"START_DEADLINE_SECONDS": "300", "RUN_GRACE_SECONDS": "60"})
    running.deliver(event("EXECUTION_REQUESTED", timeout_seconds=30))
    facts = shown(running)
    assert (facts["waits_for"], facts["waits_until"]) == ("EXECUTION_STARTED", rfc3339(running.now + 300_000))
    running.deliver(event("EXECUTION_STARTED", pod_name="pod-7", node_name="node-3"))
    facts = shown(running)
    assert (facts["waits_for"], facts["waits_until"]) == ("the end of the run", rfc3339(running.now + 90_000))
    assert (facts["pod_name"], facts["node_name"], facts["image"]) == ("pod-7", "node-3", "python:3.11-slim")
    assert facts["limits"] == {"cpu": "500m", "memory": "128Mi", "seconds": 30}
    for each in ("pod-7", "node-3", "python:3.11-slim", "cpu 500m, memory 128Mi, seconds 30", facts["waits_until"]):
        assert each in page(facts)
    running.deliver(event("EXECUTION_COMPLETED"))
    assert (shown(running)["waits_for"], shown(running)["waits_until"]) == (None, None)


def test_what_came_after_the_end_is_marked() -> None:
    deployment = Deployment()
    deployment.deliver(event("EXECUTION_REQUESTED"))
    deployment.deliver(event("EXECUTION_FAILED"))
    deployment.deliver(event("EXECUTION_COMPLETED"))
    facts = shown(deployment)
    assert [(entry["cause"], entry["late"]) for entry in facts["timeline"]] == [
        ("requested", False),
        ("failed", False),
        ("completed", True),
    ]
    assert "completed, after the end" in page(facts)
    assert "failed, after the end" not in page(facts)


def test_each_invalid_field_is_explained() -> None:
    deployment = Deployment()
    deployment.deliver(event("EXECUTION_REQUESTED", language="Python", priority="urgent"))
    facts = shown(deployment)
    assert len(facts["invalid"]) == 2
    for sentence in facts["invalid"]:
        assert sentence in page(facts)


def test_the_relays_lag_is_the_newest_figure() -> None:
    asked: list[dict[str, Any]] = []

    def answer(**request: Any) -> dict[str, Any]:
        asked.append(request)
        points = [(3, 9000.0), (5, 1500.0), (4, 7000.0)]
        return {"Datapoints": [{"Timestamp": datetime(2026, 1, 1, 0, m, tzinfo=UTC), "Maximum": v} for m, v in points]}

    assert relay_lag(stack(SimpleNamespace(get_metric_statistics=answer))) == 1.5
    assert asked[0]["MetricName"] == "IteratorAge"
    assert asked[0]["Dimensions"] == [{"Name": "FunctionName", "Value": "relay"}]


def test_a_lag_that_nobody_tells_is_unknown() -> None:
    def denied(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not you"}}, "GetMetricStatistics")

    assert relay_lag(stack(SimpleNamespace(get_metric_statistics=denied))) is None
    assert relay_lag(stack(SimpleNamespace(get_metric_statistics=lambda **_: {"Datapoints": []}))) is None


@pytest.mark.parametrize(("lag", "said"), [(None, "the relay's lag: unknown"), (1.5, "the relay's lag: 1.5 s")])
def test_the_lag_stands_beside_the_messages(lag: float | None, said: str) -> None:
    deployment = Deployment()
    deployment.deliver(event("EXECUTION_REQUESTED"))
    assert said in page({**shown(deployment), "relay_lag_seconds": lag})

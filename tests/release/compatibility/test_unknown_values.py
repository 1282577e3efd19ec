"""Values that nobody knows yet: such an item is set aside with a reason, left as it is, and blocks nothing."""

import copy
from collections.abc import Callable
from typing import Any, Final

import pytest

from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints.event_function import EventFunction
from saga_testing.lambda_context import Context
from saga_testing.samples.sample_events import kafka
from tests.release.compatibility.corpus import ITEMS, RECORDS, golden_event, load, place
from tests.release.compatibility.deployment import Json, OlderTable

Change = Callable[[Json], Any]

UNKNOWN: Final[dict[str, tuple[str, Change]]] = {
    "a state": ("running", lambda item: item.update(state={"S": "paused"})),
    "a cause in the timeline": (
        "running",
        lambda item: item["timeline"]["L"].append({"S": "1795500003000 P evt-9"}),
    ),
    "a cause of a remembered event": (
        "stub_started",
        lambda item: item["early"]["L"].append({"M": {"e": {"S": "1795500003000 P evt-9"}}}),
    ),
    "a schema": ("running", lambda item: item.update(schema_version={"N": "2"})),
    "a schema of a stub": ("stub_started", lambda item: item.update(schema_version={"N": "2"})),
    "a timeline of another shape": ("running", lambda item: item.update(timeline={"L": [{"M": {"at": {"N": "1"}}}]})),
    "a claim of another shape": ("running", lambda item: item.update(claim={"M": {"of": {"S": "python"}}})),
}
EVENTS: Final = [f"{event_type}.full" for event_type in map(str, EventType)]

of_every_value = pytest.mark.parametrize("value", UNKNOWN)


def _item(value: str) -> Json:
    name, change = UNKNOWN[value]
    item: Json = copy.deepcopy(load(place(ITEMS, "1", name))["item"])
    change(item)
    return item


@pytest.mark.parametrize("name", EVENTS)
@of_every_value
def test_an_event_for_it_is_set_aside_and_its_neighbours_are_applied(value: str, name: str) -> None:
    deployment, item = OlderTable(), _item(value)
    deployment.put(item)
    neighbour = golden_event(name) | {"execution_id": "ex-2"}
    function = EventFunction(deployment.at, EventType(name.partition(".")[0]))

    for _ in range(3):
        assert function.run(kafka(golden_event(name) | {"event_id": "evt-next"}, neighbour), Context()) is None

    assert deployment.reasons() == ["corrupt_saga"] * 3
    assert deployment.image() == item
    assert len(deployment.aws.s3.objects("payloads").keys() & _rejected(deployment)) == 1
    assert deployment.image("ex-2") is not None


def _rejected(deployment: OlderTable) -> set[str]:
    return {key for key in deployment.aws.s3.objects("payloads") if key.startswith("rejected/")}


@of_every_value
def test_the_checker_sets_it_aside_and_ends_the_others(value: str) -> None:
    deployment, item = OlderTable(), _item(value)
    deployment.deliver(golden_event("EXECUTION_REQUESTED.full") | {"execution_id": "ex-2"})
    deployment.put(item)
    deployment.now += 3_600_000

    deployment.check()

    assert deployment.reasons() == (["corrupt_saga"] if "deadline" in item else [])
    assert deployment.image() == item
    assert (deployment.image("ex-2") or {})["state"] == {"S": "timeout"}


@of_every_value
def test_the_relay_sets_its_record_aside_and_sends_the_others(value: str) -> None:
    deployment, item = OlderTable(), _item(value)
    sound = load(place(RECORDS, "1", "running"))
    images = {"NewImage": item | {"outbox": {"S": "create_pod#1"}}, "SequenceNumber": "1", "Keys": {}}

    answer = deployment.relay({"eventName": "INSERT", "dynamodb": images}, sound["record"])

    assert answer == {"batchItemFailures": []}
    assert deployment.reasons() == ["corrupt_saga"]
    assert deployment.texts() == sound["published"]

"""Events that producers of any age and of the next release send: decoded to what they always meant, or set aside."""

import json
from pathlib import Path
from typing import Final

import pytest

from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints.event_function import EventFunction
from saga_testing.lambda_context import Context
from saga_testing.samples.sample_events import kafka
from tests.release.compatibility.corpus import EVENTS, golden, golden_event, lacks, load, name_of, plain
from tests.release.compatibility.decoding import decoded
from tests.release.compatibility.deployment import OlderTable
from tests.release.compatibility.event_samples import VERSION, samples

TYPES: Final = [str(event_type) for event_type in EventType]


@pytest.mark.parametrize("file", golden(EVENTS), ids=name_of)
def test_it_is_decoded_as_it_was_meant(file: Path) -> None:
    kept = load(file)

    assert lacks(kept["decoded"], plain(decoded(kept["event"]))) == []


@pytest.mark.parametrize("file", golden(EVENTS), ids=name_of)
def test_through_kafka_and_the_bus_it_takes_effect(file: Path) -> None:
    event = load(file)["event"]
    by_kafka, by_bus = OlderTable(), OlderTable()

    EventFunction(by_kafka.at, EventType(event["event_type"].upper())).run(kafka(event), Context())
    by_bus.deliver(event)

    anonymous = file.stem in {"EXECUTION_CANCELLED.minimal", "EXECUTION_CANCELLED.lower_case_type"}
    assert by_kafka.reasons() == by_bus.reasons() == (["no_actor"] if anonymous else [])
    assert by_kafka.image() == by_bus.image()
    assert (by_bus.image() is None) == anonymous


@pytest.mark.parametrize("event_type", TYPES)
def test_unknown_fields_change_nothing(event_type: str) -> None:
    assert plain(decoded(golden_event(f"{event_type}.unknown_fields"))) == plain(
        decoded(golden_event(f"{event_type}.full"))
    )


def test_every_type_has_its_golden_events() -> None:
    stems = {file.stem for file in golden(EVENTS) if file.parent.name == VERSION}

    assert {f"{event_type}.{kind}" for event_type in TYPES for kind in ("minimal", "full", "unknown_fields")} <= stems
    assert {*samples()} == stems


@pytest.mark.parametrize("version", ["2.0", "1.1", "1", "0", "99.0"])
@pytest.mark.parametrize("event_type", TYPES)
def test_an_event_of_another_version_is_set_aside_whole_and_once(event_type: str, version: str) -> None:
    event = golden_event(f"{event_type}.full") | {"event_version": version}
    deployment = OlderTable()

    EventFunction(deployment.at, EventType(event_type)).run(kafka(event), Context())
    deployment.deliver(event)

    assert deployment.reasons() == ["unknown_event_version"] * 2
    assert list(deployment.aws.dynamodb.items("sagas")) == []
    originals = [json.loads(text) for text in deployment.aws.s3.objects("payloads").values()]
    assert [original.get("detail", original) for original in originals] == [event] * 2

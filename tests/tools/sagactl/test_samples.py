"""The recorded samples in docs/samples, as a producer sends them and Lambda delivers them: each ends as it says."""

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_stack.registry import Decoder, RegistryConfig, SchemaRegistry
from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints.event_function import EventFunction
from saga_testing.deployment import Deployment
from saga_testing.lambda_context import Context
from saga_testing.samples.enveloped import batch, record, signed
from sagactl.errors import NotUsableError
from sagactl.local.recorded import Recorded, Recording

SAMPLES = Path(__file__).parents[3] / "docs" / "samples"
SHARED = {"TOPIC_LAYOUT": "shared"}
OUTCOMES: dict[str, dict[str, str]] = {
    "avro": {"avro": "completed"},
    "protobuf": {"protobuf": "completed"},
    "cloudevents": {"cloudevent": "completed"},
    "previous-avro": {"previous-avro-done": "completed", "previous-avro-failed": "failed"},
    "previous-json": {
        "previous-json-done": "completed",
        "previous-json-failed": "failed",
        "previous-json-cancelled": "cancelled",
    },
}


@pytest.fixture(scope="module")
def registry() -> Iterator[SchemaRegistry]:
    serving = SchemaRegistry()
    yield serving
    serving.close()


def as_delivered(sent: Recorded, decoder: Decoder) -> dict[str, Any]:
    """By a mapping with a registry where a serializer framed it, else by one without."""
    raw = record(sent.value) | {"headers": [{name: signed(text)} for name, text in sent.headers]}
    if sent.value is None or not sent.value.startswith(b"\0"):
        return raw
    decoded = decoder.decode(sent.value)
    return raw | {
        "value": base64.b64encode(decoded.content).decode(),
        "valueSchemaMetadata": decoded.metadata,
    }


def deliver(deployment: Deployment, raw: dict[str, Any]) -> None:
    """To the functions to which the filters of a shared topic pass it: of a value without a type, to all six."""
    value = json.loads(base64.b64decode(raw["value"]))
    said = {value.get("event_type", value.get("type"))} - {None}
    for event_type in EventType:
        names = {event_type.value, *(("POD_RUNNING",) if event_type is EventType.STARTED else ())}
        if said and not {each.upper() for each in said} & names:
            continue
        alias = {"EVENT_TYPE_ALIAS": "POD_RUNNING"} if event_type is EventType.STARTED else {}
        EventFunction(deployment.container(settings=SHARED | alias), event_type).run(batch(raw), Context())


@pytest.mark.parametrize("name", OUTCOMES)
def test_every_sample_ends_as_it_says_and_nothing_of_it_is_rejected(registry: SchemaRegistry, name: str) -> None:
    deployment = Deployment()
    deployment.now = int(time.time() * 1000)
    recording = Recording(SAMPLES / f"{name}.jsonl", registry.register)
    decoder = Decoder(RegistryConfig(registry.url, as_json=True, attributes=frozenset({"VALUE"})), None)

    for sent in recording.records():
        deliver(deployment, as_delivered(sent, decoder))

    found = {prefix: deployment.saga(f"{prefix}-{recording.identifier}") for prefix in OUTCOMES[name]}
    assert {prefix: saga and saga.state for prefix, saga in found.items()} == OUTCOMES[name]
    assert deployment.rejected() == []
    assert all(saga is not None and saga.owner == "sample-user" for saga in found.values())


@pytest.mark.parametrize("name", ["previous-avro", "previous-json"])
def test_the_process_before_is_heard_to_start_its_runs(registry: SchemaRegistry, name: str) -> None:
    """By EXECUTION_STARTED at its older release, and by POD_RUNNING at its newest, which never sends the other."""
    deployment = Deployment()
    deployment.now = int(time.time() * 1000)
    recording = Recording(SAMPLES / f"{name}.jsonl", registry.register)
    decoder = Decoder(RegistryConfig(registry.url, as_json=True, attributes=frozenset({"VALUE"})), None)

    for sent in recording.records():
        deliver(deployment, as_delivered(sent, decoder))

    saga = deployment.saga(f"{name}-done-{recording.identifier}")
    assert saga is not None
    assert saga.has_started
    assert saga.pod_name == "executor-1"
    assert saga.correlation_id == (f"corr-{recording.identifier}" if name == "previous-avro" else saga.execution_id)


def test_the_newest_release_never_sends_a_start() -> None:
    types = {
        json.loads(line)["value"]["event_type"] for line in (SAMPLES / "previous-json.jsonl").read_text().splitlines()
    }

    assert "pod_running" in types
    assert "execution_started" not in types


def test_a_file_is_sent_again_under_other_ids(registry: SchemaRegistry) -> None:
    first, second = (Recording(SAMPLES / "avro.jsonl", registry.register).records() for _ in range(2))

    assert {each.key for each in first}.isdisjoint(each.key for each in second)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 2"),
        ("[]", "line 2"),
        ('{"value": {}}', "line 2"),
        ('{"topic": "t"}', "line 2"),
        ('{"topic": "t", "value": {}, "schema": "gone.avsc"}', "gone.avsc"),
        ('{"topic": "t", "value": {"a": 1}, "schema": "s.avsc"}', "line 2"),
    ],
)
def test_a_line_that_is_wrong_is_named_and_nothing_is_sent(
    tmp_path: Path, registry: SchemaRegistry, line: str, said: str
) -> None:
    (tmp_path / "s.avsc").write_text('{"type":"record","name":"R","fields":[{"name":"b","type":"string"}]}')
    file = tmp_path / "records.jsonl"
    file.write_text('{"topic": "t", "value": null}\n' + line)

    with pytest.raises(NotUsableError, match=said):
        Recording(file, registry.register).records()


def test_a_tombstone_can_be_recorded(tmp_path: Path, registry: SchemaRegistry) -> None:
    file = tmp_path / "records.jsonl"
    file.write_text('{"topic": "t", "key": "k-$ID", "headers": {"a": "b"}, "value": null}\n\n')
    recording = Recording(file, registry.register)

    assert recording.records() == [Recorded("t", f"k-{recording.identifier}", None, (("a", b"b"),))]

"""Schema registries: what Lambda decoded is read as JSON; what nobody decoded says whose framing it is in."""

import zlib
from typing import Any

import pytest

from saga_orchestrator.domain.events import EventType
from saga_testing.lambda_context import Context
from saga_testing.moto_world import World
from saga_testing.samples.enveloped import batch, confluent, glue, record
from saga_testing.samples.sample_events import NOW_MS, event, iso

Json = dict[str, Any]

CONFLUENT = (
    "the value is framed for Confluent's schema registry ({}) and was not decoded: "
    "SchemaRegistryUri and KafkaMode=provisioned let Lambda decode it, or the producer writes JSON"
)
GLUE = (
    "the value is framed for Glue's schema registry (byte 3, a compression byte and its UUID in front) and was not "
    "decoded: SchemaRegistryUri and KafkaMode=provisioned let Lambda decode it, or the producer writes JSON"
)
IN_FRONT = CONFLUENT.format("magic byte and id in front")
AVRO = b"\x0aevt-1\x26EXECUTION_REQUESTED\xff"
PROTOBUF = b"\x0a\x05evt-1\x12\x13EXECUTION_REQUESTED"


@pytest.mark.parametrize(
    ("value", "reason", "detail"),
    [
        (confluent(AVRO), "confluent_framing", IN_FRONT),
        (confluent(AVRO, 2**31 - 1), "confluent_framing", IN_FRONT),
        (confluent(b'{"event_type":"EXECUTION_REQUESTED"}'), "confluent_framing", IN_FRONT),
        (confluent(PROTOBUF, protobuf=True), "confluent_framing", IN_FRONT),
        (confluent(b"\x02\x02" + PROTOBUF), "confluent_framing", IN_FRONT),
        (b"\x01" + bytes(range(16)) + AVRO, "confluent_framing", IN_FRONT),
        (glue(AVRO), "glue_framing", GLUE),
        (glue(PROTOBUF), "glue_framing", GLUE),
        (glue(zlib.compress(AVRO), compression=5), "glue_framing", GLUE),
    ],
)
def test_a_framed_value_names_its_framing_and_the_parameters(
    world: World, value: bytes, reason: str, detail: str
) -> None:
    world.function("EXECUTION_REQUESTED").run(batch(record(value)), Context())

    (pointer,) = world.rejected()
    assert (pointer["reason"], pointer["detail"]) == (reason, detail)


def test_an_id_in_a_header_is_a_framing_too(world: World) -> None:
    world.function("EXECUTION_REQUESTED").run(batch(record(AVRO, {"__value_schema_id": "\1"})), Context())

    (pointer,) = world.rejected()
    assert (pointer["reason"], pointer["detail"]) == ("confluent_framing", CONFLUENT.format("id in a header"))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"\0\0", "not_json"),
        (b"\x01\x02\x03", "not_json"),
        (b"\x03\x00\x01", "not_json"),
        (b"\x03\x07" + bytes(20), "not_json"),
        (b"\xff" + bytes(20), "not_utf8"),
        ('{"event_id": "evt-1"}'.encode("utf-16-be"), "not_json"),
    ],
)
def test_other_broken_bytes_are_no_framing(world: World, value: bytes, reason: str) -> None:
    world.function("EXECUTION_REQUESTED").run(batch(record(value)), Context())

    assert [pointer["reason"] for pointer in world.rejected()] == [reason]


@pytest.mark.parametrize("written_as", ["AVRO", "PROTOBUF"])
def test_a_value_in_its_source_format_names_that_parameter(world: World, written_as: str) -> None:
    world.function("EXECUTION_REQUESTED").run(batch(record(AVRO, written_as=written_as)), Context())

    (pointer,) = world.rejected()
    assert pointer["reason"] == "undecoded_record"
    assert pointer["detail"].endswith("SchemaRecordFormat must be JSON")
    assert written_as in pointer["detail"]


def test_json_schema_in_its_source_format_is_json(world: World) -> None:
    good, broken = record(event("EXECUTION_REQUESTED"), written_as="JSON"), record(b"{", written_as="JSON")

    world.function("EXECUTION_REQUESTED").run(batch(good, broken), Context())

    assert world.slots() == 1
    assert [pointer["reason"] for pointer in world.rejected()] == ["not_json"]


@pytest.mark.parametrize("unions", ["plain", "branches"])
@pytest.mark.parametrize("unit", [1, 1000], ids=["millis", "micros"])
def test_a_decoded_avro_record_is_read_in_either_spelling_of_unions_and_times(
    world: World, unions: str, unit: int
) -> None:
    def union(value: Any, branch: str) -> Any:
        return {branch: value} if unions == "branches" else value

    sent = event("EXECUTION_REQUESTED", timestamp=NOW_MS * unit, priority=5)
    sent["metadata"] |= {"user_id": union("alice", "string"), "correlation_id": None}
    sent["script"] = union(sent["script"], "string")
    ended = event("EXECUTION_FAILED", exit_code=union(3, "int"), error_type=union("OOM", "org.example.ErrorType"))

    world.function("EXECUTION_REQUESTED").run(batch(record(sent, written_as="AVRO")), Context())
    world.function("EXECUTION_FAILED").run(batch(record(ended, written_as="AVRO")), Context())

    saga = world.saga("ex-1")
    assert saga is not None
    assert saga.request is not None
    assert (saga.owner, saga.request.priority) == ("alice", "normal")
    assert (saga.state, saga.exit_code, saga.error_type) == ("failed", 3, "OOM")
    assert world.rejected() == []


@pytest.mark.parametrize(
    ("number", "word"),
    [(0, "critical"), (1, "high"), (4, "high"), (5, "normal"), (8, "low"), (9, "low"), (10, "background")],
)
def test_a_number_for_a_priority_is_the_word_of_its_class(world: World, number: int, word: str) -> None:
    sent = event("EXECUTION_REQUESTED", priority=number)

    world.function("EXECUTION_REQUESTED").run(batch(record(sent, written_as="AVRO")), Context())

    saga = world.saga("ex-1")
    assert saga is not None
    assert saga.request is not None
    assert saga.request.priority == word


@pytest.mark.parametrize("moment", [-1, 10**30, True, 1.5])
def test_a_number_that_is_no_instant_is_answered_as_any_wrong_timestamp(world: World, moment: Any) -> None:
    sent = event("EXECUTION_REQUESTED", timestamp=moment)

    world.function("EXECUTION_REQUESTED").run(batch(record(sent, written_as="AVRO")), Context())

    saga = world.saga("ex-1")
    assert saga is not None
    assert (saga.state, saga.reason) == ("failed", "invalid_request")


def test_a_json_producer_s_numbers_are_not_translated(world: World) -> None:
    world.function("EXECUTION_REQUESTED").run(batch(record(event("EXECUTION_REQUESTED", priority=5))), Context())

    saga = world.saga("ex-1")
    assert saga is not None
    assert (saga.reason, saga.faults) == ("invalid_request", ("priority",))


def test_a_decoded_protobuf_record_is_read_in_its_own_mapping(world: World) -> None:
    sent = {
        "eventId": "evt-1",
        "eventType": "EXECUTION_REQUESTED",
        "eventVersion": "1.0",
        "timestamp": iso(NOW_MS),
        "executionId": "ex-1",
        "metadata": {"serviceName": "api", "userId": "alice", "correlationId": "c-9"},
        "script": "print(1)",
        "language": "python",
        "languageVersion": "3.11",
        "runtimeImage": "python:3.11-slim",
        "runtimeCommand": ["python"],
        "runtimeFilename": "main.py",
        "timeoutSeconds": "30",
        "cpuLimit": "500m",
        "memoryLimit": "128Mi",
        "cpuRequest": "100m",
        "memoryRequest": "64Mi",
    }
    ended = {"eventId": "evt-2", "eventType": "EXECUTION_FAILED", "executionId": "ex-1", "exitCode": "-9"}

    world.function("EXECUTION_REQUESTED").run(batch(record(sent, written_as="PROTOBUF")), Context())
    world.function("EXECUTION_FAILED").run(batch(record(ended, written_as="PROTOBUF")), Context())

    saga = world.saga("ex-1")
    assert saga is not None
    assert saga.request is not None
    assert (saga.owner, saga.correlation_id, saga.request.timeout_seconds) == ("alice", "c-9", 30)
    assert (saga.state, saga.exit_code) == ("failed", -9)


def test_a_protobuf_record_with_preserved_names_and_a_script_s_place_is_read(world: World) -> None:
    place = {"bucket": "scripts", "key": "k", "size": "12", "sha256": "0" * 64}
    sent = event("EXECUTION_REQUESTED", script_ref=place, eventId="another")
    del sent["script"]
    world.reconfigure(ALLOWED_SCRIPT_BUCKETS="scripts")

    world.function("EXECUTION_REQUESTED").run(batch(record(sent, written_as="PROTOBUF")), Context())

    saga = world.saga("ex-1")
    assert saga is not None
    assert saga.request is not None
    assert (saga.request.script.size, saga.timeline[0].event_id) == (12, sent["event_id"])


def test_a_type_that_only_a_header_names_is_taken_from_it(world: World) -> None:
    sent = event("EXECUTION_REQUESTED")
    del sent["event_type"]

    world.function("EXECUTION_REQUESTED").run(
        batch(record(sent, {"event_type": "execution_requested"}, written_as="AVRO")), Context()
    )

    assert (world.slots(), world.rejected()) == (1, [])


def test_partial_failures_are_reported_by_record_as_for_json(world: World) -> None:
    world.reconfigure(KAFKA_MODE="provisioned")
    good, broken = record(event("EXECUTION_REQUESTED"), written_as="AVRO"), record(confluent(AVRO))

    answer = world.function("EXECUTION_REQUESTED").run(batch(broken, good), Context())

    assert answer == {"batchItemFailures": []}
    assert world.slots() == 1
    assert [pointer["position"]["offset"] for pointer in world.rejected()] == [10]


@pytest.mark.parametrize(("name", "rejected"), [("EXECUTION_REQUESTED", 1), ("EXECUTION_COMPLETED", 0)])
def test_a_record_without_a_type_on_a_shared_topic_is_rejected_by_one_function(
    world: World, name: str, rejected: int
) -> None:
    world.reconfigure(TOPIC_LAYOUT="shared")
    sent = {key: value for key, value in event(name).items() if key != "event_type"}

    world.function(name).run(batch(record(sent)), Context())

    assert [pointer["reason"] for pointer in world.rejected()] == ["malformed"] * rejected


def test_another_type_stands_for_the_function_s_own(world: World) -> None:
    world.deliver(event("EXECUTION_REQUESTED"))
    world.reconfigure(EVENT_TYPE_ALIAS="POD_RUNNING")
    started = event("EXECUTION_STARTED", event_type="pod_running")

    world.function("EXECUTION_STARTED").run(batch(record(started)), Context())

    saga = world.saga("ex-1")
    assert saga is not None
    assert saga.has_started
    assert world.rejected() == []


def test_a_type_that_stands_for_nothing_stays_foreign(world: World) -> None:
    world.reconfigure(EVENT_TYPE_ALIAS="POD_RUNNING")

    world.function("EXECUTION_STARTED").run(
        batch(record(event("EXECUTION_STARTED", event_type="POD_CREATED"))), Context()
    )

    assert [pointer["reason"] for pointer in world.rejected()] == ["wrong_event_type"]


@pytest.mark.parametrize("layout", ["shared", "own"])
@pytest.mark.parametrize("header", ["event_type", "ce_type"])
def test_a_record_that_a_header_names_is_taken_by_the_function_of_its_type_alone(
    world: World, layout: str, header: str
) -> None:
    world.reconfigure(TOPIC_LAYOUT=layout)
    sent = {key: value for key, value in event("EXECUTION_REQUESTED").items() if key != "event_type"}
    headers = {header: "execution_requested", **({"ce_specversion": "1.0"} if header == "ce_type" else {})}

    for event_type in EventType:
        world.function(event_type).run(batch(record(sent, headers)), Context())

    assert (world.slots(), world.rejected()) == (1, [])


def test_on_a_topic_of_its_own_a_record_without_a_type_is_rejected_by_its_one_reader(world: World) -> None:
    world.reconfigure(TOPIC_LAYOUT="own")
    sent = {key: value for key, value in event("EXECUTION_STARTED").items() if key != "event_type"}

    world.function("EXECUTION_STARTED").run(batch(record(sent)), Context())

    assert [pointer["reason"] for pointer in world.rejected()] == ["malformed"]

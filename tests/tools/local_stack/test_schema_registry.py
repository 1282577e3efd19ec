"""A mapping's schema registry: what a serializer wrote is delivered as JSON, with what it was beside it."""

import base64
import io
import json
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import fastavro
import pytest

from local_stack.registry import Decoder, RegistryAwayError, RegistryConfig, SchemaRegistry, UndecodableError
from local_stack.sources.event_pattern import matches
from local_stack.sources.kafka_event import KafkaRecord, encoded_parts, event_of, filterable, with_decoded
from local_stack.sources.mapping_config import mapping_of

AVRO = json.dumps(
    {
        "type": "record",
        "name": "Started",
        "namespace": "org.example",
        "fields": [
            {"name": "event_type", "type": "string"},
            {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
            {"name": "pod_name", "type": ["null", "string"], "default": None},
            {"name": "raw", "type": "bytes"},
        ],
    }
)
STARTED = {"event_type": "EXECUTION_STARTED", "at": 1_795_500_000_000, "pod_name": "pod-1", "raw": b"\xff"}
DELIVERED = STARTED | {"raw": "\u00ff"}
PROTO = """
syntax = "proto3";
import "google/protobuf/timestamp.proto";
message Other { string x = 1; }
message Envelope {
  message Unused { int32 y = 1; }
  message Started { string event_type = 1; int64 count = 2; google.protobuf.Timestamp at = 3; }
}
"""
PROTO_STARTED = b"\x0a\x11EXECUTION_STARTED\x10\x07\x1a\x02\x08\x01"
PROTO_DELIVERED = {"eventType": "EXECUTION_STARTED", "count": "7", "at": "1970-01-01T00:00:01Z"}


def avro(value: dict[str, Any]) -> bytes:
    content = io.BytesIO()
    fastavro.schemaless_writer(content, fastavro.parse_schema(json.loads(AVRO)), value)
    return content.getvalue()


def framed(schema_id: int, content: bytes) -> bytes:
    return b"\0" + schema_id.to_bytes(4, "big") + content


@pytest.fixture(scope="module")
def registry() -> Iterator[SchemaRegistry]:
    serving = SchemaRegistry()
    yield serving
    serving.close()


@pytest.fixture
def decoder(registry: SchemaRegistry) -> Decoder:
    return Decoder(RegistryConfig(registry.url, as_json=True, attributes=frozenset({"VALUE"})), None)


def posted(url: str, body: Any) -> Any:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=10) as reply:  # noqa: S310 - our own registry on loopback
        return json.load(reply)


def test_the_registry_registers_and_answers_as_serializers_ask(registry: SchemaRegistry) -> None:
    first = posted(f"{registry.url}/subjects/a-value/versions", {"schema": AVRO})
    again = posted(f"{registry.url}/subjects/b-value/versions", {"schema": AVRO})
    other = posted(f"{registry.url}/subjects/a-value/versions", {"schema": PROTO, "schemaType": "PROTOBUF"})

    assert first == again
    assert other["id"] != first["id"]
    with urllib.request.urlopen(f"{registry.url}/subjects/a-value/versions/latest", timeout=10) as reply:  # noqa: S310
        assert json.load(reply)["schemaType"] == "PROTOBUF"


@pytest.mark.parametrize("body", [{}, [], {"schema": "x", "schemaType": "XML"}])
def test_the_registry_refuses_what_is_no_schema(registry: SchemaRegistry, body: Any) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        posted(f"{registry.url}/subjects/a-value/versions", body)
    assert refused.value.code == 422


def test_avro_is_delivered_as_json(registry: SchemaRegistry, decoder: Decoder) -> None:
    number = registry.register("s", AVRO)

    decoded = decoder.decode(framed(number, avro(STARTED)))

    assert json.loads(decoded.content) == DELIVERED
    assert decoded.metadata == {"dataFormat": "AVRO", "schemaId": str(number)}


@pytest.mark.parametrize("indexes", [b"\x04\x02\x02"], ids=["the second message's second"])
def test_protobuf_is_delivered_in_its_json_mapping(registry: SchemaRegistry, decoder: Decoder, indexes: bytes) -> None:
    number = registry.register("p", PROTO, "PROTOBUF")

    decoded = decoder.decode(framed(number, indexes + PROTO_STARTED))

    assert json.loads(decoded.content) == PROTO_DELIVERED
    assert decoded.metadata["dataFormat"] == "PROTOBUF"


def test_a_single_zero_is_the_first_message(registry: SchemaRegistry, decoder: Decoder) -> None:
    number = registry.register("p", PROTO, "PROTOBUF")

    assert json.loads(decoder.decode(framed(number, b"\0\x0a\x01a")).content) == {"x": "a"}


def test_json_schema_loses_its_framing(registry: SchemaRegistry, decoder: Decoder) -> None:
    number = registry.register("j", '{"type":"object"}', "JSON")

    assert json.loads(decoder.decode(framed(number, b'{"a": 1}')).content) == {"a": 1}


@pytest.mark.parametrize(
    ("value", "condition"),
    [
        (b'{"a": 1}', "DESERIALIZATION_ERROR"),
        (b"", "DESERIALIZATION_ERROR"),
        (framed(9_999, b"x"), "SCHEMA_NOT_FOUND"),
        (framed(1, b""), "DESERIALIZATION_ERROR"),
        (framed(2, b"\x02\x10" + PROTO_STARTED), "DESERIALIZATION_ERROR"),
        (framed(2, b"\xff" * 11), "DESERIALIZATION_ERROR"),
        (framed(3, b"{"), "DESERIALIZATION_ERROR"),
        (framed(4, b"\0"), "DESERIALIZATION_ERROR"),
    ],
)
def test_what_cannot_be_decoded_says_why(value: bytes, condition: str) -> None:
    registry = SchemaRegistry()
    registry.register("a", AVRO)
    registry.register("p", PROTO, "PROTOBUF")
    registry.register("j", "{}", "JSON")
    registry.register("b", "message {", "PROTOBUF")
    decoder = Decoder(RegistryConfig(registry.url, as_json=True, attributes=frozenset({"VALUE"})), None)

    with pytest.raises(UndecodableError) as refused:
        decoder.decode(value)

    registry.close()
    assert refused.value.condition == condition


def test_a_registry_that_does_not_answer_is_waited_for() -> None:
    gone = SchemaRegistry()
    gone.close()
    decoder = Decoder(RegistryConfig(gone.url, as_json=True, attributes=frozenset({"VALUE"})), None)

    with pytest.raises(RegistryAwayError):
        decoder.decode(framed(1, b"x"))


def test_the_source_format_is_the_value_without_its_framing(registry: SchemaRegistry) -> None:
    number = registry.register("s", AVRO)
    decoder = Decoder(RegistryConfig(registry.url, as_json=False, attributes=frozenset({"VALUE"})), None)

    decoded = decoder.decode(framed(number, avro(STARTED)))

    assert (decoded.content, decoded.metadata["dataFormat"]) == (avro(STARTED), "AVRO")


@pytest.mark.parametrize(
    "squeeze", [lambda content: (0, content), lambda content: (5, zlib.compress(content))], ids=["plain", "zlib"]
)
def test_glue_is_asked_by_the_version_s_id(aws: Any, squeeze: Callable[[bytes], tuple[int, bytes]]) -> None:
    glue = aws("glue")
    arn = "arn:aws:glue:us-east-1:123456789012:registry/events"
    compression, content = squeeze(avro(STARTED))
    name = {"RegistryName": f"events-{compression}"}
    glue.create_registry(**name)
    made = glue.create_schema(
        RegistryId=name, SchemaName="started", DataFormat="AVRO", Compatibility="NONE", SchemaDefinition=AVRO
    )
    version = made["SchemaVersionId"]
    decoder = Decoder(RegistryConfig(arn, as_json=True, attributes=frozenset({"VALUE"})), glue)

    decoded = decoder.decode(bytes([3, compression]) + UUID(version).bytes + content)

    assert json.loads(decoded.content) == DELIVERED
    assert decoded.metadata == {"dataFormat": "AVRO", "schemaId": version}
    with pytest.raises(UndecodableError, match="no schema") as unknown:
        decoder.decode(bytes([3, 0]) + bytes(16) + content)
    assert unknown.value.condition == "SCHEMA_NOT_FOUND"
    with pytest.raises(UndecodableError, match="compressed"):
        decoder.decode(bytes([3, 5]) + UUID(version).bytes + b"x")


MAPPING = {
    "FunctionName": "f",
    "Topics": ["t"],
    "SelfManagedEventSource": {"Endpoints": {"KafkaBootstrapServers": ["b:9092"]}},
    "ProvisionedPollerConfig": {"MinimumPollers": 1},
    "SelfManagedKafkaEventSourceConfig": {
        "ConsumerGroupId": "g",
        "SchemaRegistryConfig": {
            "SchemaRegistryURI": "http://r",
            "EventRecordFormat": "JSON",
            "SchemaValidationConfigs": [{"Attribute": "VALUE"}],
        },
    },
}


def test_a_record_carries_what_it_was_and_filters_see_what_it_says(registry: SchemaRegistry, decoder: Decoder) -> None:
    number = registry.register("s", AVRO)
    value = framed(number, avro(STARTED))
    encoded = {"key": None, "value": base64.b64encode(value).decode()}
    record = KafkaRecord("t", 0, 5, 0, {"topic": "t", **encoded, "headers": []}, 100)
    mapping: Any = mapping_of("M", MAPPING)

    decoded = with_decoded(record, {name: decoder.decode(part) for name, part in encoded_parts(record).items()})

    assert mapping.registry == RegistryConfig("http://r", as_json=True, attributes=frozenset({"VALUE"}))
    (delivered,) = event_of(mapping, "b:9092", [decoded])["records"]["t-0"]
    assert delivered["valueSchemaMetadata"] == {"dataFormat": "AVRO", "schemaId": str(number)}
    assert "keySchemaMetadata" not in delivered
    assert filterable(decoded)["value"] == DELIVERED
    wanted = {"value": {"event_type": [{"equals-ignore-case": "execution_started"}]}}
    assert matches(wanted, filterable(decoded))
    assert not matches(wanted, filterable(record))
    assert decoded.size != record.size

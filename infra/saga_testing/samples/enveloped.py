"""Kafka records with headers and schema metadata as Lambda passes them, CloudEvents, and registries' framings."""

import base64
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from saga_testing.samples.sample_events import NOW_MS


def record(
    value: Mapping[str, Any] | bytes | None, headers: Mapping[str, str] | None = None, *, written_as: str | None = None
) -> dict[str, Any]:
    """One record of a batch; `written_as` is what a configured registry knows the value as."""
    content = json.dumps(value).encode() if isinstance(value, Mapping) else value
    made: dict[str, Any] = {
        "topic": "topic",
        "partition": 0,
        "timestamp": NOW_MS,
        "timestampType": "CREATE_TIME",
        "key": None,
        "value": None if content is None else base64.b64encode(content).decode(),
        "headers": [{name: signed(text.encode())} for name, text in (headers or {}).items()],
    }
    if written_as is not None:
        made["valueSchemaMetadata"] = {"dataFormat": written_as, "schemaId": "7"}
    return made


def signed(content: bytes) -> list[int]:
    """Java's bytes go from -128 to 127."""
    return [byte - 256 if byte > 127 else byte for byte in content]


def batch(*records: dict[str, Any]) -> dict[str, Any]:
    """The records as one invocation, in order."""
    placed = [each | {"offset": offset} for offset, each in enumerate(records, start=10)]
    return {
        "eventSource": "aws:kafka",
        "eventSourceArn": "arn:aws:kafka:us-east-1:123456789012:cluster/c/1",
        "bootstrapServers": "b-1:9092",
        "records": {"topic-0": placed},
    }


ATTRIBUTE_OF = {"event_id": "id", "event_type": "type", "timestamp": "time", "execution_id": "subject"}


def cloudevent(fields: Mapping[str, Any], **attributes: Any) -> dict[str, Any]:
    """A CloudEvent whose attributes say everything that they can, and whose data the rest."""
    data = {name: value for name, value in fields.items() if name not in ATTRIBUTE_OF}
    said = {ATTRIBUTE_OF[name]: value for name, value in fields.items() if name in ATTRIBUTE_OF}
    return {"specversion": "1.0", "source": "/platform/api", **said, "data": data} | attributes


def as_headers(event: Mapping[str, Any], content_type: str | None = "application/json") -> dict[str, str]:
    """The attributes of a CloudEvent as the headers of a Kafka record in binary mode."""
    told = {f"ce_{name}": str(value) for name, value in event.items() if name != "data" and value is not None}
    return told | ({"content-type": content_type} if content_type is not None else {})


def confluent(content: bytes, schema_id: int = 7, *, protobuf: bool = False) -> bytes:
    """Magic byte and schema id; of Protobuf also the list of message indexes, where 0 is the first message."""
    return b"\0" + schema_id.to_bytes(4, "big") + (b"\0" if protobuf else b"") + content


def glue(content: bytes, *, compression: int = 0) -> bytes:
    """Header version, compression, schema version id."""
    return bytes([3, compression]) + UUID("b7b4a7f0-9c96-4e4a-a687-fb5de9ef0c63").bytes + content

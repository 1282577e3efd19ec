"""Kafka records in the event that Lambda passes to a function, and what the function's answer means. Pure.

Developer Guide, Using Lambda with Amazon MSK (`aws:kafka`) and with self-managed Apache Kafka (`SelfManagedKafka`):
records are grouped under `TOPIC-PARTITION`, key and value are base64 or null, headers are a list of one-key objects
whose values are lists of bytes.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from local_stack.functions import timestamp
from local_stack.registry import Decoded
from local_stack.sources.batch_size import SEPARATOR_BYTES
from local_stack.sources.mapping_config import KafkaMapping

_TIMESTAMP_TYPES = {1: "CREATE_TIME", 2: "LOG_APPEND_TIME"}


@dataclass(frozen=True)
class KafkaRecord:
    """One record, with its bytes as Lambda would pass them."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    body: dict[str, Any]
    size: int
    """Bytes in the event's JSON, the separator included."""

    @property
    def partition_key(self) -> str:
        return f"{self.topic}-{self.partition}"


def record_of(message: Any) -> KafkaRecord:
    """From a message of the client library."""
    kind, at = message.timestamp()
    body = {
        "topic": message.topic(),
        "partition": message.partition(),
        "offset": message.offset(),
        "timestamp": at,
        "timestampType": _TIMESTAMP_TYPES.get(kind, "CREATE_TIME"),
        "key": _encoded(message.key()),
        "value": _encoded(message.value()),
        "headers": [{name: [_signed(byte) for byte in value or b""]} for name, value in message.headers() or ()],
    }
    return KafkaRecord(
        body["topic"], body["partition"], body["offset"], at, body, len(json.dumps(body)) + SEPARATOR_BYTES
    )


def encoded_parts(record: KafkaRecord) -> dict[str, bytes]:
    """Key and value as their producer wrote them, where there are any, by the names of registries' attributes."""
    parts = {name: record.body[name.lower()] for name in ("KEY", "VALUE")}
    return {name: base64.b64decode(part) for name, part in parts.items() if part is not None}


def with_decoded(record: KafkaRecord, parts: Mapping[str, Decoded]) -> KafkaRecord:
    """The record as it is delivered after a registry's decoding (Developer Guide, Payload formats and deserialization
    behavior): the attribute in its place, what it was beside it."""
    body = dict(record.body)
    for name, part in parts.items():
        body |= {name.lower(): _encoded(part.content), f"{name.lower()}SchemaMetadata": part.metadata}
    return replace(record, body=body, size=len(json.dumps(body)) + SEPARATOR_BYTES)


def event_of(mapping: KafkaMapping, bootstrap: str, records: Sequence[KafkaRecord]) -> dict[str, Any]:
    """The function's event, records of a partition in order."""
    grouped: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        grouped.setdefault(record.partition_key, []).append(record.body)
    if mapping.cluster_arn:
        return {
            "eventSource": "aws:kafka",
            "eventSourceArn": mapping.cluster_arn,
            "bootstrapServers": bootstrap,
            "records": grouped,
        }
    return {"eventSource": "SelfManagedKafka", "bootstrapServers": mapping.bootstrap, "records": grouped}


def filterable(record: KafkaRecord) -> dict[str, Any]:
    """What filters see (Developer Guide, Filtering events from Amazon MSK and self-managed Apache Kafka): key and value
    decoded, the value as JSON when it is; a value that is not JSON can match no pattern on its fields, so the record is
    dropped."""
    seen = dict(record.body)
    for part in ("key", "value"):
        seen[part] = _decoded(record.body[part])
    return seen


def reported_failures(response: bytes, records: Sequence[KafkaRecord]) -> Sequence[KafkaRecord]:
    """Developer Guide, Configuring error handling controls for Kafka event sources: the listed records are delivered
    again. A null or empty answer is a complete success; an identifier that is not in the event a complete failure."""
    answer = json.loads(response or b"null")
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if not failures:
        return ()
    if not isinstance(failures, list):
        return records
    known = {(record.partition_key, record.offset) for record in records}
    reported = {_identifier(item) for item in failures}
    if not reported <= known:
        return records
    return [record for record in records if (record.partition_key, record.offset) in reported]


def batch_info(
    mapping: KafkaMapping, bootstrap: str, records: Sequence[KafkaRecord], payload_size: int
) -> dict[str, Any]:
    """Developer Guide, Capturing discarded batches for Amazon MSK and self-managed Apache Kafka event sources."""
    spans: dict[str, dict[str, str]] = {}
    for record in records:
        at = timestamp(datetime.fromtimestamp(record.timestamp_ms / 1000, UTC))
        span = spans.setdefault(
            record.partition_key, {"firstRecordOffset": str(record.offset), "firstRecordTimestamp": at}
        )
        span |= {"lastRecordOffset": str(record.offset), "lastRecordTimestamp": at}
    info: dict[str, Any] = {
        "batchSize": len(records),
        "bootstrapServers": bootstrap,
        "payloadSize": payload_size,
        "recordsInfo": spans,
    }
    if mapping.cluster_arn:
        info["eventSourceArn"] = mapping.cluster_arn
    return {"KafkaBatchInfo": info}


def _identifier(item: Any) -> tuple[str, int] | None:
    identifier = item.get("itemIdentifier") if isinstance(item, dict) else None
    if not isinstance(identifier, dict) or set(identifier) != {"partition", "offset"}:
        return None
    partition, offset = identifier["partition"], identifier["offset"]
    return (partition, offset) if isinstance(partition, str) and isinstance(offset, int) else None


def _encoded(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode()


def _decoded(value: str | None) -> Any:
    if value is None:
        return None
    raw = base64.b64decode(value)
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return raw.decode(errors="replace")


def _signed(byte: int) -> int:
    """Lambda serialises Java bytes, which are signed."""
    return byte - 256 if byte > 127 else byte

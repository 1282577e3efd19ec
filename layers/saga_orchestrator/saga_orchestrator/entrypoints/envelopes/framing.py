"""Values that a producer framed for a schema registry and that nobody decoded: told apart from text that is broken."""

from collections.abc import Mapping
from typing import Any, Final

from saga_orchestrator.domain.errors import RejectedEvent, RejectReason

BINARY_FORMATS: Final = ("AVRO", "PROTOBUF")
"""What Lambda may name as a record's `dataFormat` and is not JSON before it is decoded."""

_DECODED_BY: Final = "SchemaRegistryUri and KafkaMode=provisioned let Lambda decode it, or the producer writes JSON"
_CONFLUENT_ID_BYTES: Final = 4
_GLUE_COMPRESSIONS: Final = (0, 5)
_UUID_BYTES: Final = 16


def undecoded(content: bytes, record: Mapping[str, Any], headers: Mapping[str, str]) -> RejectedEvent | None:
    """Why a value that is no JSON never can be: it is still as the producer's serializer wrote it. None: it is not."""
    if (written_as := data_format(record)) in BINARY_FORMATS:
        return RejectedEvent(
            RejectReason.UNDECODED_RECORD,
            f"the value is {written_as}, delivered as its producer wrote it: SchemaRecordFormat must be JSON",
        )
    if "__value_schema_id" in headers:
        return _framed(RejectReason.CONFLUENT_FRAMING, "Confluent's schema registry", "id in a header")
    if _has_confluent_prefix(content):
        return _framed(RejectReason.CONFLUENT_FRAMING, "Confluent's schema registry", "magic byte and id in front")
    if content[:1] == b"\x03" and content[1:2] and content[1] in _GLUE_COMPRESSIONS and len(content) > _UUID_BYTES + 1:
        return _framed(
            RejectReason.GLUE_FRAMING, "Glue's schema registry", "byte 3, a compression byte and its UUID in front"
        )
    return None


def data_format(record: Mapping[str, Any]) -> str | None:
    """What the value was written as, when a registry is configured: Lambda says it beside the value."""
    metadata = record.get("valueSchemaMetadata")
    written_as = metadata.get("dataFormat") if isinstance(metadata, dict) else None
    return written_as if isinstance(written_as, str) else None


def _has_confluent_prefix(content: bytes) -> bool:
    """A zero and an id of four bytes; newer serializers write a one and a UUID. UTF-16 starts with a zero too."""
    if content[:1] == b"\x01":
        return len(content) > _UUID_BYTES
    return content[:1] == b"\0" and len(content) > _CONFLUENT_ID_BYTES and content[1:3] != b"{\0"


def _framed(reason: RejectReason, registry: str, mark: str) -> RejectedEvent:
    return RejectedEvent(reason, f"the value is framed for {registry} ({mark}) and was not decoded: {_DECODED_BY}")

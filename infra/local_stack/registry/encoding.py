"""From JSON to what a Confluent serializer would put on a topic: for samples, and for whoever has no producer yet."""

import io
import json
from typing import Any

from local_stack.registry.protobuf_files import message_class


def avro_value(schema: str, value: Any) -> bytes:
    """Avro's binary encoding, without a framing."""
    import fastavro  # noqa: PLC0415 - an extra

    content = io.BytesIO()
    fastavro.schemaless_writer(content, fastavro.parse_schema(json.loads(schema)), value)
    return content.getvalue()


def protobuf_value(schema: str, value: Any) -> bytes:
    """The first message of the file, with the list of message indexes that says so in front."""
    from google.protobuf.json_format import ParseDict  # noqa: PLC0415 - an extra

    content: bytes = ParseDict(value, message_class(schema, (0,))()).SerializeToString()
    return b"\0" + content


def framed(schema_id: int, content: bytes) -> bytes:
    """Magic byte and schema id."""
    return b"\0" + schema_id.to_bytes(4, "big") + content

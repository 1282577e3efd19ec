"""One attribute of a record, from a serializer's bytes to what the function is given."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from local_stack.errors import LocalStackError
from local_stack.registry.config import RegistryConfig
from local_stack.registry.framing import (
    Framed,
    NotFramedError,
    confluent_message,
    from_confluent,
    from_glue,
    glue_message,
)
from local_stack.registry.protobuf_files import BadSchemaError, message_class
from local_stack.registry.schemas import (
    Lookup,
    RegistryAwayError,
    Schema,
    SchemaNotFoundError,
    confluent_schemas,
    glue_schemas,
)


class UndecodableError(ValueError):
    """The record cannot be delivered. `condition` is the reason code in the on-failure object (Developer Guide)."""

    def __init__(self, condition: str, detail: str) -> None:
        super().__init__(detail)
        self.condition = condition


@dataclass(frozen=True)
class Decoded:
    """The attribute as it is delivered, and the metadata beside it."""

    content: bytes
    metadata: dict[str, str]


class Decoder:
    """Of one mapping. Schemas never change under their id, so each is asked for once."""

    def __init__(self, config: RegistryConfig, glue: Any) -> None:
        _need_libraries()
        self.attributes = config.attributes
        self._config = config
        self._unframed = from_glue if config.is_glue else from_confluent
        self._look_up: Lookup = lru_cache(maxsize=None)(
            glue_schemas(glue) if config.is_glue else confluent_schemas(config.uri)
        )

    def decode(self, value: bytes) -> Decoded:
        """Raises UndecodableError, or RegistryAwayError when only waiting helps."""
        try:
            framed = self._unframed(value)
            schema = self._look_up(framed.schema_id)
            read = _READERS[schema.data_format](schema, framed, self._config)
        except RegistryAwayError:
            raise
        except SchemaNotFoundError as error:
            condition = "SCHEMA_NOT_FOUND"
            raise UndecodableError(condition, f"the registry has no schema {error}") from error
        except NotFramedError as error:
            condition = "DESERIALIZATION_ERROR"
            raise UndecodableError(condition, str(error)) from error
        except Exception as error:  # libraries raise what they like at bytes that break their schema
            condition = "DESERIALIZATION_ERROR"
            raise UndecodableError(condition, f"not of its schema: {type(error).__name__}") from error
        content = json.dumps(read).encode() if self._config.as_json else framed.content
        return Decoded(content, {"dataFormat": schema.data_format, "schemaId": framed.schema_id})


def _avro(schema: Schema, framed: Framed, _config: RegistryConfig) -> Any:
    import fastavro  # noqa: PLC0415 - an extra

    return _plain(fastavro.schemaless_reader(io.BytesIO(framed.content), _parsed(schema.text), None))


@lru_cache(maxsize=64)
def _parsed(text: str) -> Any:
    import fastavro  # noqa: PLC0415 - an extra

    return fastavro.parse_schema(_without_logical_types(json.loads(text)))


def _without_logical_types(schema: Any) -> Any:
    """JSON has the underlying number: milliseconds stay a number."""
    if isinstance(schema, dict):
        return {name: _without_logical_types(each) for name, each in schema.items() if name != "logicalType"}
    return [_without_logical_types(each) for each in schema] if isinstance(schema, list) else schema


def _plain(value: Any) -> Any:
    """Bytes as Avro's JSON encoding writes them: each as the character of its number."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _protobuf(schema: Schema, framed: Framed, config: RegistryConfig) -> Any:
    from google.protobuf.json_format import MessageToDict  # noqa: PLC0415 - an extra

    indexes, content = (glue_message if config.is_glue else confluent_message)(framed.content)
    try:
        kind = message_class(schema.text, indexes)
    except BadSchemaError as error:
        raise NotFramedError(str(error)) from error
    return MessageToDict(kind.FromString(content))


def _json(_schema: Schema, framed: Framed, _config: RegistryConfig) -> Any:
    return json.loads(framed.content)


_READERS: dict[str, Callable[[Schema, Framed, RegistryConfig], Any]] = {
    "AVRO": _avro,
    "PROTOBUF": _protobuf,
    "JSON": _json,
}


def _need_libraries() -> None:
    try:
        import fastavro  # noqa: F401, PLC0415 - an extra
        import grpc_tools  # noqa: F401, PLC0415 - an extra
    except ImportError as error:
        message = "a schema registry needs Avro and Protobuf: pip install 'saga-orchestrator[registry]'"
        raise LocalStackError(message) from error

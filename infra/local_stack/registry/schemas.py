"""Schemas by the id that a record names: of a Confluent registry over HTTP, of Glue through its API."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_SECONDS = 5


@dataclass(frozen=True)
class Schema:
    """`data_format` is AVRO, PROTOBUF or JSON; `text` is the schema as it was registered."""

    data_format: str
    text: str


class SchemaNotFoundError(LookupError):
    """The registry answers that it has no such schema."""


class RegistryAwayError(ConnectionError):
    """The registry does not answer: the record waits, as nothing is known of it."""


Lookup = Callable[[str], Schema]


def confluent_schemas(url: str) -> Lookup:
    """`GET /schemas/ids/ID`; a schema without a type is Avro (Schema Registry API)."""

    def look_up(schema_id: str) -> Schema:
        request = f"{url.rstrip('/')}/schemas/ids/{schema_id}"
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as reply:  # noqa: S310 - the template's own URL
                answer = json.load(reply)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                raise SchemaNotFoundError(schema_id) from error
            raise RegistryAwayError(str(error)) from error
        except (OSError, ValueError) as error:
            raise RegistryAwayError(str(error)) from error
        return Schema(answer.get("schemaType", "AVRO"), answer["schema"])

    return look_up


def glue_schemas(glue: Any) -> Lookup:
    """`GetSchemaVersion` by the version's id, which names neither registry nor schema."""

    def look_up(schema_id: str) -> Schema:
        try:
            answer = glue.get_schema_version(SchemaVersionId=schema_id)
        except glue.exceptions.EntityNotFoundException as error:
            raise SchemaNotFoundError(schema_id) from error
        return Schema(answer["DataFormat"], answer["SchemaDefinition"])

    return look_up

"""Recorded Kafka records, out of a file of JSON lines, made ready to be sent again.

    {"topic": "execution_events", "key": "ex-1", "headers": {"event_type": "…"}, "value": {…}, "schema": "file.avsc"}

`value` is a JSON value, or null; with `schema`, a file beside this one that ends with `.avsc` or `.proto`, it is
written as a Confluent serializer would. In any text `$ID` is one new id for the whole file; a text that is `$NOW` or
`$NOW_MS` is the time, in RFC 3339 or as a number.
"""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from saga_orchestrator.domain.instants import rfc3339
from sagactl.errors import NotUsableError

Register = Callable[[str, str, str], int]
"""Subject, schema and its type; answers the schema's id."""


@dataclass(frozen=True)
class Recorded:
    """One record as a producer takes it."""

    topic: str
    key: str | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class Recording:
    """One file. Its ids are new each time, so that it may be sent again."""

    file: Path
    register: Register
    identifier: str = field(default_factory=lambda: uuid.uuid4().hex[:8])

    def records(self) -> list[Recorded]:
        """All of them, or none: a line that is wrong is named."""
        try:
            lines = self.file.read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError) as error:
            raise NotUsableError(f"{self.file} cannot be read: {getattr(error, 'strerror', None) or error}") from error
        return [self._record(number, line) for number, line in enumerate(lines, start=1) if line.strip()]

    def _record(self, number: int, line: str) -> Recorded:
        try:
            fields = self._filled(json.loads(line))
            headers = fields.get("headers", {})
            return Recorded(
                str(fields["topic"]),
                fields.get("key"),
                self._value(fields),
                tuple((name, str(text).encode()) for name, text in headers.items()),
            )
        except NotUsableError:
            raise
        except Exception as error:  # of a line that somebody wrote anything may be wrong
            raise NotUsableError(f"{self.file}, line {number}: {type(error).__name__}: {error}") from error

    def _filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._filled(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._filled(each) for each in value]
        now = int(datetime.now(UTC).timestamp() * 1000)
        if value == "$NOW_MS":
            return now
        return rfc3339(now) if value == "$NOW" else self._named(value)

    def _named(self, value: Any) -> Any:
        return value.replace("$ID", self.identifier) if isinstance(value, str) else value

    def _value(self, fields: Mapping[str, Any]) -> bytes | None:
        value = fields["value"]
        if value is None:
            return None
        if "schema" not in fields:
            return json.dumps(value).encode()
        from local_stack.registry import avro_value, framed, protobuf_value  # noqa: PLC0415 - an extra

        schema_file = self.file.parent / fields["schema"]
        schema, is_avro = schema_file.read_text(encoding="utf-8"), schema_file.suffix == ".avsc"
        content = avro_value(schema, value) if is_avro else protobuf_value(schema, value)
        return framed(self.register(f"{schema_file.stem}-value", schema, "AVRO" if is_avro else "PROTOBUF"), content)

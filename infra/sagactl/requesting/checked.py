"""A request as somebody wrote it, made whole and judged by the functions' own decoder before anything is sent."""

import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from saga_orchestrator.domain.errors import RejectedEvent
from saga_orchestrator.domain.events import EventType, InvalidRequest
from saga_orchestrator.domain.executions.request_rules import explanation
from saga_orchestrator.entrypoints.decoding import ForeignEventType, decode_event
from saga_orchestrator.entrypoints.saga_decoding import key_field
from saga_orchestrator.entrypoints.strict_json import parse_object
from sagactl.errors import NotUsableError
from sagactl.requesting.starting import checked_start, start_named
from sagactl.table.moments import now_rfc3339
from sagas import SAGAS

STANDARD_INPUT: Final = "-"
EXAMPLE: Final[Mapping[str, Any]] = {
    "metadata": {"service_name": "sagactl", "service_version": "1.0.0", "user_id": "example-user"},
    "script": "print('hello')\n",
    "language": "python",
    "language_version": "3.11",
    "runtime_image": "python:3.11-slim",
    "runtime_command": ["python"],
    "runtime_filename": "main.py",
    "timeout_seconds": 30,
    "cpu_limit": "500m",
    "memory_limit": "256Mi",
    "cpu_request": "100m",
    "memory_request": "128Mi",
}
"""Small enough for any cluster, and over in a second."""


@dataclass(frozen=True)
class Checked:
    """A request that the functions take. `unusable`: fields that decide nothing, and that they leave out."""

    event: Mapping[str, Any]
    unusable: tuple[str, ...]
    key_field: str = "execution_id"
    """What names the saga: of an order, `order_id`."""

    @property
    def execution_id(self) -> str:
        return str(self.event[self.key_field])


def read(file: str | None, *, example: bool) -> dict[str, Any]:
    """The fields in the file, on standard input, or of the example."""
    if example == (file is not None):
        raise NotUsableError(f"name either a FILE ({STANDARD_INPUT} is standard input) or --example")
    if file is None:
        return dict(EXAMPLE)
    try:
        content = sys.stdin.buffer.read() if file == STANDARD_INPUT else Path(file).read_bytes()
    except (OSError, ValueError) as error:  # a name with NUL is a ValueError
        raise NotUsableError(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    try:
        return parse_object(content)
    except RejectedEvent as error:
        raise NotUsableError(f"{_named(file)}: {error.detail}") from error


def checked(fields: Mapping[str, Any], execution_id: str | None = None) -> Checked:
    """The event, with the fields of an envelope that it lacks: its time, its ids and its type."""
    if (route := start_named(fields.get("event_type"))) is not None:
        event = _whole(fields, key_field(route), execution_id)
        checked_start(event, route)
        return Checked(event, (), key_field(route))
    event = {"event_type": EventType.REQUESTED.value, **_whole(fields, "execution_id", execution_id)}
    try:
        decoded = decode_event(event, EventType.REQUESTED, script_buckets=_bucket(event))
    except ForeignEventType as error:
        starts = [each.starts.event_type for each in SAGAS if each.starts is not None]
        raise NotUsableError(f"event_type must be {' or '.join([EventType.REQUESTED, *starts])}") from error
    except RejectedEvent as error:
        raise NotUsableError(f"nothing was sent: {error.detail}") from error
    if isinstance(decoded, InvalidRequest):
        raise NotUsableError(f"nothing was sent: {explanation(decoded.faults)}")
    return Checked(event, decoded.unusable)


def _whole(fields: Mapping[str, Any], key_field: str, key: str | None) -> dict[str, Any]:
    filled = {
        "event_id": f"sagactl-{uuid.uuid4()}",
        "event_version": "1.0",
        "timestamp": now_rfc3339(),
        key_field: f"sagactl-{uuid.uuid4()}",
    }
    return {**filled, **fields, **({key_field: key} if key is not None else {})}


def _bucket(event: Mapping[str, Any]) -> frozenset[str]:
    """Which buckets are allowed, the stack knows alone: whichever is named passes here."""
    reference = event.get("script_ref")
    bucket = reference.get("bucket") if isinstance(reference, dict) else None
    return frozenset({bucket}) if isinstance(bucket, str) else frozenset()


def _named(file: str) -> str:
    return "standard input" if file == STANDARD_INPUT else file

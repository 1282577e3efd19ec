"""The one door by which every event function gets an event's fields, whatever was wrapped around them.

A plain JSON event pays for a few look-ups and nothing else.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from saga_orchestrator.domain.errors import RejectedEvent
from saga_orchestrator.entrypoints.strict_json import MAX_EVENT_BYTES, decode_base64, parse_object

from .cloudevents import STRUCTURED, Terms, batch, from_binary, from_structured, refuse_content, refuse_format, traced
from .framing import data_format, undecoded
from .headers import (
    ATTRIBUTES,
    CONTENT_TYPE,
    DECIDING,
    EVENT_TYPE,
    HINTS,
    NO_HEADERS,
    SPECVERSION,
    TRACEPARENT,
    Headers,
    headers_of,
)
from .registry import from_registry

Fields = dict[str, Any]

_PREFIXES: Final = ("ce_", "ce-")
"""How Kafka and HTTP spell the headers of a CloudEvent."""


def from_record(record: Mapping[str, Any], terms: Terms) -> Fields:
    """The fields of the event in a Kafka record.

    Raises:
        RejectedEvent: it is not what its envelope says, or is in one that is not understood.
    """
    if record.get("headers") or record.get("valueSchemaMetadata"):
        headers = headers_of(record)
        fields = traced(_unwrapped(record, headers, terms), headers.hint(TRACEPARENT))
    else:
        fields = _parsed(record, NO_HEADERS)
        if "specversion" in fields:
            fields = _opened(fields, terms)
    return _canonical(fields, terms) if terms.types else fields


def from_detail(detail: Fields, terms: Terms) -> Fields:
    """The fields of the event in the `detail` of an EventBridge event. Raises RejectedEvent as above.

    CloudEvents has no binding for EventBridge: in binary mode the attributes stand beside the data, named as headers.
    """
    fields = detail
    if "specversion" in detail:
        fields = _opened(detail, terms)
    elif "ce_specversion" in detail or "ce-specversion" in detail:
        fields = _opened_binary(detail, terms)
    return _canonical(fields, terms) if terms.types else fields


def _opened(fields: Fields, terms: Terms) -> Fields:
    """An attribute's name has no underscore: an object with `event_type` is an event of ours, whatever else it has."""
    return fields if "event_type" in fields else from_structured(fields, terms)


def _opened_binary(fields: Fields, terms: Terms) -> Fields:
    prefix = next(prefix for prefix in _PREFIXES if f"{prefix}specversion" in fields)
    data = {name: value for name, value in fields.items() if not name.startswith(prefix) and name != CONTENT_TYPE}
    refuse_content(CONTENT_TYPE, fields.get(CONTENT_TYPE))
    return from_binary({name: fields.get(f"{prefix}{name}") for name in ATTRIBUTES}, data, terms)


def _unwrapped(record: Mapping[str, Any], headers: Headers, terms: Terms) -> Fields:
    content_type = headers.hint(CONTENT_TYPE) or ""
    if content_type.lower().startswith(STRUCTURED):
        refuse_format(content_type)
        return from_structured(_parsed(record, headers), terms)
    if SPECVERSION in headers:
        return _from_headers(record, headers, terms)
    fields = from_registry(_parsed(record, headers), data_format(record))
    if "specversion" in fields:
        return _opened(fields, terms)
    if EVENT_TYPE in headers and fields.get("event_type") is None:
        fields = {**fields, "event_type": headers.deciding(EVENT_TYPE)}
    return fields


def _from_headers(record: Mapping[str, Any], headers: Headers, terms: Terms) -> Fields:
    data: Fields = {}
    if record.get("value"):
        written_as = data_format(record)
        if written_as is None:  # what a registry decoded is JSON, whatever its producer called it
            refuse_content(CONTENT_TYPE, headers.hint(CONTENT_TYPE) or None)
        data = from_registry(_parsed(record, headers), written_as)
    deciding = {name: headers.deciding(f"ce_{name}") for name in DECIDING}
    return from_binary({**deciding, **{name: headers.hint(f"ce_{name}") for name in HINTS}}, data, terms)


def _parsed(record: Mapping[str, Any], headers: Headers) -> Fields:
    content = decode_base64(record.get("value"))
    try:
        return parse_object(content)
    except RejectedEvent as refused:
        raise undecoded(content, record, headers.readable) or _batched(content) or refused from None


def _batched(content: bytes) -> RejectedEvent | None:
    """A batch by its content, where no content type says that it is one and it is not too large in any case."""
    if len(content) > MAX_EVENT_BYTES:
        return None
    try:
        whole = json.loads(content)
    except (ValueError, RecursionError):
        return None
    first = whole[0] if isinstance(whole, list) and whole else None
    return batch() if isinstance(first, dict) and "specversion" in first else None


def _canonical(fields: Fields, terms: Terms) -> Fields:
    received = fields.get("event_type")
    canonical = terms.canonical(received)
    return fields if canonical is received else {**fields, "event_type": canonical}

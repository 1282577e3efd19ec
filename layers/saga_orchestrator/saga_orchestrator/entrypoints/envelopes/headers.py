"""A Kafka record's headers, as far as they say what its value is: names and texts, out of lists of signed bytes."""

from collections.abc import Mapping
from typing import Any, Final

from saga_orchestrator.domain.errors import RejectedEvent, RejectReason

CONTENT_TYPE: Final = "content-type"
EVENT_TYPE: Final = "event_type"
SPECVERSION: Final = "ce_specversion"
SCHEMA_ID: Final = "__value_schema_id"
TRACEPARENT: Final = "traceparent"
"""Of the record's producer, as OpenTelemetry writes it; CloudEvents has an extension attribute of the same name."""
ATTRIBUTES: Final = ("specversion", "id", "type", "source", "subject", "time", "dataref", TRACEPARENT)
"""Of CloudEvents; what else a producer adds is his own."""

_HINTS: Final = frozenset({TRACEPARENT, f"ce_{TRACEPARENT}"})
"""They decide nothing, so that whatever is wrong with one, the event counts without it."""
_READ: Final = frozenset({CONTENT_TYPE, EVENT_TYPE, TRACEPARENT, *(f"ce_{name}" for name in ATTRIBUTES)})


def headers_of(record: Mapping[str, Any]) -> dict[str, str]:
    """Those that are read here, by name in lower case.

    Raises:
        RejectedEvent: one of them is no text, or stands twice with different texts.
    """
    found: dict[str, str] = {}
    for name, value in _pairs(record.get("headers")):
        known = name.lower()
        if known == SCHEMA_ID:
            found[known] = ""  # that it is there says enough
        if known not in _READ:
            continue
        if known in _HINTS:
            found.setdefault(known, _hint(value))
            continue
        text = _text(known, value)
        if found.setdefault(known, text) != text:
            raise RejectedEvent(RejectReason.MALFORMED, f"header {known}: stands twice, with different texts")
    return found


def is_binary_cloudevent(record: Mapping[str, Any]) -> bool:
    """Its attributes are in headers, so that a record without a value is an event without data."""
    return any(name.lower() == SPECVERSION for name, _ in _pairs(record.get("headers")))


def kept_headers(record: Mapping[str, Any]) -> dict[str, str]:
    """What a redelivery of the value alone would lack; a header that cannot be read is not kept."""
    try:
        return {name: text for name, text in headers_of(record).items() if name != SCHEMA_ID}
    except RejectedEvent:
        return {}


def _pairs(headers: Any) -> list[tuple[str, Any]]:
    """Lambda writes a list of objects with one name each."""
    if not isinstance(headers, list):
        return []
    return [pair for each in headers if isinstance(each, dict) for pair in each.items()]


def _text(name: str, value: Any) -> str:
    """Bytes are numbers from -128 to 127, as Java has them; from 0 to 255 in events that were made elsewhere."""
    try:
        return bytes(byte & 0xFF for byte in value).decode()
    except (TypeError, ValueError):
        raise RejectedEvent(RejectReason.MALFORMED, f"header {name}: is no UTF-8 text") from None


def _hint(value: Any) -> str:
    try:
        return _text(TRACEPARENT, value)
    except RejectedEvent:
        return ""

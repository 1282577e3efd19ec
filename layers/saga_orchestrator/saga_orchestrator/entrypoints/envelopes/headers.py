"""A Kafka record's headers, as far as they say what its value is: names and texts, out of lists of signed bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from saga_orchestrator.domain.errors import RejectedEvent, RejectReason

CONTENT_TYPE: Final = "content-type"
EVENT_TYPE: Final = "event_type"
SPECVERSION: Final = "ce_specversion"
SCHEMA_ID: Final = "__value_schema_id"
TRACEPARENT: Final = "traceparent"
"""Of the record's producer, as OpenTelemetry writes it; CloudEvents has an extension attribute of the same name."""
DECIDING: Final = ("specversion", "id", "type", "subject")
HINTS: Final = ("source", "time", "dataref", TRACEPARENT)
ATTRIBUTES: Final = (*DECIDING, *HINTS)
"""Of CloudEvents; what else a producer adds is his own. Without the hints an event counts."""

_HINT_HEADERS: Final = frozenset({CONTENT_TYPE, TRACEPARENT, *(f"ce_{name}" for name in HINTS)})
"""What the value is, it says by itself."""
_READ: Final = frozenset({CONTENT_TYPE, EVENT_TYPE, TRACEPARENT, *(f"ce_{name}" for name in ATTRIBUTES)})


@dataclass(frozen=True, slots=True)
class Headers:
    """Those that are read here, by name in lower case. What is wrong with one is told when it decides something.

    Args:
        readable: their texts; of a hint that stands twice the first, and nothing for one that is no text.
        broken: why others have none: no text, or two different ones.
    """

    readable: Mapping[str, str]
    broken: Mapping[str, str]

    def __contains__(self, name: str) -> bool:
        return name in self.readable or name in self.broken

    def deciding(self, name: str) -> str | None:
        """None where it is not there.

        Raises:
            RejectedEvent: it is there and cannot be read.
        """
        if name in self.broken:
            raise RejectedEvent(RejectReason.MALFORMED, f"header {name}: {self.broken[name]}")
        return self.readable.get(name)

    def hint(self, name: str) -> str | None:
        """One without which the event counts."""
        return self.readable.get(name)


NO_HEADERS: Final = Headers({}, {})


def headers_of(record: Mapping[str, Any]) -> Headers:
    """Of a record, as Lambda writes them."""
    readable: dict[str, str] = {}
    broken: dict[str, str] = {}
    for name, value in _pairs(record.get("headers")):
        known = name.lower()
        if known == SCHEMA_ID:
            readable[known] = ""  # that it is there says enough
        if known not in _READ:
            continue
        text = _text(value)
        if known in _HINT_HEADERS:
            if readable.setdefault(known, text or "") != text and known == CONTENT_TYPE:
                readable[known] = ""  # of two kinds that are said, neither is
        elif text is None:
            broken[known] = "is no UTF-8 text"
        elif readable.setdefault(known, text) != text:
            broken[known] = "stands twice, with different texts"
    return Headers({name: text for name, text in readable.items() if name not in broken}, broken)


def is_binary_cloudevent(record: Mapping[str, Any]) -> bool:
    """Its attributes are in headers, so that a record without a value is an event without data."""
    return any(name.lower() == SPECVERSION for name, _ in _pairs(record.get("headers")))


def kept_headers(record: Mapping[str, Any]) -> dict[str, str]:
    """What a redelivery of the value alone would lack; a header that cannot be read is not kept."""
    return {name: text for name, text in headers_of(record).readable.items() if name != SCHEMA_ID}


def _pairs(headers: Any) -> list[tuple[str, Any]]:
    """Lambda writes a list of objects with one name each."""
    if not isinstance(headers, list):
        return []
    return [pair for each in headers if isinstance(each, dict) for pair in each.items()]


def _text(value: Any) -> str | None:
    """Bytes are numbers from -128 to 127, as Java has them; from 0 to 255 in events that were made elsewhere."""
    try:
        return bytes(byte & 0xFF for byte in value).decode()
    except (TypeError, ValueError):
        return None

"""CloudEvents 1.0 (JSON format and Kafka binding): attributes around data become the fields that the data lacks."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from saga_orchestrator.domain.errors import RejectedEvent, RejectReason
from saga_orchestrator.entrypoints.field_rules import TIMESTAMP, epoch_ms
from saga_orchestrator.entrypoints.strict_json import decode_base64, parse_object

Fields = dict[str, Any]

STRUCTURED: Final = "application/cloudevents"
BATCHED: Final = "application/cloudevents-batch"

_JSON_TYPE: Final = re.compile(r"(?:application|text)/(?:json|[a-z0-9!#$&^_.+-]+\+json)\s*(?:;.*)?", re.IGNORECASE)
_JSON_FORMAT: Final = re.compile(rf"{STRUCTURED}(?:\+json)?\s*(?:;.*)?", re.IGNORECASE)
_INSTANT: Final = re.compile(TIMESTAMP)
_DECIDING: Final = (("id", "event_id"), ("type", "event_type"))


@dataclass(frozen=True, slots=True)
class Terms:
    """What a function reads events by.

    Args:
        types: another event type, in capitals, and the one of ours that it stands for.
        key_of: the field that `subject` stands for, by event type; None where it stands for none.
        begins: whether an event of a type begins a saga. The time of any other decides nothing.
    """

    types: Mapping[str, str]
    key_of: Callable[[str], str | None]
    begins: Callable[[str], bool]

    def canonical(self, event_type: Any) -> Any:
        """Ours where another one stands for it; else as it is."""
        return self.types.get(event_type.upper(), event_type) if isinstance(event_type, str) else event_type


def from_structured(envelope: Fields, terms: Terms) -> Fields:
    """Attributes and data in one JSON object."""
    _refuse_other_version(envelope)
    return _merged(envelope, _data_of(envelope), terms)


def from_binary(attributes: Mapping[str, Any], data: Fields, terms: Terms) -> Fields:
    """Attributes that stood apart, in headers of a record or under their headers' names in a `detail`."""
    _refuse_other_version(attributes)
    return _merged(attributes, data, terms)


def refuse_format(content_type: str) -> None:
    """A structured CloudEvent in another format than JSON, or several of them in one record."""
    if content_type.lower().startswith(BATCHED):
        raise batch()
    if not _JSON_FORMAT.fullmatch(content_type.strip()):
        raise RejectedEvent(
            RejectReason.CLOUDEVENT_CONTENT_TYPE, "content-type: of CloudEvents' formats only JSON is read"
        )


def refuse_content(name: str, content_type: Any) -> None:
    """Data that is anything but JSON; where nothing is said, it is JSON."""
    if content_type is None:
        return
    if not isinstance(content_type, str) or not _JSON_TYPE.fullmatch(content_type.strip()):
        raise RejectedEvent(RejectReason.CLOUDEVENT_CONTENT_TYPE, f"{name}: data is read as JSON alone")


def batch() -> RejectedEvent:
    return RejectedEvent(
        RejectReason.CLOUDEVENT_BATCH, "several CloudEvents in one: Kafka and EventBridge carry one in each record"
    )


def _refuse_other_version(attributes: Mapping[str, Any]) -> None:
    if attributes.get("specversion") != "1.0":
        raise RejectedEvent(RejectReason.CLOUDEVENT_VERSION, "specversion: only CloudEvents 1.0 is understood")


def _data_of(envelope: Fields) -> Fields:
    data, encoded = envelope.get("data"), envelope.get("data_base64")
    if data is None and encoded is None:
        return {}
    refuse_content("datacontenttype", envelope.get("datacontenttype"))
    if data is not None and encoded is not None:
        raise _unusable("data and data_base64: one excludes the other")
    if encoded is not None:
        return _decoded(encoded)
    if not isinstance(data, dict):
        raise _unusable("data: is no JSON object")
    return data


def _decoded(encoded: Any) -> Fields:
    try:
        return parse_object(decode_base64(encoded))
    except RejectedEvent as refused:
        if refused.reason is RejectReason.NOT_BASE64:
            raise _unusable("data_base64: is not base64") from None
        raise RejectedEvent(refused.reason, f"data_base64: {refused.detail}") from None


def _unusable(detail: str) -> RejectedEvent:
    return RejectedEvent(RejectReason.CLOUDEVENT_DATA, detail)


def _merged(attributes: Mapping[str, Any], data: Fields, terms: Terms) -> Fields:
    if not data and attributes.get("dataref") is not None:
        raise _unusable("dataref: data that lies elsewhere is not fetched")
    fields = dict(data)
    for attribute, name in _DECIDING:
        _fill(fields, name, attribute, _text(attributes, attribute), terms)
    event_type = str(terms.canonical(fields.get("event_type"))).upper()
    key = terms.key_of(event_type)
    if key is not None:
        _fill(fields, key, "subject", _text(attributes, "subject"), terms)
    if terms.begins(event_type) or fields.get("timestamp") is None:
        _fill(fields, "timestamp", "time", attributes.get("time"), terms)
    _name_service(fields, attributes.get("source"))
    return traced(fields, attributes.get("traceparent"))


def traced(fields: Fields, traceparent: Any) -> Fields:
    """With the trace that stood around the data, where the data names none. It is judged with the other fields."""
    metadata = fields.get("metadata", {})
    if traceparent is None or not isinstance(metadata, dict) or metadata.get("traceparent") is not None:
        return fields
    return {**fields, "metadata": {**metadata, "traceparent": traceparent}}


def _text(attributes: Mapping[str, Any], name: str) -> str | None:
    """One that decides; what is wrong with another is judged, as a field, by its rule."""
    value = attributes.get(name)
    if value is None or isinstance(value, str):
        return value
    raise RejectedEvent(RejectReason.MALFORMED, f"attribute {name}: is no string")


def _fill(fields: Fields, name: str, attribute: str, value: Any, terms: Terms) -> None:
    """The attribute for the field, where data has none. Two values for one thing: nobody can say which is meant."""
    if value is None:
        return
    if fields.get(name) is None:
        fields[name] = value
    elif not _equal(name, fields[name], value, terms):
        raise RejectedEvent(
            RejectReason.CLOUDEVENT_CONTRADICTION, f"attribute {attribute} and data's {name} say different things"
        )


def _equal(name: str, of_data: Any, of_attribute: Any, terms: Terms) -> bool:
    if name == "event_type" and isinstance(of_data, str):
        return bool(terms.canonical(of_data).upper() == terms.canonical(of_attribute).upper())
    if name == "timestamp":
        if not (_is_instant(of_data) and _is_instant(of_attribute)):
            return True  # which of the two is no time, the field's own rule says
        return epoch_ms(of_data) == epoch_ms(of_attribute)
    return bool(of_data == of_attribute)


def _is_instant(value: Any) -> bool:
    return isinstance(value, str) and _INSTANT.fullmatch(value) is not None


def _name_service(fields: Fields, source: Any) -> None:
    """A URI of a context is no field of ours: it stands in where the sender did not say who it is, and contradicts
    nothing. The event's authority is that of the topic or the bus, never this."""
    metadata = fields.get("metadata", {})
    if source is not None and isinstance(metadata, dict) and metadata.get("service_name") is None:
        fields["metadata"] = {**metadata, "service_name": source}

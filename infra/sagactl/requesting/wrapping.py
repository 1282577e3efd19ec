"""A request in the envelope that somebody's producer would put around it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final


class Envelope(StrEnum):
    """What is put on the bus."""

    JSON = "json"
    STRUCTURED = "cloudevent-structured"
    BINARY = "cloudevent-binary"


_ATTRIBUTE_OF: Final = {"event_id": "id", "event_type": "type", "timestamp": "time"}


def wrapped(event: Mapping[str, Any], envelope: Envelope, key_field: str = "execution_id") -> Mapping[str, Any]:
    """The same event: what attributes say, the data does not repeat. The subject is the saga."""
    if envelope is Envelope.JSON:
        return event
    named = {**_ATTRIBUTE_OF, key_field: "subject"}
    data = {name: value for name, value in event.items() if name not in named}
    attributes = {attribute: event[name] for name, attribute in named.items()}
    attributes |= {"specversion": "1.0", "source": "/sagactl", "datacontenttype": "application/json"}
    if envelope is Envelope.STRUCTURED:
        return {**attributes, "data": data}
    content_type = attributes.pop("datacontenttype")
    return {**data, **{f"ce_{name}": value for name, value in attributes.items()}, "content-type": content_type}

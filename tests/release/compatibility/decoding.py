"""A golden event as the function of its type would read it."""

from saga_orchestrator.domain.events import Event, EventType
from saga_orchestrator.entrypoints.decoding import decode_event
from tests.release.compatibility.deployment import SETTINGS, Json


def decoded(event: Json) -> Event:
    buckets = frozenset({SETTINGS["ALLOWED_SCRIPT_BUCKETS"]})
    return decode_event(event, EventType(event["event_type"].upper()), script_buckets=buckets)

"""EventBridge's PutEvents as a client object. The call succeeds even when entries fail: each has an answer."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from saga_testing.aws.errors import check_parameters, client_error

MAX_ENTRIES: Final = 10
MAX_REQUEST_BYTES: Final = 1024 * 1024
"""The entries of one request must together stay below this (API Reference, PutEvents)."""

_METADATA: Final = {"HTTPStatusCode": 200, "HTTPHeaders": {}, "RequestId": "simulated", "RetryAttempts": 0}
_REQUEST_PARAMETERS: Final = (frozenset({"Entries"}), frozenset({"Entries", "EndpointId"}))
_ENTRY_PARAMETERS: Final = (
    frozenset[str](),
    frozenset({"Time", "Source", "Resources", "DetailType", "Detail", "EventBusName", "TraceHeader"}),
)

EntryFate = Callable[[dict[str, Any]], str | None]
"""None accepts an entry; a code (`ThrottlingException`, `InternalFailure`) fails it, and only it."""


def entry_size(entry: Mapping[str, Any]) -> int:
    """User Guide, Calculating PutEvents event entry size: 14 bytes for a time, and the texts in UTF-8."""
    texts = [entry.get(name) or "" for name in ("Source", "DetailType", "Detail")]
    texts += entry.get("Resources") or []
    return (14 if entry.get("Time") is not None else 0) + sum(len(text.encode()) for text in texts)


class SimulatedEventBus:
    """`accepted` holds the entries that the bus has taken, in order, each with the `EventId` it was given."""

    def __init__(self, entry_fate: EntryFate = lambda _entry: None) -> None:
        self.accepted: list[dict[str, Any]] = []
        self.entry_fate = entry_fate

    def put_events(self, **request: Any) -> dict[str, Any]:
        check_parameters(request, *_REQUEST_PARAMETERS)
        entries = request["Entries"]
        for entry in entries:
            check_parameters(entry, *_ENTRY_PARAMETERS)
        if not 1 <= len(entries) <= MAX_ENTRIES:
            message = (
                "1 validation error detected: Value at 'entries' failed to satisfy constraint: "
                f"Member must have length less than or equal to {MAX_ENTRIES}"
            )
            raise client_error("PutEvents", "ValidationException", message)
        if sum(map(entry_size, entries)) >= MAX_REQUEST_BYTES:
            message = "Total size of the entries in the request is over the limit."
            raise client_error("PutEvents", "ValidationException", message)
        answers = [self._answer(entry) for entry in entries]
        failed = sum("ErrorCode" in answer for answer in answers)
        return {"FailedEntryCount": failed, "Entries": answers, "ResponseMetadata": _METADATA}

    def _answer(self, entry: dict[str, Any]) -> dict[str, str]:
        for name in ("Source", "DetailType", "Detail"):
            if not entry.get(name):
                message = f"Parameter {name} is not valid. Reason: {name} is a required argument."
                return {"ErrorCode": "InvalidArgument", "ErrorMessage": message}
        if entry["Source"].startswith("aws."):
            message = f"Not authorized for the source: {entry['Source']}"
            return {"ErrorCode": "NotAuthorizedForSourceException", "ErrorMessage": message}
        if not _is_json_object(entry["Detail"]):
            return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
        if code := self.entry_fate(entry):
            return {"ErrorCode": code, "ErrorMessage": "Internal Failure" if code == "InternalFailure" else code}
        event_id = f"00000000-0000-4000-8000-{len(self.accepted) + 1:012d}"
        self.accepted.append({**entry, "EventId": event_id})
        return {"EventId": event_id}


def _is_json_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False

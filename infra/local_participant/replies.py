"""From an answer to the COMMAND_REPLY that says it."""

import hashlib
from datetime import UTC, datetime

from local_participant.bookings import Answer
from local_participant.commands import ParticipantCommand
from stack_client import OutgoingEvent

_LONGEST_EVENT_ID = 128
_PRODUCER = {"service_name": "local-participant", "service_version": "1.0.0"}


def reply(command: ParticipantCommand, answer: Answer, suffix: str = "reply") -> OutgoingEvent:
    """The event's id follows from the message that it answers, so publishing it again is one event."""
    body = {
        "event_id": _event_id(command.message_id, suffix),
        "event_type": "COMMAND_REPLY",
        "event_version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "metadata": {**_PRODUCER, "correlation_id": command.correlation_id or command.execution_id},
        "in_reply_to": command.message_id,
        "outcome": str(answer.outcome),
        **({"reason": answer.reason} if answer.reason else {}),
        **({"data": answer.data} if answer.data else {}),
    }
    return OutgoingEvent(command.execution_id, "COMMAND_REPLY", body)


def _event_id(message_id: str, suffix: str) -> str:
    # The event-id charset has no '#', which separates a message's name from its occurrence.
    readable = f"{message_id.replace('#', '.')}:{suffix}"
    if len(readable) <= _LONGEST_EVENT_ID:
        return readable
    return f"{hashlib.sha256(message_id.encode()).hexdigest()}:{suffix}"

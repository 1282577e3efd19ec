"""Making a message from a saga: purely, from write-once fields, so the same message id always has the same bytes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from .asking import ask
from .definition import MessageSpec, SagaDefinition
from .errors import UnknownMessageKey
from .instants import rfc3339
from .saga import Saga, TimelineEntry
from .states import SagaState

MESSAGE_VERSION: Final = "1.0"
MAX_MESSAGE_BYTES: Final = 900_000
"""What every target takes, its own overhead included: the bus, and a Kafka broker as it comes."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is published: `type` is the detail type, `body` the flat JSON object."""

    id: str
    type: str
    execution_id: str
    body: Mapping[str, Any]
    wants_script: bool = False

    def encode(self) -> str:
        return json.dumps(self.body, separators=(",", ":"), ensure_ascii=False)


def render(saga: Saga, key: str, definition: SagaDefinition) -> Message:
    """The message that `key` names in the saga's timeline.

    Raises:
        UnknownMessageKey: this code does not know the kind, or the saga never emitted the key.
        CorruptSaga: the saga lacks what the message tells.
    """
    kind = key.partition("#")[0]
    spec = definition.messages.get(kind) or SAGA_MESSAGES.get(kind)
    place = next((place for place, entry in enumerate(saga.timeline) if key in entry.messages), None)
    if spec is None or place is None:
        msg = f"{saga.saga_id} names message {key!r}, which this code cannot render"
        raise UnknownMessageKey(msg)
    entry = saga.timeline[place]
    message_id = f"{saga.saga_id}:{key}"
    body = {
        "message_id": message_id,
        "message_type": spec.type,
        "message_version": MESSAGE_VERSION,
        "timestamp": rfc3339(entry.at),
        "saga_id": saga.saga_id,
        "saga_name": saga.saga_name,
        "execution_id": saga.execution_id,
        "correlation_id": saga.correlation_id,
        "causation_id": entry.event_id,
        **ask(f"the body of {spec.type}", _fields, spec, as_of(saga, place), entry),
    }
    return Message(
        message_id, spec.type, saga.execution_id, body, wants_script=saga.inline_script and spec.carries_script
    )


def encoded(message: Message) -> str:
    """The body as it is published.

    Raises:
        RejectedEvent: the definition put something into it that is no JSON, or no Unicode.
    """
    return ask(f"encoding {message.type}", _text_of, message)


def as_of(saga: Saga, place: int) -> Saga:
    """The saga as it was when the entry at `place` of its timeline was written, for functions that make messages.

    What later writes change is not in it, so that a message id always has the same bytes: it has no deadline, claim or
    version, and no end where that came later.
    """
    entry, known = saga.timeline[place], saga.timeline[: place + 1]
    view = replace(
        saga,
        timeline=known,
        outbox=entry.messages,
        version=0,
        claim=None,
        deadline=None,
        deadline_shard=None,
        expires=None,
        early=(),
    )
    if any(map(_ends, known)):
        return view
    return replace(
        view,
        state=SagaState.RUNNING,
        compensated_steps=(),
        reason=None,
        exit_code=None,
        error_type=None,
        ended_by=None,
        ended_at=None,
    )


def _ends(entry: TimelineEntry) -> bool:
    return any(key.startswith("saga_") and not key.startswith("saga_started#") for key in entry.messages)


def _fields(spec: MessageSpec, saga: Saga, entry: TimelineEntry) -> dict[str, Any]:
    return dict(spec.body(saga, entry))


def _text_of(message: Message) -> str:
    text = message.encode()
    text.encode()  # a lone surrogate passes as JSON, and no target takes it
    return text


def _started_body(saga: Saga, _entry: TimelineEntry) -> Mapping[str, Any]:
    # Nothing that later writes change: the body must be the same whenever it is rendered.
    return {
        "outcome": "started",
        "reason": None,
        "completed_steps": list(saga.completed_steps),
        "compensated_steps": [],
    }


def _ended_body(saga: Saga, _entry: TimelineEntry) -> Mapping[str, Any]:
    known = {"exit_code": saga.exit_code, "error_type": saga.error_type}
    return {
        "outcome": str(saga.state),
        "reason": saga.reason,
        "completed_steps": list(saga.completed_steps),
        "compensated_steps": list(saga.compensated_steps),
        **{name: value for name, value in known.items() if value is not None},
    }


SAGA_MESSAGES: Final[Mapping[str, MessageSpec]] = {
    "saga_started": MessageSpec("SAGA_STARTED", _started_body, is_command=False),
    "saga_completed": MessageSpec("SAGA_COMPLETED", _ended_body, is_command=False),
    "saga_failed": MessageSpec("SAGA_FAILED", _ended_body, is_command=False),
    "saga_timeout": MessageSpec("SAGA_TIMEOUT", _ended_body, is_command=False),
    "saga_cancelled": MessageSpec("SAGA_CANCELLED", _ended_body, is_command=False),
}
"""What every saga announces about itself, whatever its definition."""

"""Making a message from a saga: purely, from write-once fields, so the same message id always has the same bytes."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from saga_orchestrator.domain.defining.input_rules import input_explanation
from saga_orchestrator.domain.executions.request_rules import INVALID_REQUEST, explanation, named_fields
from saga_orchestrator.domain.flow.telling import address, seen_by, started_steps
from saga_orchestrator.domain.flow.terms import Announcement, Command, View

from .definition import MessageSpec, SagaDefinition
from .definition_calls import call
from .errors import UnknownMessageKey
from .instants import rfc3339
from .saga import Saga, TimelineEntry
from .states import SagaState
from .traceparent import unpacked

MESSAGE_VERSION: Final = "1.0"
MAX_MESSAGE_BYTES: Final = 900_000
"""What every target takes, its own overhead included: the bus, and a Kafka broker as it comes."""

_COMPACT: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is published: `type` is the detail type, `body` the flat JSON object."""

    id: str
    type: str
    execution_id: str
    body: Mapping[str, Any]
    wants_script: bool = False

    def encode(self) -> str:
        return _COMPACT.encode(self.body)


def is_of_every_saga(key: str) -> bool:
    """What a saga says about itself: made here, of fields whose length and letters are known, and never too large."""
    kind = key.partition("#")[0]
    return kind in SAGA_MESSAGES or kind in WAITING_MESSAGES


def render(saga: Saga, key: str, definition: SagaDefinition) -> Message:
    """The message that `key` names in the saga's timeline.

    Raises:
        UnknownMessageKey: this code does not know the kind, or the saga never emitted the key.
        CorruptSaga: the saga lacks what the message tells.
    """
    kind = key.partition("#")[0]
    spec = definition.messages.get(kind) or SAGA_MESSAGES.get(kind) or WAITING_MESSAGES.get(kind)
    place = next((place for place, entry in enumerate(saga.timeline) if key in entry.messages), None)
    if spec is None or place is None:
        msg = f"{saga.saga_id} names message {key!r}, which this code cannot render"
        raise UnknownMessageKey(msg)
    entry = saga.timeline[place]
    message_id = f"{saga.saga_id}:{key}"
    envelope = {
        "message_id": message_id,
        "message_type": spec.type,
        "message_version": MESSAGE_VERSION,
        "timestamp": rfc3339(entry.at),
        "saga_id": saga.saga_id,
        "saga_name": saga.saga_name,
        "execution_id": saga.execution_id,
        "correlation_id": saga.correlation_id,
        "causation_id": entry.event_id,
    }
    if saga.traceparent:
        envelope["traceparent"] = unpacked(saga.traceparent)
    # The envelope first on the wire, and last in authority: no body says who it is from, or what it answers.
    body = {**envelope, **_own_fields(saga, key, place, spec, definition), **envelope}
    carries_script = isinstance(spec, MessageSpec) and spec.carries_script
    return Message(message_id, spec.type, saga.execution_id, body, wants_script=saga.inline_script and carries_script)


def _own_fields(
    saga: Saga, key: str, place: int, spec: MessageSpec | Command | Announcement, definition: SagaDefinition
) -> Mapping[str, Any]:
    entry, what = saga.timeline[place], f"the body of {spec.type}"
    if not isinstance(spec, MessageSpec):
        told = call(what, _fields, spec.body, seen_by(saga, key, definition))
        where = address(saga, key, entry, definition)
        fields = {**where, **told, **where}
    elif definition.starts:
        fields = call(what, _fields, spec.body, _as_begun(saga, key, definition), entry)
    else:
        # Only an execution whose deletes are confirmed has a ledger, and has it from the write of its first delete on.
        where = address(saga, key, entry, definition.confirming()) if saga.ledger else {}
        fields = {**call(what, _fields, spec.body, as_of(saga, place), entry), **where}
    # A saga that is no execution's is known to its clients by their own name for it.
    named = {definition.starts.key: saga.execution_id} if definition.starts else {}
    return {**named, **fields, **named}


def _as_begun(saga: Saga, key: str, definition: SagaDefinition) -> Saga:
    """An execution's steps are all done in its first write; a waiting saga's are not."""
    began = key.startswith("saga_started#")
    return saga.having(completed_steps=started_steps(saga, definition)) if began else saga


def encoded(message: Message) -> str:
    """The body as it is published.

    Raises:
        RejectedEvent: the definition put something into it that is no JSON, or no Unicode.
    """
    return call(f"encoding {message.type}", _text_of, message)


def as_of(saga: Saga, place: int) -> Saga:
    """The saga as it was when the entry at `place` of its timeline was written, for functions that make messages.

    What later writes change is not in it, so that a message id always has the same bytes: it has no deadline, claim or
    version, and no end where that came later.
    """
    entry, known = saga.timeline[place], saga.timeline[: place + 1]
    return saga.having(
        timeline=known,
        outbox=entry.messages,
        version=0,
        claim=None,
        deadline=None,
        deadline_shard=None,
        expires=None,
        early=(),
        **({} if any(map(_ends, known)) else _NOT_ENDED),
    )


_NOT_ENDED: Final[Mapping[str, Any]] = {
    "state": SagaState.RUNNING,
    "compensated_steps": (),
    "reason": None,
    "exit_code": None,
    "error_type": None,
    "ended_by": None,
    "ended_at": None,
}


def _ends(entry: TimelineEntry) -> bool:
    return any(key.startswith("saga_") and not key.startswith("saga_started#") for key in entry.messages)


def _fields(body: Callable[..., Mapping[str, Any]], *seen: Saga | View | TimelineEntry) -> dict[str, Any]:
    return dict(body(*seen))


def _text_of(message: Message) -> str:
    text = message.encode()
    text.encode()  # a lone surrogate passes as JSON, and no target takes it
    return text


def sent_by(stack: str, message: Message) -> Message:
    """`message` with the stack that sends it. A table belongs to one stack for ever: its bytes stay the same too."""
    return replace(message, body={**message.body, "stack": stack}) if stack else message


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
        **_invalid_request(saga),
    }


def _compensating_body(saga: Saga, _entry: TimelineEntry) -> Mapping[str, Any]:
    # All of it is fixed in the write that says it.
    return {"outcome": str(saga.outcome), "reason": saga.reason, "step": saga.failed_step}


def _invalid_request(saga: Saga) -> Mapping[str, Any]:
    """For the one who asked: which fields, and what would have been right."""
    if saga.reason != INVALID_REQUEST:
        return {}
    return {
        "invalid_fields": named_fields(saga.faults),
        "explanation": (explanation if saga.input is None else input_explanation)(saga.faults),
    }


def _cancelled_body(saga: Saga, entry: TimelineEntry) -> Mapping[str, Any]:
    """Who: an operator has no name here but what the event gave. Why: the right by which it was honoured."""
    return {**_ended_body(saga, entry), "cancelled_by": saga.ended_by, "by_right_of": _right(saga)}


def _right(saga: Saga) -> str:
    if saga.ended_by is None:
        return "operator"
    return "owner" if saga.ended_by == saga.owner else "admin_or_operator"


SAGA_MESSAGES: Final[Mapping[str, MessageSpec]] = {
    "saga_started": MessageSpec("SAGA_STARTED", _started_body, is_command=False),
    "saga_completed": MessageSpec("SAGA_COMPLETED", _ended_body, is_command=False),
    "saga_failed": MessageSpec("SAGA_FAILED", _ended_body, is_command=False),
    "saga_timeout": MessageSpec("SAGA_TIMEOUT", _ended_body, is_command=False),
    "saga_cancelled": MessageSpec("SAGA_CANCELLED", _cancelled_body, is_command=False),
}
"""What every saga announces about itself, whatever its definition."""

WAITING_MESSAGES: Final[Mapping[str, MessageSpec]] = {
    "saga_compensating": MessageSpec("SAGA_COMPENSATING", _compensating_body, is_command=False),
}
"""What a saga announces about itself that rests while its undos are unconfirmed."""

"""From bytes to a domain event: every way an event can be malformed ends here, with a reason and without its values."""

import hashlib
import re
from typing import Any, Final

from pydantic import ValidationError

from saga_orchestrator.domain.errors import RejectedEvent, RejectReason, WrongEventType
from saga_orchestrator.domain.events import (
    Event,
    EventType,
    ExecutionCancelled,
    ExecutionCompleted,
    ExecutionFailed,
    ExecutionRequest,
    ExecutionRequested,
    ExecutionStarted,
    ExecutionTimedOut,
    Script,
)
from saga_orchestrator.domain.secret import Secret

from .schemas import (
    MODEL_OF,
    WireCancelled,
    WireCompleted,
    WireEvent,
    WireFailed,
    WireRequested,
    WireStarted,
)

_ERROR_TYPE: Final = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
_REQUEST_FIELDS: Final = (
    "language",
    "language_version",
    "runtime_image",
    "runtime_filename",
    "timeout_seconds",
    "cpu_limit",
    "memory_limit",
    "cpu_request",
    "memory_request",
    "priority",
)


class ForeignEventType(Exception):
    """Not one of our event types; on a shared topic that is nobody's fault."""


def decode_event(
    fields: dict[str, Any],
    expected: EventType,
    *,
    by_operator: bool = False,
    script_buckets: frozenset[str] = frozenset(),
) -> Event:
    """The domain event in `fields`.

    Raises:
        ForeignEventType: the type is not an `EXECUTION_*` type of ours.
        RejectedEvent: wrong type for this function, unknown version, or malformed.
    """
    received = fields.get("event_type")
    if isinstance(received, str) and received.upper() != expected:
        if received.upper() not in set(EventType):
            raise ForeignEventType
        raise WrongEventType(expected, received.upper())
    version = fields.get("event_version")
    if isinstance(version, str) and version != "1.0":
        raise RejectedEvent(RejectReason.UNKNOWN_VERSION, "only event_version 1.0 is understood")
    try:
        wire = MODEL_OF[expected].model_validate(fields)
    except ValidationError as invalid:
        raise RejectedEvent(RejectReason.MALFORMED, _explain(invalid)) from None
    return _to_domain(wire, by_operator=by_operator, script_buckets=script_buckets)


def _explain(invalid: ValidationError) -> str:
    """Field names and rules only: pydantic's own text would repeat the input."""
    errors = invalid.errors(include_input=False, include_url=False, include_context=False)
    places = [(".".join(str(part) for part in error["loc"][:3]) or "event", error["type"]) for error in errors[:5]]
    return "; ".join(f"{place}: {rule}" for place, rule in places)


def _to_domain(wire: WireEvent, *, by_operator: bool, script_buckets: frozenset[str]) -> Event:
    event_id, execution_id, correlation_id = wire.event_id, wire.execution_id, wire.metadata.correlation_id
    match wire:
        case WireRequested():
            return _requested(wire, script_buckets)
        case WireStarted():
            return ExecutionStarted(event_id=event_id, execution_id=execution_id, correlation_id=correlation_id)
        case WireCompleted(exit_code=code):
            return ExecutionCompleted(
                event_id=event_id, execution_id=execution_id, correlation_id=correlation_id, exit_code=code
            )
        case WireFailed(exit_code=code, error_type=error_type):
            return ExecutionFailed(
                event_id=event_id,
                execution_id=execution_id,
                correlation_id=correlation_id,
                exit_code=code,
                error_type=_safe_error_type(error_type),
            )
        case WireCancelled(cancelled_by=cancelled_by):
            return ExecutionCancelled(
                event_id=event_id,
                execution_id=execution_id,
                correlation_id=correlation_id,
                actor=cancelled_by or wire.metadata.user_id,
                by_operator=by_operator,
            )
        case _:
            return ExecutionTimedOut(event_id=event_id, execution_id=execution_id, correlation_id=correlation_id)


def _safe_error_type(error_type: str | None) -> str | None:
    """An identifier is kept; free text could hold the user's data and is replaced, never a reason to lose the event."""
    if error_type is None:
        return None
    return error_type if _ERROR_TYPE.fullmatch(error_type) else "unprintable"


def _requested(wire: WireRequested, script_buckets: frozenset[str]) -> ExecutionRequested:
    content: Secret | None = None
    if wire.script_ref is not None:
        if wire.script_ref.bucket not in script_buckets:
            raise RejectedEvent(
                RejectReason.SCRIPT_BUCKET_NOT_ALLOWED, "script_ref names a bucket that is not in AllowedScriptBuckets"
            )
        reference = wire.script_ref
        script = Script(reference.size, bytes.fromhex(reference.sha256), reference.bucket, reference.key)
    else:
        encoded = (wire.script or "").encode()
        script = Script(len(encoded), hashlib.sha256(encoded).digest())
        content = Secret(encoded)
    request = ExecutionRequest(
        **{name: getattr(wire, name) for name in _REQUEST_FIELDS},
        runtime_command=tuple(wire.runtime_command),
        script=script,
    )
    return ExecutionRequested(
        event_id=wire.event_id,
        execution_id=wire.execution_id,
        correlation_id=wire.metadata.correlation_id,
        requested_at=wire.timestamp_ms,
        owner=wire.metadata.user_id,
        request=request,
        request_hash=_content_hash(request, wire.metadata.user_id),
        script_content=content,
    )


def _content_hash(request: ExecutionRequest, owner: str | None) -> bytes:
    """Equal for equal work: what runs and for whom, but not when it was sent or under which event id."""
    digest = hashlib.sha256()
    values = [str(getattr(request, name)) for name in _REQUEST_FIELDS]
    values += [*request.runtime_command, str(request.script.size), request.script.sha256.hex(), owner or ""]
    for value in values:
        encoded = value.encode()
        digest.update(len(encoded).to_bytes(4, "big") + encoded)
    return digest.digest()

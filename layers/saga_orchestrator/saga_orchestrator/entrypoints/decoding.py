"""From bytes to a domain event: every way an event can be malformed ends here, with a reason and without its values."""

import hashlib
import json
import re
from collections.abc import Callable
from operator import attrgetter
from struct import Struct
from typing import Any, Final, cast

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
    InvalidRequest,
    Script,
)
from saga_orchestrator.domain.executions.request_rules import RULES, explanation
from saga_orchestrator.domain.secret import Secret
from saga_orchestrator.domain.traceparent import packed

from .faults import contradictions, faults_of, without
from .schemas import (
    MODEL_OF,
    Addressed,
    WireCancelled,
    WireCompleted,
    WireEvent,
    WireFailed,
    WireRequested,
    WireStarted,
    WireTimeout,
)

_ERROR_TYPE: Final = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
MAX_PLACE_LENGTH: Final = 63
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
_asked_of: Final = attrgetter(*_REQUEST_FIELDS)
_length: Final = Struct(">I").pack
_CONTENT: Final = tuple(name for name in RULES if name != "timestamp")


class ForeignEventType(Exception):
    """Not one of our event types; on a shared topic that is nobody's fault."""


def decode_event(
    fields: dict[str, Any],
    expected: EventType,
    *,
    by_operator: bool = False,
    script_buckets: frozenset[str] = frozenset(),
) -> Event:
    """The domain event in `fields`. Fields that decide nothing and break their rule are named in its `unusable`.

    Raises:
        ForeignEventType: the type is not an `EXECUTION_*` type of ours.
        RejectedEvent: wrong type for this function, another version, or nobody could be answered.
    """
    received = fields.get("event_type")
    if isinstance(received, str) and received.upper() != expected:
        if received.upper() not in set(EventType):
            raise ForeignEventType
        raise WrongEventType(expected, received.upper())
    if is_another_version(fields.get("event_version")):
        raise RejectedEvent(RejectReason.UNKNOWN_VERSION, "only event_version 1.0 is understood")
    unusable: tuple[str, ...] = ()
    try:
        wire = MODEL_OF[expected].model_validate(fields)
    except ValidationError as invalid:
        faults = faults_of(invalid, expected, by_operator=by_operator)
        if faults.refused:
            raise RejectedEvent(RejectReason.MALFORMED, explanation(faults.refused)) from None
        fields, unusable = without(fields, faults.unusable), faults.unusable
        if faults.answered:
            return _invalid(fields, (*contradictions(fields, faults.answered), *faults.answered), unusable)
        wire = MODEL_OF[expected].model_validate(fields)
    if expected is EventType.REQUESTED and (contradicting := contradictions(fields)):
        return _invalid(fields, contradicting, unusable)
    return _to_domain(wire, unusable, by_operator=by_operator, script_buckets=script_buckets)


def is_another_version(version: object) -> bool:
    """Absent or of a type that no version has is not known to be another one; a number is read as one."""
    if isinstance(version, str):
        return version != "1.0"
    return isinstance(version, int | float) and not isinstance(version, bool) and version != 1


def _invalid(fields: dict[str, Any], faults: tuple[str, ...], unusable: tuple[str, ...]) -> InvalidRequest:
    """A request that nobody can run, and that somebody waits for the answer to."""
    wire = Addressed.model_validate({name: value for name, value in fields.items() if name not in RULES})
    return InvalidRequest(
        event_id=wire.event_id,
        execution_id=wire.execution_id,
        correlation_id=wire.metadata.correlation_id or wire.execution_id,
        unusable=unusable,
        owner=wire.metadata.user_id,
        faults=faults,
        request_hash=_hash_as_sent(fields, wire.metadata.user_id),
        traceparent=packed(wire.metadata.traceparent) if wire.metadata.traceparent else b"",
    )


def _to_domain(
    wire: WireEvent, unusable: tuple[str, ...], *, by_operator: bool, script_buckets: frozenset[str]
) -> Event:
    shared: dict[str, Any] = {
        "event_id": wire.event_id,
        "execution_id": wire.execution_id,
        "correlation_id": wire.metadata.correlation_id or wire.execution_id,
        "unusable": unusable,
    }
    # By the class itself: pydantic's `isinstance` goes through Python for each class that it is not.
    kind: Any = wire.__class__
    if kind is WireRequested:
        return _requested(cast("WireRequested", wire), shared, script_buckets)
    if kind is WireCancelled:
        cancelled = cast("WireCancelled", wire)
        actor = cancelled.cancelled_by or wire.metadata.user_id
        return ExecutionCancelled(**shared, actor=actor, by_operator=by_operator)
    return _REPORTS[kind](wire, shared)


def _started(wire: WireStarted, shared: dict[str, Any]) -> ExecutionStarted:
    return ExecutionStarted(**shared, pod_name=_cut(wire.pod_name), node_name=_cut(wire.node_name))


def _completed(wire: WireCompleted, shared: dict[str, Any]) -> ExecutionCompleted:
    return ExecutionCompleted(**shared, exit_code=wire.exit_code)


def _failed(wire: WireFailed, shared: dict[str, Any]) -> ExecutionFailed:
    return ExecutionFailed(**shared, exit_code=wire.exit_code, error_type=_safe_error_type(wire.error_type))


def _timed_out(_wire: WireTimeout, shared: dict[str, Any]) -> ExecutionTimedOut:
    return ExecutionTimedOut(**shared)


_REPORTS: Final[dict[type[WireEvent], Callable[[Any, dict[str, Any]], Event]]] = {
    WireStarted: _started,
    WireCompleted: _completed,
    WireFailed: _failed,
    WireTimeout: _timed_out,
}
"""What a worker tells of a pod."""


def _cut(place: str | None) -> str | None:
    """Short enough for an item that stays within 1 KB, with the end of the name, in which pods of one set differ."""
    if place is None or len(place) <= MAX_PLACE_LENGTH:
        return place
    return f"{place[:24]}~{place[24 + 1 - MAX_PLACE_LENGTH :]}"


def _safe_error_type(error_type: str | None) -> str | None:
    """An identifier is kept; free text could hold the user's data and is replaced, never a reason to lose the event."""
    if error_type is None:
        return None
    return error_type if _ERROR_TYPE.fullmatch(error_type) else "unprintable"


def _requested(wire: WireRequested, shared: dict[str, Any], script_buckets: frozenset[str]) -> ExecutionRequested:
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
        **dict(zip(_REQUEST_FIELDS, _asked_of(wire), strict=True)),
        runtime_command=tuple(wire.runtime_command),
        script=script,
    )
    return ExecutionRequested(
        **shared,
        requested_at=wire.timestamp_ms,
        owner=wire.metadata.user_id,
        request=request,
        request_hash=_content_hash(request, wire.metadata.user_id),
        traceparent=packed(wire.metadata.traceparent) if wire.metadata.traceparent else b"",
        script_content=content,
    )


def _content_hash(request: ExecutionRequest, owner: str | None) -> bytes:
    """Equal for equal work: what runs and for whom, but not when it was sent or under which event id."""
    script = request.script
    values = (*_asked_of(request), *request.runtime_command, script.size, script.sha256.hex(), owner or "")
    # Each with its length in front, so that no two requests run together into the same bytes.
    parts = [_length(len(encoded := str(value).encode())) + encoded for value in values]
    return hashlib.sha256(b"".join(parts)).digest()


def _hash_as_sent(fields: dict[str, Any], owner: str | None) -> bytes:
    """Equal for the same invalid request delivered again, whatever its fields hold."""
    content: Any = {name: fields[name] for name in _CONTENT if name in fields}
    try:
        text = json.dumps(["invalid", owner, content], sort_keys=True)
    except RecursionError:
        text = json.dumps(["invalid", owner, sorted(content)])
    return hashlib.sha256(text.encode()).digest()

"""From the fields of an event of a saga's own, or of a reply, to a signal: only what decides is required."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from saga_orchestrator.domain.errors import RejectedEvent, RejectReason
from saga_orchestrator.domain.flow.signals import CancelAsked, CommandAnswered, SagaSignal, StepReported
from saga_orchestrator.domain.flow.terms import Answer
from saga_orchestrator.domain.registry import REPLY, Role, Route
from saga_orchestrator.domain.traceparent import PATTERN as TRACEPARENT
from saga_orchestrator.domain.traceparent import packed

from .start_decoding import decode_start

_EVENT_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CODE: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_ADDRESS: Final = re.compile(r"([a-z][a-z0-9_]{0,63}):([A-Za-z0-9_-]{1,64}):([a-z][a-z0-9_]{0,63}#[1-9][0-9]{0,3})")
_TRACEPARENT: Final = re.compile(TRACEPARENT)
_PERSON: Final = re.compile(r"[^\x00-\x20\x7f-\x9f]{1,256}")


def decode_saga_event(fields: dict[str, Any], route: Route, *, by_operator: bool) -> SagaSignal:
    """The signal in `fields`, an event that `route` leads to a saga.

    Raises:
        RejectedEvent: its identity cannot be read, or what starts a saga is not what its definition asks for.
    """
    key = _word(fields, key_field(route), _KEY)
    identity = _identity(fields, str(fields["event_type"]).upper(), key)
    actor = _person(fields)
    match route.role:
        case Role.CANCELS:
            return CancelAsked(**identity, actor=actor, by_operator=by_operator)
        case Role.REPORTS:
            return StepReported(**identity, actor=actor, by_operator=by_operator)
        case Role.STARTS:
            if route.definition.starts is None:
                msg = "a route that starts a saga leads to one that says what starts it"
                raise TypeError(msg)
            _check_owner(fields, route, actor)
            return replace(
                decode_start(fields, route.definition.starts, identity, actor), traceparent=_traceparent(fields)
            )


def key_of_event(fields: Mapping[str, Any], route: Route) -> str:
    """The saga's key as it was sent: what is about one saga keeps its order."""
    return str(fields[key_field(route)])


def key_of_reply(fields: Mapping[str, Any]) -> str:
    """As above: the key stands in the answered message's address."""
    return str(fields["in_reply_to"]).split(":")[1]


def key_field(route: Route) -> str:
    return route.definition.starts.key if route.definition.starts is not None else "execution_id"


def decode_reply(fields: dict[str, Any]) -> tuple[str, CommandAnswered]:
    """The name of the saga whose message is answered, and the answer.

    Raises:
        RejectedEvent: who is answered, or what is answered, cannot be read.
    """
    address = fields.get("in_reply_to")
    found = _ADDRESS.fullmatch(address) if isinstance(address, str) else None
    if found is None:
        raise RejectedEvent(RejectReason.MALFORMED, "in_reply_to: is no message_id of a command")
    outcome = fields.get("outcome")
    if not isinstance(outcome, str) or outcome not in set(Answer):
        raise RejectedEvent(RejectReason.MALFORMED, "outcome: is none of done, refused, failed")
    reason, data = fields.get("reason"), fields.get("data")
    saga_name, key, message = found.groups()
    return saga_name, CommandAnswered(
        **_identity(fields, REPLY, key),
        message=message,
        answer=Answer(outcome),
        reason=_code(reason),
        data=data if isinstance(data, dict) else {},
    )


def _identity(fields: dict[str, Any], event_type: str, key: str) -> dict[str, Any]:
    correlation = _metadata(fields).get("correlation_id")
    known = isinstance(correlation, str) and re.fullmatch(r"[\x21-\x7e]{1,128}", correlation)
    return {
        "event_id": _word(fields, "event_id", _EVENT_ID),
        "event_type": event_type,
        "key": key,
        "correlation_id": correlation if known else key,
    }


def _word(fields: dict[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise RejectedEvent(RejectReason.MALFORMED, f"{name}: is missing or has other characters than an id may have")
    return value


def _metadata(fields: dict[str, Any]) -> dict[str, Any]:
    metadata = fields.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def _person(fields: dict[str, Any]) -> str | None:
    """Who sent it; one that cannot be written down is nobody."""
    person = _metadata(fields).get("user_id")
    return person if isinstance(person, str) and _PERSON.fullmatch(person) and person.isprintable() else None


def _traceparent(fields: dict[str, Any]) -> bytes:
    """Nothing where it is none: it decides nothing."""
    told = _metadata(fields).get("traceparent")
    return packed(told) if isinstance(told, str) and _TRACEPARENT.fullmatch(told) else b""


def _check_owner(fields: dict[str, Any], route: Route, owner: str | None) -> None:
    """A saga may be nobody's, but where its owner is the one who may not decide it; a wrong name is nobody's name."""
    metadata = fields.get("metadata")
    unnamed = metadata is None or (isinstance(metadata, dict) and metadata.get("user_id") is None)
    if owner is None and (route.definition.needs_owner or not unnamed):
        raise RejectedEvent(RejectReason.MALFORMED, "metadata.user_id: is missing or no name of a person")


def _code(reason: Any) -> str | None:
    """A reason code is kept; free text could hold a user's data, and is never a reason to lose the answer."""
    if reason is None:
        return None
    return reason if isinstance(reason, str) and _CODE.fullmatch(reason) else "unprintable"

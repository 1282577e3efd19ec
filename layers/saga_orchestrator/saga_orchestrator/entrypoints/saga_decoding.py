"""From the fields of an event of a saga's own, or of a reply, to a signal: only what decides is required."""

import functools
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from saga_orchestrator.domain.errors import RejectedEvent, RejectReason
from saga_orchestrator.domain.flow.signals import CancelAsked, CommandAnswered, SagaOpened, SagaSignal, StepReported
from saga_orchestrator.domain.flow.terms import Answer, Start
from saga_orchestrator.domain.registry import REPLY, Role, Route

_EVENT_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CODE: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_ADDRESS: Final = re.compile(r"([a-z][a-z0-9_]{0,63}):([A-Za-z0-9_-]{1,64}):([a-z][a-z0-9_]{0,63}#[1-9][0-9]{0,3})")
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
            return _opened(fields, route, identity, actor)


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


def _code(reason: Any) -> str | None:
    """A reason code is kept; free text could hold a user's data, and is never a reason to lose the answer."""
    if reason is None:
        return None
    return reason if isinstance(reason, str) and _CODE.fullmatch(reason) else "unprintable"


def _opened(fields: dict[str, Any], route: Route, identity: dict[str, Any], owner: str | None) -> SagaOpened:
    if route.definition.starts is None:
        msg = "a route that starts a saga leads to one that says what starts it"
        raise TypeError(msg)
    canonical = _content(fields, route.definition.starts)
    return SagaOpened(
        **identity,
        requested_at=_moment(fields),
        owner=owner,
        input=canonical,
        request_hash=_hash_of(canonical, owner),
    )


def _hash_of(canonical: str, owner: str | None) -> bytes:
    """Equal for equal content: JSON knows one kind of number, and a sender's library may write 100 as 1e2 next time."""
    alike = json.dumps(_alike(json.loads(canonical)), separators=(",", ":"))
    return hashlib.sha256(f"{owner or ''}\0{alike}".encode()).digest()


def _alike(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _alike(each) for name, each in value.items()}
    if isinstance(value, list):
        return [*map(_alike, value)]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _content(fields: dict[str, Any], start: Start) -> str:
    """What the definition's model makes of the event, in one form for whatever means the same.

    Raises:
        RejectedEvent: it breaks a rule of the model's, or the model raised.
    """
    known = {name: value for name, value in fields.items() if _is_json({name: value})}
    try:
        model = _model(start)
        content = model.validate_json(json.dumps(known), strict=True)
        plain, canonical = model.dump_python(content), model.dump_json(content).decode()
    except ValidationError as invalid:
        raise RejectedEvent(RejectReason.MALFORMED, _explained(invalid, {*fields} - {*known})) from None
    except (Exception, SystemExit) as bug:  # noqa: BLE001 - whatever a user's model raises is this event's alone
        detail = f"the input model of {start.event_type} raised {type(bug).__name__}"
        raise RejectedEvent(RejectReason.DEFINITION_RAISED, detail) from None
    if not isinstance(plain, dict):
        raise RejectedEvent(RejectReason.DEFINITION_RAISED, f"the input model of {start.event_type} has no fields")
    return canonical


def _is_json(value: Any) -> bool:
    """Not beyond all numbers, and Unicode: what is neither cannot be told to anybody, and an undeclared field with it
    is ignored as any other."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return False
    return True


@functools.cache
def _model(start: Start) -> TypeAdapter[Any]:
    """Built on first use: only the function that takes the event pays for it."""
    return TypeAdapter(start.input)


def _explained(invalid: ValidationError, unreadable: set[str]) -> str:
    """Fields and rules, never values. The members of a union are pydantic's places, and no fields of the sender's."""
    told: dict[str, str] = {}
    for error in invalid.errors(include_input=False, include_url=False, include_context=False)[:5]:
        parts = [str(part) for part in error["loc"][:3] if part not in {"int", "float", "str", "bool"}]
        place = ".".join(parts) or "event"
        told.setdefault(place, "no_json" if place in unreadable else error["type"])
    return "; ".join(f"{place}: {rule}" for place, rule in told.items())


def _moment(fields: dict[str, Any]) -> int:
    text = fields.get("timestamp")
    try:
        moment = datetime.fromisoformat(text.upper()) if isinstance(text, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise RejectedEvent(RejectReason.MALFORMED, "timestamp: is no RFC 3339 time with an offset")
    return int(moment.timestamp() * 1000)

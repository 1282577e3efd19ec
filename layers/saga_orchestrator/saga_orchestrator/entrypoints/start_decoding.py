"""The content of an event that starts a saga of its own: as its definition's model says, or what is wrong with it."""

import functools
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from saga_orchestrator.domain.errors import RejectedEvent, RejectReason
from saga_orchestrator.domain.flow.signals import SagaOpened
from saga_orchestrator.domain.flow.terms import Start

from .field_rules import TIMESTAMP, epoch_ms

_TIMESTAMP: Final = re.compile(TIMESTAMP)
_PLACE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,31}|[0-9]{1,6}")
_CODE: Final = re.compile(r"[a-z_]{1,48}")
_BOUNDS: Final = ("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length")
_MEMBERS: Final = frozenset({"int", "float", "str", "bool"})
"""Where pydantic says which member of a union it tried: no field of the sender's."""
_DEEPEST: Final = 3


def decode_start(fields: dict[str, Any], start: Start, identity: dict[str, Any], owner: str | None) -> SagaOpened:
    """The start in `fields`; with `faults`, and nothing of its content, where it cannot be carried out.

    Raises:
        RejectedEvent: the definition's model raised.
    """
    sent = {name: _alike(value) for name, value in fields.items() if _is_json({name: value})}
    moment = sent.get("timestamp")
    requested_at = epoch_ms(moment) if isinstance(moment, str) and _TIMESTAMP.fullmatch(moment) else None
    canonical, faults = _content(sent, start, unreadable={*fields} - {*sent})
    if requested_at is None:
        faults = ("timestamp:rfc3339", *faults)
    content = "{}" if faults or canonical is None else canonical
    return SagaOpened(
        **identity,
        requested_at=requested_at or 0,
        owner=owner,
        input=content,
        request_hash=_hash_of(_asked(sent) if faults else content, owner),
        faults=faults,
    )


def _asked(sent: dict[str, Any]) -> str:
    """What was asked for, as it was sent: a second delivery is the same, whatever envelope it comes in."""
    envelope = {"event_id", "event_type", "event_version", "timestamp", "metadata"}
    return json.dumps({name: value for name, value in sent.items() if name not in envelope}, sort_keys=True)


def _hash_of(content: str, owner: str | None) -> bytes:
    """Equal for equal content: JSON knows one kind of number, and a sender's library may write 100 as 1e2 next time."""
    alike = json.dumps(_alike(json.loads(content)), separators=(",", ":"))
    return hashlib.sha256(f"{owner or ''}\0{alike}".encode()).digest()


def _alike(value: Any) -> Any:
    """JSON Schema's integer: `60.0` and `6e1` are whole numbers as `60` is, at any depth."""
    if isinstance(value, dict):
        return {name: _alike(each) for name, each in value.items()}
    if isinstance(value, list):
        return [*map(_alike, value)]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _content(sent: dict[str, Any], start: Start, *, unreadable: set[str]) -> tuple[str | None, tuple[str, ...]]:
    """What the definition's model makes of the event, in one form for whatever means the same; or its faults."""
    try:
        model = _model(start)
        content = model.validate_json(json.dumps(sent), strict=True)
        plain, canonical = model.dump_python(content), model.dump_json(content).decode()
    except ValidationError as invalid:
        found = tuple(dict.fromkeys(_faults(invalid, unreadable)))
        # A list whose elements are wrong is told of as too short as well: the elements say it better.
        return None, tuple(fault for fault in found if not _is_said_deeper(fault.partition(":")[0], found))
    except (Exception, SystemExit) as bug:  # noqa: BLE001 - whatever a user's model raises is this event's alone
        detail = f"the input model of {start.event_type} raised {type(bug).__name__}"
        raise RejectedEvent(RejectReason.DEFINITION_RAISED, detail) from None
    if not isinstance(plain, dict):
        raise RejectedEvent(RejectReason.DEFINITION_RAISED, f"the input model of {start.event_type} has no fields")
    return canonical, ()


def _is_said_deeper(place: str, faults: tuple[str, ...]) -> bool:
    return any(fault.startswith(f"{place}.") for fault in faults)


def _is_json(value: Any) -> bool:
    """Unicode, not beyond all numbers, and no deeper than the model's own reader goes. What is not cannot be told to
    anybody, and an undeclared field with it is ignored as any other."""
    try:
        from_json(json.dumps(value, ensure_ascii=False, allow_nan=False).encode())
    except (ValueError, RecursionError):
        return False
    return True


@functools.cache
def _model(start: Start) -> TypeAdapter[Any]:
    """Built on first use: only the function that takes the event pays for it."""
    return TypeAdapter(start.input)


def _faults(invalid: ValidationError, unreadable: set[str]) -> Iterator[str]:
    """Fields and rules, never values: the bound is the model's own word."""
    for error in invalid.errors(include_input=False, include_url=False):
        place = _place(error["loc"])
        code = "no_json" if place in unreadable else _code(error["type"], error.get("ctx", {}))
        yield f"{place}:{code}" if code else place


def _place(location: tuple[int | str, ...]) -> str:
    """As far as it is made of names and numbers; what lies deeper could be the sender's own words."""
    parts: list[str] = []
    for part in (str(each) for each in location if each not in _MEMBERS):
        if len(parts) == _DEEPEST or not _PLACE.fullmatch(part):
            break
        parts.append(part)
    return ".".join(parts) or "content"


def _code(rule: str, context: dict[str, Any]) -> str:
    if not _CODE.fullmatch(rule):
        return ""
    bound = next((context[name] for name in _BOUNDS if isinstance(context.get(name), int | float)), None)
    return rule if bound is None else f"{rule}={bound}"

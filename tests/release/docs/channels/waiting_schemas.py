"""JSON Schemas of what waiting sagas take and send, made from their definitions.

A message's own fields are made by a function of the definition. It is asked once, with a view whose values are the
schemas of what a saga keeps: what it puts into the body unchanged is described, and what it works out may be anything.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, get_type_hints

from annotated_types import Ge, Gt, Le, Lt
from pydantic import TypeAdapter

from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.flow.terms import Announcement, Answer, Command, Kept, View, Who
from saga_orchestrator.domain.registry import Role, Route, SagaRegistry
from saga_orchestrator.domain.render import SAGA_MESSAGES, WAITING_MESSAGES
from saga_orchestrator.domain.traceparent import PATTERN
from saga_orchestrator.entrypoints.field_rules import TIMESTAMP

Schema = dict[str, Any]

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
TEXT: Final[Schema] = {"type": "string"}
TEXTS: Final[Schema] = {"type": "array", "items": TEXT}
_KEY: Final[Schema] = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}
_EVENT_ID: Final[Schema] = {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{1,128}$"}
_PLAIN: Final = {str: "string", int: "integer", float: "number", bool: "boolean"}
_BOUNDS: Final[dict[type, tuple[str, str]]] = {
    Gt: ("exclusiveMinimum", "gt"),
    Ge: ("minimum", "ge"),
    Lt: ("exclusiveMaximum", "lt"),
    Le: ("maximum", "le"),
}
_ENDS: Final = ("completed", "failed", "timeout", "cancelled")


class Described(dict[str, Any]):
    """The schema of a kept value, standing where the value will: nothing can be worked out of it."""


class _Described(Mapping[str, Any]):
    """A mapping of such, which answers for every name that the definition declares."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields

    def __getitem__(self, name: str) -> Any:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)


def _object(title: str, properties: Mapping[str, Any], required: list[str], definitions: Any = None) -> Schema:
    schema = {"$schema": DRAFT, "title": title, "type": "object", "properties": dict(properties), "required": required}
    return schema | ({"$defs": definitions} if definitions and '"$ref"' in json.dumps(properties) else {})


def _input(definition: SagaDefinition) -> Schema:
    if definition.starts is None:
        return {}
    schema = TypeAdapter(definition.starts.input).json_schema()
    for name, hint in get_type_hints(definition.starts.input, include_extras=True).items():
        for bound in getattr(hint, "__metadata__", ()):  # which pydantic checks, and leaves out where types are a union
            for kind, (keyword, attribute) in _BOUNDS.items():
                if isinstance(bound, kind):
                    schema["properties"][name].setdefault(keyword, getattr(bound, attribute))
    return schema


def _kept(kept: Kept) -> Schema:
    return {"type": _PLAIN[kept.type], **({"maxLength": kept.most} if kept.type is str else {})}


def _view(definition: SagaDefinition) -> View:
    data = {step.key: _Described({n: Described(_kept(k)) for n, k in step.keeps.items()}) for step in definition.steps}
    return View(
        key="key",
        owner=None,
        input=_Described({n: Described(each) for n, each in _input(definition).get("properties", {}).items()}),
        settings=definition.settings,
        data=_Described(data),
    )


def _own_fields(definition: SagaDefinition, spec: Command | Announcement) -> dict[str, Schema]:
    try:
        body = spec.body(_view(definition))
    except (TypeError, ValueError, KeyError, AttributeError):
        return {}  # it works with the values: its fields may be anything, and the schema leaves them open
    return {name: dict(value) if isinstance(value, Described) else {} for name, value in body.items()}


def _envelope(definition: SagaDefinition, message_type: str) -> dict[str, Schema]:
    key = {definition.starts.key: _KEY} if definition.starts else {}
    return {
        "message_id": {**TEXT, "description": "The same message has the same id and the same bytes every time."},
        "message_type": {"const": message_type},
        "message_version": {"const": "1.0"},
        "timestamp": {**TEXT, "pattern": TIMESTAMP, "description": "When the saga decided, RFC 3339 in UTC."},
        "saga_id": TEXT,
        "saga_name": {"const": definition.name},
        "execution_id": {**_KEY, "description": "The saga's key, under the name that every message has it by."},
        "correlation_id": TEXT,
        "causation_id": {**TEXT, "description": "The `event_id` that caused it, or `deadline:<epoch ms>`."},
        **key,
    }


_STACK: Final[dict[str, Schema]] = {
    "traceparent": {**TEXT, "pattern": PATTERN, "description": "Of what began the saga, as it came, where it had one."},
    "stack": {**TEXT, "description": "Which stack sent it, where its relay says so."},
}
"""What is not in every message."""


def _address(*, is_undo: bool) -> dict[str, Schema]:
    fields: dict[str, Schema] = {
        "operation_id": {**TEXT, "description": "Saga and step: the same for every attempt, and for the undo."},
        "attempt": {"type": "integer", "minimum": 1},
        "expires_at": {**TEXT, "pattern": TIMESTAMP, "description": "This attempt must not be begun afterwards."},
    }
    attempts = {**TEXTS, "description": "The `message_id` of every attempt that was made."}
    return fields | ({"undoes": attempts} if is_undo else {})


def _message(definition: SagaDefinition, kind: str, spec: Command | Announcement) -> Schema:
    asked = {step.sends for step in definition.steps}
    undone = {step.undo.sends for step in definition.steps if step.undo}
    address = _address(is_undo=kind in undone) if kind in asked | undone else {}
    always = {**_envelope(definition, spec.type), **address, **_own_fields(definition, spec)}
    return _object(spec.type, {**always, **_STACK}, list(always), _input(definition).get("$defs"))


def _saga_message(definition: SagaDefinition, message_type: str) -> Schema:
    outcome = message_type.removeprefix("SAGA_").lower()
    own: dict[str, Schema]
    if outcome == "compensating":
        ways = [state for state in _ENDS if state != "completed"]
        own = {"outcome": {"enum": ways}, "reason": TEXT, "step": {"type": ["string", "null"]}}
    else:
        steps = {"enum": [step.key for step in definition.steps]}
        reason: Schema = {"type": "null"} if outcome == "started" else TEXT
        took = {"type": "array", "items": steps}
        own = {"outcome": {"const": outcome}, "reason": reason, "completed_steps": took, "compensated_steps": took}
    always = {**_envelope(definition, message_type), **own}
    right: dict[str, Schema] = (
        {
            "cancelled_by": {"type": ["string", "null"]},
            "by_right_of": {"enum": ["owner", "admin_or_operator", "operator"]},
        }
        if outcome == "cancelled"
        else {}
    )
    return _object(message_type, {**always, **right, **_STACK}, list(always))


def outbound(definition: SagaDefinition) -> dict[str, Schema]:
    """Message type to schema, in the order in which the definition names them; the saga's own come last."""
    own = {
        spec.type: _message(definition, kind, spec)
        for kind, spec in definition.messages.items()
        if isinstance(spec, Command | Announcement)
    }
    types = [spec.type for spec in (*SAGA_MESSAGES.values(), *WAITING_MESSAGES.values())]
    return own | {each: _saga_message(definition, each) for each in types}


def _event_type(event_type: str) -> Schema:
    letters = "".join(f"[{c}{c.lower()}]" if c.isalpha() else c for c in event_type)
    return {**TEXT, "pattern": f"^{letters}$", "description": f"`{event_type}`, compared without case."}


def _metadata(description: str) -> Schema:
    return {
        "type": "object",
        "properties": {"user_id": {**TEXT, "minLength": 1, "maxLength": 256}, "correlation_id": TEXT},
        "description": description,
    }


def _inbound_event(event_type: str, route: Route) -> Schema:
    starts = route.definition.starts
    properties: dict[str, Schema] = {
        "event_id": _EVENT_ID,
        "event_type": _event_type(event_type),
        "event_version": {"const": "1.0"},
        "timestamp": {**TEXT, "pattern": TIMESTAMP, "description": "RFC 3339 with an offset."},
        "metadata": _metadata("`user_id` says who sends it."),
        starts.key if starts else "execution_id": _KEY,
    }
    required = ["event_id", "event_type", starts.key if starts else "execution_id"]
    if route.role is not Role.STARTS:
        reason = {"reason": {**TEXT, "description": "For people; nobody decides by it."}}
        return _object(event_type, properties | reason, required)
    content = _input(route.definition)
    if route.definition.needs_owner:
        properties["metadata"] = properties["metadata"] | {"required": ["user_id"]}
        required.append("metadata")
    needed = [*required, "timestamp", *content.get("required", [])]
    return _object(event_type, properties | content["properties"], needed, content.get("$defs"))


def inbound(registry: SagaRegistry) -> dict[str, tuple[SagaDefinition, Schema]]:
    """Event type to its saga and its schema."""
    return {name: (route.definition, _inbound_event(name, route)) for name, route in registry.routes.items()}


def reply_schema() -> Schema:
    """COMMAND_REPLY, to whichever saga's command."""
    properties: dict[str, Schema] = {
        "event_id": _EVENT_ID,
        "event_type": _event_type("COMMAND_REPLY"),
        "event_version": {"const": "1.0"},
        "timestamp": {**TEXT, "pattern": TIMESTAMP},
        "metadata": _metadata("`correlation_id` is kept."),
        "in_reply_to": {
            **TEXT,
            "pattern": "^[a-z][a-z0-9_]{0,63}:[A-Za-z0-9_-]{1,64}:[a-z][a-z0-9_]{0,63}#[1-9][0-9]{0,3}$",
            "description": "The `message_id` of the command.",
        },
        "outcome": {"enum": [str(answer) for answer in Answer]},
        "reason": {
            "type": ["string", "null"],
            "description": "A code of at most 64 letters, digits and `_ . : -`; else `unprintable` is kept.",
        },
        "data": {"type": ["object", "null"], "description": "What the saga's definition keeps; the rest is not read."},
    }
    return _object("COMMAND_REPLY", properties, ["event_id", "event_type", "in_reply_to", "outcome"])


def may_send(definition: SagaDefinition, event_type: str) -> str:
    """Who may send an event, in words."""
    outcomes = [each for step in definition.steps for each in step.awaits if each.event_type == event_type]
    if outcomes:
        return " or ".join(sorted(str(who) for who in outcomes[0].by))
    return "its owner, an admin or an operator" if event_type == definition.cancels else str(Who.ANYONE)

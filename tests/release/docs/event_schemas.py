"""JSON Schemas of what comes in and what sagas announce: made from the models, sharpened where a schema can say more.

An event that its schema takes is applied as it is. What a schema finds fault with is refused, answered or left out by
the decoder, and the descriptions say what no schema can: that arguments are at most 16 KiB together, that a request is
not above its limit, that memory is a byte at least.
"""

import json
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from saga_orchestrator.domain.decide import LIMIT_REACHED
from saga_orchestrator.domain.events import EventType
from saga_orchestrator.domain.executions.beginnings import LANGUAGE_CLOSED
from saga_orchestrator.domain.executions.request_rules import INVALID_REQUEST, RULES
from saga_orchestrator.domain.traceparent import PATTERN
from saga_orchestrator.entrypoints.schemas import MAX_COMMAND_BYTES, MODEL_OF
from sagas.execution import Refusal

_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_NO_DOTS: Final = {"not": {"type": "string", "pattern": r"\.\."}, "description": "No two dots in a row."}
"""Of a text: a pattern alone holds for null, and so would refuse it."""
_SAID_IN_WORDS: Final = ("runtime_image", "cpu_limit", "memory_limit", "cpu_request", "memory_request")
_SHARPER: Final[dict[str, dict[str, Any]]] = {
    "traceparent": {"description": "W3C Trace Context. Of what begins a saga it is kept and passed on."},
    "user_id": _NO_DOTS,
    "cancelled_by": _NO_DOTS,
    "timestamp": {"description": "RFC 3339 with an offset; a request needs it, and it decides nothing elsewhere."},
    "metadata": {"description": "A request needs it: it says who the owner is."},
    "exit_code": {"description": "Signed or unsigned 32 bits; `3.0` is 3, as JSON Schema says."},
    "pod_name": {"description": "Kept and shown; of a longer one the first 24 and the last 38 characters."},
    "node_name": {"description": "Kept and shown; of a longer one the first 24 and the last 38 characters."},
    "resource_usage": {"description": "Nobody looks inside."},
    "event_version": {"description": "Another version is rejected as `unknown_event_version`."},
    "execution_id": {"description": "Names the execution; upper and lower case differ."},
    "event_id": {"description": "Deduplicates within one event type of one execution."},
    "runtime_command": {
        "items": {"type": "string", "maxLength": MAX_COMMAND_BYTES, "not": {"pattern": "\\u0000"}},
        "description": f"At most {MAX_COMMAND_BYTES} bytes together, no NUL; never passed to a shell.",
    },
}
_REQUEST: Final[dict[str, dict[str, Any]]] = {
    field: {"description": f"{rule[0].upper()}{rule[1:]}."} for field, rule in RULES.items() if field in _SAID_IN_WORDS
}
_ONE_SCRIPT: Final = {
    "oneOf": [
        {"required": [name], "properties": {name: {"type": kind}}}
        for name, kind in (("script", "string"), ("script_ref", "object"))
    ]
}
REASONS: Final[dict[str, tuple[str, ...]]] = {
    "completed": ("execution_completed",),
    "failed": ("execution_failed", LIMIT_REACHED, LANGUAGE_CLOSED, INVALID_REQUEST, *map(str, Refusal)),
    "timeout": ("execution_timeout", "start_deadline_passed", "run_deadline_passed"),
    "cancelled": ("cancelled",),
}
"""The reason codes of each way to end."""


class SagaMessage(BaseModel):
    """What every `SAGA_*` message carries, flat."""

    model_config = ConfigDict(extra="forbid", strict=True)

    message_id: Annotated[str, Field(description="The same message has the same id and the same bytes every time.")]
    message_type: str
    message_version: Literal["1.0"]
    timestamp: Annotated[str, Field(description="When the saga decided, RFC 3339 in UTC.")]
    saga_id: str
    saga_name: str
    execution_id: str
    correlation_id: Annotated[str, Field(description="The request's `metadata.correlation_id`.")]
    causation_id: Annotated[str, Field(description="The `event_id` that caused it, or `deadline:<epoch ms>`.")]
    outcome: str
    reason: str | None
    completed_steps: list[str]
    compensated_steps: Annotated[list[str], Field(description="Steps taken back, last first.")]
    traceparent: Annotated[
        str, Field(default="", pattern=PATTERN, description="The request's, as it came; absent where it had none.")
    ]
    stack: Annotated[str, Field(default="", description="Which stack sent it; releases before did not say.")]


class EndMessage(SagaMessage):
    exit_code: int | None = None
    error_type: Annotated[str, Field(description="An identifier; free text is replaced by `unprintable`.")] | None = (
        None
    )


class FailedMessage(EndMessage):
    invalid_fields: Annotated[
        list[str], Field(default=[], description="With `invalid_request`: the fields that break a rule, at most 7.")
    ]
    explanation: Annotated[
        str, Field(default="", description="With `invalid_request`: what is wrong and what would be right, in words.")
    ]


class CancelledMessage(EndMessage):
    cancelled_by: Annotated[str | None, Field(description="The actor whom the cancel names, if any.")] = None
    by_right_of: Annotated[
        Literal["owner", "admin_or_operator", "operator"], Field(description="Why it was honoured.")
    ] = "operator"


_MESSAGES: Final[dict[str, type[SagaMessage]]] = {
    "started": SagaMessage,
    "failed": FailedMessage,
    "cancelled": CancelledMessage,
}


def event_schema(event_type: EventType) -> dict[str, Any]:
    """What `decode_event` accepts for this type, as far as JSON Schema can say it."""
    schema = {"$schema": _DRAFT, **MODEL_OF[event_type].model_json_schema()}
    schema.pop("description", None)
    schema["title"] = event_type.value
    for part in (schema, *schema.get("$defs", {}).values()):
        for name, more in (*_SHARPER.items(), *_REQUEST.items()):
            if name in part["properties"]:
                part["properties"][name] |= more
        for name, field in part["properties"].items():
            if name != "priority":
                field.pop("default", None)  # what the decoder puts there, and nobody sees
    letters = "".join(c if c == "_" else f"[{c}{c.lower()}]" for c in event_type.value)
    schema["properties"]["event_type"] = {
        "type": "string",
        "pattern": f"^{letters}$",
        "description": f"`{event_type.value}`, compared without case.",
    }
    return schema | (_ONE_SCRIPT if event_type is EventType.REQUESTED else {})


def saga_schema(outcome: str) -> dict[str, Any]:
    """`outcome` is `started` or one of the ways to end."""
    started = outcome == "started"
    model = _MESSAGES.get(outcome, EndMessage)
    schema = {"$schema": _DRAFT, **model.model_json_schema(), "title": f"SAGA_{outcome.upper()}"}
    schema.pop("description", None)
    schema["properties"] |= {
        "message_type": {"const": f"SAGA_{outcome.upper()}"},
        "outcome": {"const": outcome},
        "reason": {"type": "null"} if started else {"enum": list(REASONS[outcome])},
    }
    for field in schema["properties"].values():
        field.pop("default", None)
    return schema


def schemas() -> dict[str, dict[str, Any]]:
    """File name to schema."""
    events = {f"{event_type.value.lower()}.schema.json": event_schema(event_type) for event_type in EventType}
    sagas = {f"saga_{outcome}.schema.json": saga_schema(outcome) for outcome in ("started", *REASONS)}
    return events | sagas


def schema_texts() -> dict[str, str]:
    return {name: json.dumps(schema, indent=2) + "\n" for name, schema in schemas().items()}

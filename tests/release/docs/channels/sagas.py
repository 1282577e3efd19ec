"""Which sagas the documents are about, and what each of them takes and sends, with schemas and examples."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.domain.render import SAGA_MESSAGES
from sagas import SAGAS
from sagas.execution import EXECUTION_SAGA
from sagas.order import ORDER
from tests.release.docs.event_prose import SENDER

from .plays import Fields, execution_events, execution_messages, waiting_plays
from .waiting_schemas import inbound, may_send, outbound, reply_schema

REGISTRY: Final = SagaRegistry((*SAGAS, *(each for each in (ORDER,) if SAGAS.named(each.name) is None)))
"""The registered ones, and the order saga, which shows what a waiting saga says."""
REPLY: Final = "COMMAND_REPLY"


@dataclass(frozen=True)
class Described:
    """One kind of message. `id` tells apart what two sagas call alike; `file` is its schema's place in docs/schemas."""

    id: str
    type: str
    saga: str | None
    """None: of any saga that waits."""
    file: str
    summary: str
    key: str
    """What a Kafka record's key is."""
    answered: bool = False
    schema: Fields = field(default_factory=dict)
    """Empty where another generator writes it."""
    examples: tuple[Fields, ...] = ()


def received() -> Iterator[Described]:
    """What the orchestrator takes."""
    for event_type, sample in execution_events().items():
        file, sent_by = f"{event_type.lower()}.schema.json", f"Sent by {SENDER[event_type]}."
        yield Described(
            event_type, event_type, EXECUTION_SAGA.name, file, sent_by, "`execution_id`", examples=(sample,)
        )
    said = [
        fields for definition in REGISTRY if definition.starts for p in waiting_plays(definition) for fields in p.said
    ]
    for name, (definition, schema) in inbound(REGISTRY).items():
        summary = f"May be sent by {may_send(definition, name)}."
        file = f"{definition.name}/{name.lower()}.schema.json"
        key = f"`{definition.starts.key}`" if definition.starts else "`execution_id`"
        found = _first(said, "event_type", name)
        yield Described(name, name, definition.name, file, summary, key, False, schema, found)
    summary = "A participant's answer to a command of a waiting saga. The record's key is the saga's key."
    replies = [fields for fields in said if fields["event_type"] == REPLY]
    examples = tuple(each for word in ("done", "refused") for each in _first(replies, "outcome", word))
    yield Described(
        REPLY,
        REPLY,
        None,
        "command_reply.schema.json",
        summary,
        "the saga's key, the middle part of `in_reply_to`",
        False,
        reply_schema(),
        examples,
    )


def sent() -> Iterator[Described]:
    """What the orchestrator publishes."""
    bodies = [dict(message.body) for message in execution_messages(EXECUTION_SAGA)]
    asking = _confirmed(EXECUTION_SAGA)
    types = (*(spec.type for spec in EXECUTION_SAGA.messages.values()), *(spec.type for spec in SAGA_MESSAGES.values()))
    for each in types:
        file, summary = f"{each.lower()}.schema.json", _summary(each, "an execution")
        if each in asking:
            summary += f" One that carries `operation_id` asks to be answered with `{REPLY}` (`ConfirmDeletes`)."
        examples = _first(bodies, "message_type", each)
        yield Described(
            each, each, EXECUTION_SAGA.name, file, summary, "`execution_id`", answered=each in asking, examples=examples
        )
    for definition in REGISTRY:
        if definition.starts is None:
            continue
        played = [dict(message.body) for play in waiting_plays(definition) for message in play.messages()]
        for each, schema in outbound(definition).items():
            file, summary = f"{definition.name}/{each.lower()}.schema.json", _summary(each, definition.name)
            answered, examples = "operation_id" in schema["properties"], _first(played, "message_type", each)
            identity = f"{definition.name}.{each}"
            yield Described(
                identity, each, definition.name, file, summary, "`execution_id`", answered, schema, examples
            )


def _confirmed(definition: SagaDefinition) -> set[str]:
    """The types of what a stack may want confirmed."""
    undos = (step.undo for step in definition.confirming().steps)
    return {definition.messages[undo.sends].type for undo in undos if undo is not None and undo.sends}


def _first(bodies: list[Fields], name: str, value: str) -> tuple[Fields, ...]:
    return tuple(body for body in bodies if body[name] == value)[:1]


def _summary(message_type: str, of: str) -> str:
    if message_type in {spec.type for spec in EXECUTION_SAGA.messages.values()}:
        return f"For the worker, about {of}."
    if message_type.endswith("_COMMAND"):
        return f"For the participant of a step of {of}, which answers with `{REPLY}`."
    if message_type.startswith("SAGA_"):
        return f"For whoever asked for {of}, and whoever listens."
    return f"Announced by {of}."


def schema_files() -> dict[str, Fields]:
    """Name in docs/schemas to schema, of those that no other generator writes."""
    return {each.file: each.schema for each in (*received(), *sent()) if each.schema}

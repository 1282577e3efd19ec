"""The AsyncAPI document: a channel for each topic and each detail type, and what is taken and sent on it."""

from collections.abc import Iterable, Iterator
from importlib.metadata import version
from typing import Any, Final

from .sagas import REPLY, Described, received, sent

Json = dict[str, Any]

VERSION: Final = "3.0.0"
TARGET_TOPIC: Final = "saga_commands"
_SOURCES: Final = {
    True: {"source": "executions", "source-parameter": "EventSource"},
    False: {"source": "saga-orchestrator"},
}
_KAFKA: Final = "0.5.0"


def document() -> Json:
    """docs/asyncapi.yaml."""
    takes, sends = list(received()), list(sent())
    return {
        "asyncapi": VERSION,
        "info": {
            "title": "Saga orchestrator",
            "version": version("saga-orchestrator"),
            "description": (
                "Every channel of a stack: events in, commands and saga events out, and the replies of participants. "
                "Delivery is at least once and in no order, everywhere. "
                "Written from the code by `make documents`; a test compares."
            ),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": _servers(),
        "channels": dict([*_inbound_channels(takes), *_outbound_channels(sends)]),
        "operations": dict([*_receiving(takes), *_sending(sends)]),
        "components": {"messages": {each.id: _message(each, takes) for each in (*takes, *sends)}},
    }


def _servers() -> Json:
    def cluster(parameter: str, what: str) -> Json:
        variable = {"bootstrap": {"description": f"Parameter `{parameter}` of the stack.", "default": "localhost:9092"}}
        return {"host": "{bootstrap}", "protocol": "kafka", "description": what, "variables": variable}

    region = {"region": {"description": "The stack's region.", "default": "us-east-1"}}
    return {
        "kafka-source": cluster("KafkaBootstrapServers", "The cluster whose topics feed the functions, if any."),
        "kafka-target": cluster("KafkaTargetBootstrap", "The cluster to which the relay publishes, if any."),
        "event-bus": {
            "host": "events.{region}.amazonaws.com",
            "protocol": "eventbridge",
            "description": "The stack's event bus. An event's `detail` is the payload.",
            "variables": region,
        },
    }


def _ref(*path: str) -> Json:
    return {"$ref": "#/" + "/".join(path)}


def _channel(address: str, server: str, messages: Iterable[Described], description: str, **more: Any) -> Json:
    return {
        "address": address,
        "description": description,
        "servers": [_ref("servers", server)],
        "messages": {each.id: _ref("components", "messages", each.id) for each in messages},
        **more,
    }


def _by_bus(messages: list[Described], *, is_inbound: bool) -> Iterator[tuple[str, Json]]:
    for name in dict.fromkeys(each.type for each in messages):
        alike = [each for each in messages if each.type == name]
        description = "The address is the event's `detail-type`" + (", compared without case." if is_inbound else ".")
        rule = {**_SOURCES[is_inbound], "detail-type": name}
        yield f"bus.{name}", _channel(name, "event-bus", alike, description, **{"x-eventbridge": rule})


def _topic(topic: str) -> Json:
    return {"bindings": {"kafka": {"topic": topic, "bindingVersion": _KAFKA}}}


def _inbound_channels(messages: list[Described]) -> Iterator[tuple[str, Json]]:
    yield from _by_bus(messages, is_inbound=True)
    for each in messages:
        topic = each.type.lower()
        description = "`TopicPrefix` stands before the name; with `TopicLayout` = `shared` it is `SharedTopicName`."
        yield f"kafka.{topic}", _channel(topic, "kafka-source", [each], description, **_topic(topic))


def _outbound_channels(messages: list[Described]) -> Iterator[tuple[str, Json]]:
    yield from _by_bus(messages, is_inbound=False)
    description = "All that is published, where the stack has a Kafka target; the topic's name is `KafkaTargetTopic`."
    yield f"kafka.{TARGET_TOPIC}", _channel(TARGET_TOPIC, "kafka-target", messages, description, **_topic(TARGET_TOPIC))


def _operation(action: str, channel: str, messages: Iterable[Described], summary: str) -> Json:
    carried = [_ref("channels", channel, "messages", each.id) for each in messages]
    return {"action": action, "channel": _ref("channels", channel), "summary": summary, "messages": carried}


def _receiving(messages: list[Described]) -> Iterator[tuple[str, Json]]:
    for each in messages:
        for channel in (f"bus.{each.type}", f"kafka.{each.type.lower()}"):
            yield f"receive.{channel}", _operation("receive", channel, [each], each.summary)


def _sending(messages: list[Described]) -> Iterator[tuple[str, Json]]:
    for name in dict.fromkeys(each.type for each in messages):
        alike = [each for each in messages if each.type == name]
        for channel in (f"bus.{name}", f"kafka.{TARGET_TOPIC}"):
            operation = _operation("send", channel, alike, " ".join(dict.fromkeys(each.summary for each in alike)))
            answer = {"reply": _answer(channel)} if any(each.answered for each in alike) else {}
            yield f"send.{name}.{channel.partition('.')[0]}", operation | answer


def _answer(asked_on: str) -> Json:
    """Where a command's answer is expected; a participant may use the other way just as well."""
    channel = f"bus.{REPLY}" if asked_on.startswith("bus.") else f"kafka.{REPLY.lower()}"
    return {"channel": _ref("channels", channel), "messages": [_ref("channels", channel, "messages", REPLY)]}


def _message(each: Described, takes: list[Described]) -> Json:
    where = "/metadata/correlation_id" if each in takes else "/correlation_id"
    key = {"type": "string", "description": f"{each.key}: so one saga's records keep their order."}
    return {
        "name": each.type,
        "title": each.type,
        "summary": each.summary,
        "correlationId": {"location": f"$message.payload#{where}"},
        "payload": {"$ref": f"schemas/{each.file}"},
        "bindings": {"kafka": {"key": key, "bindingVersion": _KAFKA}},
        "examples": [
            {"name": f"{each.type.lower()}-{number}", "payload": body} for number, body in enumerate(each.examples, 1)
        ],
    }

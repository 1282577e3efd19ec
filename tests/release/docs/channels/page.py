"""docs/channels.md, drawn from the AsyncAPI document alone: what it does not say is not on the page."""

import json
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

_HEAD = """# Channels

Every topic and every detail type of a stack, with what is said on it.
Drawn from [asyncapi.yaml](asyncapi.yaml), which is written from the code by `make documents`; tests compare both.
The document is AsyncAPI {version}; what generates clients or browsable pages takes it as it is, with its schemas.

Delivery is at least once and in no order, on every channel.
On EventBridge the message is the `detail`; on Kafka it is the value of a record whose key is the saga's.
"""


def page(document: Json) -> str:
    """The whole page."""
    taken = "The orchestrator takes these; [events](events.md) says what each of them does."
    published = "The orchestrator publishes these; the answer to a command goes to the channels of `COMMAND_REPLY`."
    parts = [
        _HEAD.format(version=document["asyncapi"]),
        "## Servers\n",
        _table(("server", "protocol", "what it is"), _servers(document)),
        "## Taken\n",
        f"{taken}\n",
        _table(("message", "EventBridge detail type", "Kafka topic", "said by"), _rows(document, "receive")),
        "## Published\n",
        f"{published}\n",
        _table(("message", "EventBridge detail type", "Kafka topic", "for whom"), _rows(document, "send")),
        "## Examples\n",
        "Each was taken by the decoder, or made by the renderer, when this page was written.\n",
        *_examples(document),
    ]
    return "\n".join(parts)


def _servers(document: Json) -> Iterator[tuple[str, ...]]:
    for name, server in document["servers"].items():
        yield f"`{name}`", server["protocol"], server["description"]


def _rows(document: Json, action: str) -> Iterator[tuple[str, ...]]:
    operations = [each for each in document["operations"].values() if each["action"] == action]
    for identity, message in document["components"]["messages"].items():
        here = [each["channel"]["$ref"] for each in operations if _carries(each, identity)]
        if here:
            addresses = {ref.split("/")[-1].partition(".")[0]: _channel(document, ref)["address"] for ref in here}
            link = f"[{identity}]({message['payload']['$ref']})"
            yield link, f"`{addresses['bus']}`", f"`{addresses['kafka']}`", message["summary"]


def _carries(operation: Json, identity: str) -> bool:
    return any(each["$ref"].endswith(f"/messages/{identity}") for each in operation["messages"])


def _channel(document: Json, reference: str) -> Json:
    channel: Json = document["channels"][reference.removeprefix("#/channels/")]
    return channel


def _examples(document: Json) -> Iterator[str]:
    for identity, message in document["components"]["messages"].items():
        yield f"### {identity}\n"
        for example in message["examples"]:
            yield f"```json\n{json.dumps(example['payload'], indent=1)}\n```\n"


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"

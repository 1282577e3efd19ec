"""From what was kept back to what Lambda would deliver, at its original place: a rejection finds the same item again.
And the function that its source implies: what a pointer or a record says of it is not asked.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any

from saga_orchestrator.domain.errors import RejectReason

from .kept import Kept, NotRedrivableError


def envelope(kept: Kept, original: bytes) -> Any:
    """The function's input as its event source would make it."""
    if kept.source == "kafka":
        return _kafka_batch(kept.position, _value(kept, original))
    try:
        return json.loads(original)  # the whole EventBridge event, or whatever the function was invoked with
    except (ValueError, RecursionError) as error:
        raise NotRedrivableError("the kept bytes are not the JSON that the function was given") from error


def implied_function(functions: Mapping[str, str], payload: Any, fallback: str = "") -> str:
    """The event function of the rule or the topic; on a shared topic that of the record's type.

    `functions` are the stack's own by the type of event that they take: no other is ever called. `fallback` is a name
    that counts only if the source implies none, and if it is one of theirs.
    """
    for event_type in _implied_types(payload):
        if name := functions.get(event_type):
            return name
        for known, name in functions.items():
            if event_type.endswith(known):  # a topic may have a prefix
                return name
    if fallback in functions.values():
        return fallback
    raise NotRedrivableError("its source implies no function of this stack")


def saga_keys(payload: Any) -> list[tuple[str, str]]:
    """Keys of the sagas that a stream batch, one stream item's keys, or a message names; each once, in order."""
    records = payload.get("Records") if isinstance(payload, dict) else None
    if not isinstance(records, list):
        return [_key(payload)]
    try:
        return list(dict.fromkeys(_key(record["dynamodb"]["Keys"]) for record in records))
    except (KeyError, TypeError, AttributeError) as error:
        raise NotRedrivableError("its stream records name no saga") from error


def _implied_types(payload: Any) -> list[str]:
    if not isinstance(payload, dict):
        return []
    if isinstance(payload.get("detail-type"), str):
        return [payload["detail-type"].upper()]
    batches = payload.get("records")
    if not isinstance(batches, dict):
        return []
    topics = [partition.rpartition("-")[0].upper() for partition in batches]
    lists = [records for records in batches.values() if isinstance(records, list)]
    return [*topics, *(_type_of(record) for records in lists for record in records[:1])]


def _type_of(record: Any) -> str:
    try:
        return str(json.loads(base64.b64decode(record["value"]))["event_type"]).upper()
    except (KeyError, TypeError, ValueError, RecursionError):
        return ""


def _key(fields: Any) -> tuple[str, str]:
    try:
        names = (fields["execution_id"], fields["saga_name"])
    except (KeyError, TypeError) as error:
        raise NotRedrivableError("no saga is named in it") from error
    execution_id, saga_name = (str(name["S"]) if isinstance(name, dict) else str(name) for name in names)
    return execution_id, saga_name


def _value(kept: Kept, original: bytes) -> str:
    """A value that was no base64 is kept as the text that came, and must be found no base64 again."""
    if kept.reason == RejectReason.NOT_BASE64:
        try:
            return str(json.loads(original))
        except ValueError as error:
            raise NotRedrivableError("the kept bytes are not the text that came") from error
    return base64.b64encode(original).decode()


def _kafka_batch(position: Mapping[str, Any], value: str) -> dict[str, Any]:
    """A batch of the one record, of the cluster that it came from."""
    try:
        place, offset = str(position["partition"]), int(position["offset"])
        topic, _, partition = place.rpartition("-")
        number = int(partition)
        headers = [{str(name): list(text.encode())} for name, text in position.get("headers", {}).items()]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NotRedrivableError("no topic, partition and offset are kept of it") from error
    record: dict[str, Any] = {
        "topic": topic,
        "partition": number,
        "offset": offset,
        "timestamp": 0,
        "timestampType": "CREATE_TIME",
        "value": value,
        "headers": headers,
    }
    if "written_as" in position:
        record["valueSchemaMetadata"] = {"dataFormat": position["written_as"], "schemaId": ""}
    cluster = str(position.get("cluster", ""))
    if cluster.startswith("arn:"):
        source = {"eventSource": "aws:kafka", "eventSourceArn": cluster, "bootstrapServers": ""}
    else:
        source = {"eventSource": "SelfManagedKafka", "bootstrapServers": cluster}
    return {**source, "records": {place: [record]}}

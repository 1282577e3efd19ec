"""From what was parked back to what Lambda would deliver, at its original place: a rejection finds the same key
again.
"""

import base64
import json
from typing import Any

from sagactl.set_aside import Rejected


class NotRedrivableError(Exception):
    """The parked bytes cannot be turned back into a delivery."""


def envelope(rejected: Rejected, original: bytes) -> Any:
    """The function's input as its event source would make it."""
    if rejected.source == "kafka":
        return _kafka_batch(rejected, original)
    try:
        return json.loads(original)  # the whole EventBridge event, or whatever the function was invoked with
    except ValueError as error:
        raise NotRedrivableError("the parked bytes are not the JSON that the function was given") from error


def saga_keys(payload: Any) -> list[tuple[str, str]]:
    """Keys of the sagas that a stream batch, one stream item's keys, or a message names; each once, in order."""
    records = payload.get("Records") if isinstance(payload, dict) else None
    if not isinstance(records, list):
        return [_key(payload)]
    return list(dict.fromkeys(_key(record["dynamodb"]["Keys"]) for record in records))


def _key(fields: Any) -> tuple[str, str]:
    try:
        names = (fields["execution_id"], fields["saga_name"])
    except (KeyError, TypeError) as error:
        raise NotRedrivableError("no saga is named in it") from error
    execution_id, saga_name = (str(name["S"]) if isinstance(name, dict) else str(name) for name in names)
    return execution_id, saga_name


def _kafka_batch(rejected: Rejected, original: bytes) -> dict[str, Any]:
    """A batch of the one record, in the shape of an MSK event source mapping."""
    try:
        place, offset = str(rejected.position["partition"]), int(rejected.position["offset"])
    except (KeyError, TypeError, ValueError) as error:
        raise NotRedrivableError("the pointer names no topic partition and offset") from error
    topic, _, partition = place.rpartition("-")
    record = {
        "topic": topic,
        "partition": int(partition),
        "offset": offset,
        "timestamp": 0,
        "timestampType": "CREATE_TIME",
        "value": base64.b64encode(original).decode(),
        "headers": [],
    }
    return {"eventSource": "aws:kafka", "eventSourceArn": "", "bootstrapServers": "", "records": {place: [record]}}

"""Rejected events as they are kept: their bytes in the bucket, an item for operators, a pointer for the alarm."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from zlib import crc32

from saga_orchestrator.domain.secret import Secret

from .aws_errors import acknowledging_nothing, part_of

KEPT_SECONDS: Final = 30 * 86_400
"""As long as the bucket keeps the bytes: an item without them could be neither redriven nor judged."""
SHARDS: Final = 8
"""Partitions of the open ones in the index by time: a flood of rejected events is not to heat one of them."""

_NAMES: Final = {
    "execution_id": re.compile(r"[A-Za-z0-9_-]{1,64}"),
    "event_id": re.compile(r"[A-Za-z0-9_.:-]{1,128}"),
    "event_type": re.compile(r"EXECUTION_[A-Z_]{1,48}", re.IGNORECASE | re.ASCII),
    "service": re.compile(r"[A-Za-z0-9_.:@/-]{1,128}"),
}
"""What of an event may be shown: identifiers that look like one, and nothing else that a user wrote."""


@dataclass(frozen=True, slots=True)
class RejectedEvents:
    """The original bytes into the bucket first, then the item that operators read, then a pointer onto the queue.

    In that order, so that neither item nor pointer ever names nothing, and whoever is woken by the queue finds the
    item. All under a key made of cluster, position and bytes: the same record again is the same object and the same
    item, and no other record is, also not one that a recreated topic has at the same offset. SQS alone refuses control
    characters and large bodies.
    """

    s3: Any
    sqs: Any
    dynamodb: Any
    bucket: str
    queue_url: str
    operator_table: str
    function: str

    def keep(
        self, original: Secret, *, source: str, position: dict[str, Any], reason: str, detail: str, rejected_at: str
    ) -> str:
        """Keep one event. Raises `RetryableError` when it is not safely kept, so that it is not acknowledged."""
        content = original.reveal()
        key = object_key(self.function, source, position, content)
        pointer = {
            "id": item_id(key),
            "reason": reason,
            "detail": detail,
            "source": source,
            "position": position,
            "function": self.function,
            "bucket": self.bucket,
            "key": key,
            "rejected_at": rejected_at,
            **named_in(content, position),
        }
        with acknowledging_nothing():
            part_of(self.s3.put_object(Bucket=self.bucket, Key=key, Body=content), "ETag")
            self.dynamodb.update_item(TableName=self.operator_table, **_counted(pointer, len(content)))
            part_of(self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=json.dumps(pointer)), "MessageId")
        return key


def object_key(function: str, source: str, position: Mapping[str, Any], content: bytes) -> str:
    """Where the bytes lie: the same for each delivery of the same record, and for nothing else."""
    return "/".join(("rejected", function, source, *place_of(position), sha256(content).hexdigest()[:16]))


def place_of(position: Mapping[str, Any]) -> Iterator[str]:
    """The part of a key that tells one record from all others."""
    for name, value in position.items():
        if name == "cluster":
            yield sha256(str(value).encode(errors="surrogatepass")).hexdigest()[:12]
        elif name not in {"request_id", "headers", "written_as"}:  # another one at each delivery; no part of a place
            yield str(value)


def item_id(key: str) -> str:
    """Short enough to be typed, and long enough to be one object's alone."""
    return sha256(key.encode()).hexdigest()[:12]


def item_key(identifier: str) -> dict[str, Any]:
    """The key of its item."""
    return {"pk": {"S": f"rejected#{identifier}"}, "sk": {"S": "event"}}


def open_kind(identifier: str) -> str:
    """The partition of the index by time in which it stands while nobody has settled it."""
    return f"rejected#{crc32(identifier.encode()) % SHARDS}"


def named_in(content: bytes, position: Mapping[str, Any]) -> dict[str, str]:
    """Whom it is about, as far as that can be read: from the event itself, an EventBridge event around it, an item's
    keys, or the position.
    """
    try:
        whole = json.loads(content)
    except (ValueError, RecursionError):
        whole = None
    fields: dict[str, Any] = whole if isinstance(whole, dict) else {}
    detail = fields.get("detail")
    event = _without_envelope(detail if isinstance(detail, dict) else fields, position)
    metadata = event.get("metadata")
    said = {**position, **event, "service": metadata.get("service_name") if isinstance(metadata, dict) else None}
    found = {name: _text(said.get(name)) for name in _NAMES}
    return {name: text for name, text in found.items() if text is not None and _NAMES[name].fullmatch(text)}


def _without_envelope(event: dict[str, Any], position: Mapping[str, Any]) -> dict[str, Any]:
    """A CloudEvent's attributes under the names of ours, and its data: no more is read of it than names."""
    headers = position.get("headers", {})
    said = {name: headers.get(f"ce_{name}", event.get(name)) for name in ("id", "type", "subject")}
    if "specversion" not in event and "ce_specversion" not in headers:
        return event
    data = event.get("data") if "specversion" in event else event
    named = {"event_id": said["id"], "event_type": said["type"], "execution_id": said["subject"]}
    return {**named, **(data if isinstance(data, dict) else {})}


def _text(value: Any) -> str | None:
    """A string, also as DynamoDB writes it in an item's key."""
    if isinstance(value, dict):
        value = value.get("S")
    return value if isinstance(value, str) else None


def _storable(value: str) -> str:
    """DynamoDB takes no half of a surrogate pair."""
    return value.encode(errors="replace").decode()


def _counted(pointer: Mapping[str, Any], size: int) -> dict[str, Any]:
    """One write whether it is new or comes again. Coming again it is open again, whatever an operator said before."""
    identifier = pointer["id"]
    values = {
        "kind": {"S": open_kind(identifier)},
        "state": {"S": "open"},
        "last_at": {"S": pointer["rejected_at"]},
        "size": {"N": str(size)},
        "expires": {"N": str(int(datetime.fromisoformat(pointer["rejected_at"]).timestamp()) + KEPT_SECONDS)},
        "position": {"S": json.dumps(pointer["position"])},
        **{name: {"S": _storable(pointer[name])} for name in pointer.keys() - {"id", "position", "rejected_at"}},
    }
    return {
        "Key": item_key(identifier),
        "UpdateExpression": "SET #at = if_not_exists(#at, :last_at), "
        + ", ".join(f"#{name} = :{name}" for name in values)
        + " ADD copies :one",
        "ExpressionAttributeNames": {"#at": "at", **{f"#{name}": name for name in values}},
        "ExpressionAttributeValues": {":one": {"N": "1"}, **{f":{name}": value for name, value in values.items()}},
    }

"""The parts of a saga's item that are more than one word: request, timeline, remembered events, replies' data."""

import json
from collections.abc import Mapping
from operator import attrgetter
from typing import Any, Final

from saga_orchestrator.domain.events import ExecutionRequest, Script
from saga_orchestrator.domain.instants import LAST_INSTANT
from saga_orchestrator.domain.saga import Cause, EarlyEvent, TimelineEntry

Item = dict[str, dict[str, Any]]

_COMPACT: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)

_REQUEST_FIELDS: Final = {
    "lang": "language",
    "lver": "language_version",
    "img": "runtime_image",
    "file": "runtime_filename",
    "cpu": "cpu_limit",
    "mem": "memory_limit",
    "cpur": "cpu_request",
    "memr": "memory_request",
    "prio": "priority",
}
_texts_of: Final = attrgetter(*_REQUEST_FIELDS.values())


def encode_request(request: ExecutionRequest) -> Item:
    fields: Item = {name: {"S": text} for name, text in zip(_REQUEST_FIELDS, _texts_of(request), strict=True)}
    fields["cmd"] = {"L": [{"S": argument} for argument in request.runtime_command]}
    fields["tmo"] = {"N": str(request.timeout_seconds)}
    fields["ss"] = {"N": str(request.script.size)}
    fields["sh"] = {"B": request.script.sha256}
    if request.script.bucket is not None and request.script.key is not None:
        fields["rb"] = {"S": request.script.bucket}
        fields["rk"] = {"S": request.script.key}
    return fields


def decode_request(fields: Item) -> ExecutionRequest:
    return ExecutionRequest(
        **{field: fields[name]["S"] for name, field in _REQUEST_FIELDS.items()},
        runtime_command=tuple(argument["S"] for argument in fields["cmd"]["L"]),
        timeout_seconds=int(fields["tmo"]["N"]),
        script=Script(
            size=int(fields["ss"]["N"]),
            sha256=bytes(fields["sh"]["B"]),
            bucket=fields["rb"]["S"] if "rb" in fields else None,
            key=fields["rk"]["S"] if "rk" in fields else None,
        ),
    )


def encode_entry(entry: TimelineEntry) -> str:
    return " ".join((str(entry.at), entry.cause, entry.event_id, *entry.messages))


_CAUSES: Final[Mapping[str, Cause]] = {cause.value: cause for cause in Cause}


def decode_entry(text: str) -> TimelineEntry:
    at, cause, event_id, *messages = text.split(" ")
    return TimelineEntry(instant(at), _CAUSES.get(cause) or Cause(cause), event_id, tuple(messages))


def instant(millis: str | int) -> int:
    """One that a message can tell: a saga that names another moment would break the relay for ever."""
    value = int(millis)
    if not 0 <= value <= LAST_INSTANT:
        msg = "not a moment between 1970 and the year 9999"
        raise ValueError(msg)
    return value


def encode_early(early: EarlyEvent) -> Item:
    fields: Item = {"e": {"S": f"{early.at} {early.cause} {early.event_id}"}}
    if early.actor is not None:
        fields["by"] = {"S": early.actor}
    if early.trusted:
        fields["ok"] = {"BOOL": True}
    if early.exit_code is not None:
        fields["exit"] = {"N": str(early.exit_code)}
    if early.error_type is not None:
        fields["etype"] = {"S": early.error_type}
    if early.event_type is not None:
        fields["t"] = {"S": early.event_type}
    for name, place in (("pod", early.pod_name), ("node", early.node_name)):
        if place is not None:
            fields[name] = {"S": place}
    return fields


def decode_early(fields: Item) -> EarlyEvent:
    at, cause, event_id = fields["e"]["S"].split(" ")
    return EarlyEvent(
        at=instant(at),
        cause=Cause(cause),
        event_id=event_id,
        actor=fields["by"]["S"] if "by" in fields else None,
        trusted="ok" in fields,
        exit_code=int(fields["exit"]["N"]) if "exit" in fields else None,
        error_type=fields["etype"]["S"] if "etype" in fields else None,
        event_type=fields["t"]["S"] if "t" in fields else None,
        pod_name=fields["pod"]["S"] if "pod" in fields else None,
        node_name=fields["node"]["S"] if "node" in fields else None,
    )


def encode_data(data: Mapping[str, Mapping[str, Any]]) -> str:
    """One JSON text: as a map of DynamoDB's each number and flag would cost its type's name."""
    return _COMPACT.encode({step: dict(kept) for step, kept in data.items()})


def decode_data(text: str) -> dict[str, dict[str, Any]]:
    """Raises ValueError: it is no object of objects."""
    try:
        data = json.loads(text)
    except RecursionError:
        data = None
    if not isinstance(data, dict) or not all(isinstance(kept, dict) for kept in data.values()):
        msg = "no data by step"
        raise ValueError(msg)
    return data

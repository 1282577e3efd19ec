"""A saga as a DynamoDB item and back. Names are short because every write is billed by the item's size.

Written by hand rather than through PynamoDB's models: serialising through them costs 1.2 to 1.6 times the CPU of the
bare call (measured), on the path that every event takes. `saga_models` declares the same attributes for reads and
queries, and a test holds the two together. Unknown attributes of newer code are left alone: writes only touch what
changed.
"""

from collections.abc import Callable
from typing import Any, Final

from saga_orchestrator.domain.errors import CorruptSaga
from saga_orchestrator.domain.events import ExecutionRequest, Script
from saga_orchestrator.domain.instants import LAST_INSTANT
from saga_orchestrator.domain.saga import Cause, Claim, EarlyEvent, Saga, TimelineEntry
from saga_orchestrator.domain.states import SagaState

Item = dict[str, dict[str, Any]]

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
_STRINGS: Final = {
    "corr": "correlation_id",
    "owner": "owner",
    "sb": "script_bucket",
    "reason": "reason",
    "etype": "error_type",
    "by": "ended_by",
    "pod": "pod_name",
    "node": "node_name",
}
_NUMBERS: Final = {
    "version": "version",
    "dv": "definition_version",
    "created": "created_at",
    "create_before": "create_before",
    "deadline": "deadline",  # these two put the saga into the index, only while it can still time out
    "deadline_shard": "deadline_shard",
    "exit": "exit_code",
    "ended": "ended_at",
    "expires": "expires",
}


def encode(saga: Saga) -> Item:
    """The whole item; absent rather than empty or null, so that indexes stay sparse and stream filters can tell."""
    item: Item = {"execution_id": {"S": saga.execution_id}, "saga_name": {"S": saga.saga_name}}
    for name, field, write in _ATTRIBUTES:
        if (value := write(getattr(saga, field))) is not None:
            item[name] = value
    return item


def changes(old: Saga, new: Saga) -> tuple[Item, list[str]]:
    """What a write that makes `new` of `old` sets, and which attributes it removes: nothing that is as it was."""
    changed: Item = {}
    gone: list[str] = []
    for name, field, write in _ATTRIBUTES:
        before, after = getattr(old, field), getattr(new, field)
        if before == after:
            continue
        if (value := write(after)) is not None:
            changed[name] = value
        elif write(before) is not None:
            gone.append(name)
    return changed, gone


def decode(item: Item) -> Saga:
    """The saga that `item` holds, ignoring attributes this code does not know.

    Raises:
        CorruptSaga: something is missing or cannot be read, or it is of a schema that this code does not know.
    """
    if "schema_version" in item:
        # Written by no code yet. Code that must keep older code from guessing at its items writes it.
        raise CorruptSaga("stored saga is of a schema that this code does not know")
    try:
        strings: dict[str, Any] = {field: item[name]["S"] for name, field in _STRINGS.items() if name in item}
        numbers: dict[str, Any] = {field: int(item[name]["N"]) for name, field in _NUMBERS.items() if name in item}
        _instant(numbers.get("create_before", 0))
        claim = item["claim"]["S"].rpartition("#") if "claim" in item else None
        return Saga(
            execution_id=item["execution_id"]["S"],
            saga_name=item["saga_name"]["S"],
            state=SagaState(item["state"]["S"]),
            request=_decode_request(item["req"]["M"]) if "req" in item else None,
            request_hash=bytes(item["rh"]["B"]) if "rh" in item else b"",
            inline_script="inline" in item,
            claim=Claim(claim[0], int(claim[2])) if claim else None,
            completed_steps=_words(item, "steps"),
            compensated_steps=_words(item, "undone"),
            faults=_words(item, "faults"),
            shadow="shadow" in item,
            outbox=_words(item, "outbox"),
            timeline=tuple(_decode_entry(entry["S"]) for entry in _list(item, "timeline")),
            early=tuple(_decode_early(early["M"]) for early in _list(item, "early")),
            **strings,
            **numbers,
        )
    except (KeyError, ValueError, TypeError, AttributeError) as broken:
        place = broken.args[0] if isinstance(broken, KeyError) else "a value"
        detail = f"stored saga cannot be read: {type(broken).__name__} at {place}"
        raise CorruptSaga(detail) from None


def _words(item: Item, name: str) -> tuple[str, ...]:
    return tuple(item[name]["S"].split()) if name in item else ()


def _list(item: Item, name: str) -> Any:
    """Absent is empty; of another type is corrupt, since a ledger read as empty would owe nothing."""
    return item[name]["L"] if name in item else ()


def _encode_request(request: ExecutionRequest) -> Item:
    fields: Item = {name: {"S": getattr(request, field)} for name, field in _REQUEST_FIELDS.items()}
    fields["cmd"] = {"L": [{"S": argument} for argument in request.runtime_command]}
    fields["tmo"] = {"N": str(request.timeout_seconds)}
    fields["ss"] = {"N": str(request.script.size)}
    fields["sh"] = {"B": request.script.sha256}
    if request.script.bucket is not None and request.script.key is not None:
        fields["rb"] = {"S": request.script.bucket}
        fields["rk"] = {"S": request.script.key}
    return fields


def _decode_request(fields: Item) -> ExecutionRequest:
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


def _encode_entry(entry: TimelineEntry) -> str:
    return " ".join((str(entry.at), entry.cause, entry.event_id, *entry.messages))


def _decode_entry(text: str) -> TimelineEntry:
    at, cause, event_id, *messages = text.split(" ")
    return TimelineEntry(_instant(at), Cause(cause), event_id, tuple(messages))


def _instant(millis: str | int) -> int:
    """One that a message can tell: a saga that names another moment would break the relay for ever."""
    value = int(millis)
    if not 0 <= value <= LAST_INSTANT:
        msg = "not a moment between 1970 and the year 9999"
        raise ValueError(msg)
    return value


def _encode_early(early: EarlyEvent) -> Item:
    fields: Item = {"e": {"S": f"{early.at} {early.cause} {early.event_id}"}}
    if early.actor is not None:
        fields["by"] = {"S": early.actor}
    if early.trusted:
        fields["ok"] = {"BOOL": True}
    if early.exit_code is not None:
        fields["exit"] = {"N": str(early.exit_code)}
    if early.error_type is not None:
        fields["etype"] = {"S": early.error_type}
    for name, place in (("pod", early.pod_name), ("node", early.node_name)):
        if place is not None:
            fields[name] = {"S": place}
    return fields


def _decode_early(fields: Item) -> EarlyEvent:
    at, cause, event_id = fields["e"]["S"].split(" ")
    return EarlyEvent(
        at=_instant(at),
        cause=Cause(cause),
        event_id=event_id,
        actor=fields["by"]["S"] if "by" in fields else None,
        trusted="ok" in fields,
        exit_code=int(fields["exit"]["N"]) if "exit" in fields else None,
        error_type=fields["etype"]["S"] if "etype" in fields else None,
        pod_name=fields["pod"]["S"] if "pod" in fields else None,
        node_name=fields["node"]["S"] if "node" in fields else None,
    )


def _string(value: str | None) -> dict[str, Any] | None:
    return {"S": value} if value else None


def _number(value: int | None) -> dict[str, Any] | None:
    return None if value is None else {"N": str(value)}


def _spaced(words: tuple[str, ...]) -> dict[str, Any] | None:
    return {"S": " ".join(words)} if words else None


_ATTRIBUTES: Final[tuple[tuple[str, str, Callable[[Any], dict[str, Any] | None]], ...]] = (
    ("state", "state", lambda state: {"S": str(state)}),
    *((name, field, _string) for name, field in _STRINGS.items()),
    *((name, field, _number) for name, field in _NUMBERS.items()),
    ("req", "request", lambda request: {"M": _encode_request(request)} if request is not None else None),
    ("rh", "request_hash", lambda digest: {"B": digest} if digest else None),
    ("inline", "inline_script", lambda inline: {"BOOL": True} if inline else None),
    ("shadow", "shadow", lambda shadow: {"BOOL": True} if shadow else None),
    ("claim", "claim", lambda claim: {"S": f"{claim.resource}#{claim.shard}"} if claim is not None else None),
    ("steps", "completed_steps", _spaced),
    ("undone", "compensated_steps", _spaced),
    ("faults", "faults", _spaced),
    ("outbox", "outbox", _spaced),
    (
        "timeline",
        "timeline",
        lambda entries: {"L": [{"S": _encode_entry(one)} for one in entries]} if entries else None,
    ),
    ("early", "early", lambda events: {"L": [{"M": _encode_early(early)} for early in events]} if events else None),
)
"""Attribute, the saga's field, and how it is written; None is absent."""

"""The safety promises, looked at in everything that a deployment ever wrote and published.

A yardstick says that faults leave no trace; it would not notice a promise that is broken with and without them. The
table's stream has every committed version of every item, so nothing that was ever visible escapes.
"""

from collections.abc import Iterable
from typing import Any, Final

from saga_orchestrator.domain.states import TRANSITIONS, SagaState
from saga_testing.aws.dynamodb.stream_record import StreamRecord

Item = dict[str, Any]

_FIXED: Final = ("owner", "req", "rh", "created")
_OPERATORS: Final = ("root-admin", "op")
_UNDONE: Final = frozenset({SagaState.FAILED, SagaState.TIMEOUT, SagaState.CANCELLED})
_AFTER_COMPENSATING: Final = TRANSITIONS[SagaState.COMPENSATING]


def check_history(stream: list[StreamRecord], limit: int) -> dict[str, set[str]]:
    """Every write of every saga, in order. Returns the message keys that each execution ever emitted."""
    emitted: dict[str, set[str]] = {}
    for record in stream:
        old, new = record.old_image, record.new_image
        _require("S1: a saga is never deleted by a handler", new is not None, record)
        if new is None:
            continue
        if new["saga_name"]["S"] == "#counters":
            continue
        if new["saga_name"]["S"] == "#counter":
            _require("S7: the counter stays within its limit", 0 <= int(new["n"]["N"]) <= limit, record)
            continue
        _check_write(record, old, new)
        known = emitted.setdefault(new["execution_id"]["S"], set())
        fresh = set(_words(new, "outbox")) - set(_words(old, "outbox"))
        _require("S5: no message is emitted twice", not fresh & known, record)
        known |= fresh
        if SagaState(new["state"]["S"]) in _UNDONE:
            created, deleted = _any(known, "create_pod"), _any(known, "delete_pod")
            _require("S9: a pod that was ordered is deleted again", deleted or not created, record)
    return emitted


def _check_write(record: StreamRecord, old: Item | None, new: Item) -> None:
    before = int(old["version"]["N"]) if old else 0
    _require("S2: each write is one version", int(new["version"]["N"]) == before + 1, record)
    state = SagaState(new["state"]["S"])
    if old:
        _require("S3: only legal edges", _is_edge(SagaState(old["state"]["S"]), state), record)
        same = all(old[name] == new.get(name) for name in _FIXED if name in old and old["state"]["S"] != "created")
        _require("S13: owner and request never change", same, record)
        if state is SagaState.TIMEOUT and old["state"]["S"] == "running":
            _check_due(record, old)
    if state is SagaState.CANCELLED:
        actor = new.get("by", {}).get("S")
        _require("S13: the owner cancels, or an operator", actor in {new["owner"]["S"], *_OPERATORS}, record)
    _require(
        "S8: a claim is held exactly while the saga runs", ("claim" in new) == (state is SagaState.RUNNING), record
    )
    _require("S12: a stub emits nothing", state is not SagaState.CREATED or not _words(new, "outbox"), record)


def _check_due(record: StreamRecord, old: Item) -> None:
    reason = ((record.new_image or {}).get("reason") or {"S": ""})["S"]
    if reason.endswith("deadline_passed"):
        _require("S10: timed out only when due", int(old["deadline"]["N"]) <= record.created_at_ms, record)


def check_published(published: Iterable[str], emitted: dict[str, set[str]]) -> None:
    """S5, S4 and L2: on the bus is what was committed to an outbox, all of it, and one create for each execution."""
    creates: set[str] = set()
    owed = {(execution_id, key) for execution_id, keys in emitted.items() for key in keys}
    for message_id in published:
        execution_id, _, key = message_id.rpartition(":")
        execution_id = execution_id.rpartition(":")[2]
        owed.discard((execution_id, key))
        if key not in emitted.get(execution_id, ()):
            msg = f"S5: {message_id} was never committed to an outbox"
            raise AssertionError(msg)
        if key.startswith("create_pod"):
            if execution_id in creates:
                msg = f"S4: {execution_id} was created twice"
                raise AssertionError(msg)
            creates.add(execution_id)
    if owed:
        msg = f"L2: never published: {sorted(owed)}"
        raise AssertionError(msg)


def check_reflected(event_type: str, item: Item | None) -> None:
    """S11: what was acknowledged, and not rejected, is in the table."""
    state = item["state"]["S"] if item else None
    reflected = state is not None
    if event_type == "EXECUTION_REQUESTED":
        reflected = state not in {None, SagaState.CREATED}
    elif event_type != "EXECUTION_STARTED":
        reflected = state not in {None, SagaState.RUNNING}
    if not reflected:
        msg = f"S11: {event_type} was acknowledged, and the saga is {state}"
        raise AssertionError(msg)


def _is_edge(here: SagaState, there: SagaState) -> bool:
    through = SagaState.COMPENSATING in TRANSITIONS[here] and there in _AFTER_COMPENSATING
    return here is there or there in TRANSITIONS[here] or through


def _words(item: Item | None, name: str) -> list[str]:
    words: str = (item or {}).get(name, {"S": ""})["S"]
    return words.split()


def _any(keys: set[str], kind: str) -> bool:
    return any(key.partition("#")[0] == kind for key in keys)


def _require(promise: str, holds: bool, record: StreamRecord) -> None:
    if not holds:
        msg = f"{promise}: {record.keys} from {record.old_image} to {record.new_image}"
        raise AssertionError(msg)

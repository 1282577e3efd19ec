"""What a requirement expects against what was seen; every difference in words."""

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from saga_orchestrator.adapters.saga_codec import decode
from saga_orchestrator.domain.saga import Cause, EarlyEvent, Saga, TimelineEntry
from saga_testing.aws.dynamodb.attribute_values import item_size
from saga_testing.samples.sample_events import NOW_MS
from tests.conformance.events import CANARY
from tests.conformance.places import texts
from tests.conformance.play import Seen
from tests.conformance.schema import Expected, SagaExpected


def differences(expected: Expected, seen: Seen) -> list[str]:
    """Empty when the promise holds."""
    return [*_named(expected, seen), *_always(expected, seen)]


def _named(expected: Expected, seen: Seen) -> Iterator[str]:
    for name in expected.model_fields_set & _VIEWS.keys():
        wanted, found = getattr(expected, name), _VIEWS[name](seen)
        if wanted != found:
            yield f"{name}: expected {wanted!r}, saw {found!r}"
    if "saga" in expected.model_fields_set:
        yield from _saga("ex-1", expected.saga, seen)
    for execution_id, saga in (expected.sagas or {}).items():
        yield from _saga(execution_id, saga, seen)
    if expected.messages is not None:
        yield from _partial("messages", expected.messages, seen.published, "message_type")
    for prefix, number in (expected.objects or {}).items():
        found = sum(key.startswith(prefix) for key in seen.objects)
        if found != number:
            yield f"objects under {prefix}: expected {number}, saw {found}"
    yield from _bounds(expected, seen)


def _bounds(expected: Expected, seen: Seen) -> Iterator[str]:
    if expected.calls_at_most is not None and len(seen.calls) > expected.calls_at_most:
        yield f"{len(seen.calls)} calls, more than {expected.calls_at_most}"
    if expected.item_bytes_at_most is not None:
        largest = max((item_size(item) for item in _sagas(seen)), default=None)
        if largest is None or largest > expected.item_bytes_at_most:
            yield f"an item of {largest} bytes"


def _always(expected: Expected, seen: Seen) -> Iterator[str]:
    """What holds in every requirement, whether it says so or not."""
    yield from _partial("rejected", expected.rejected, seen.rejected, "reason")
    raised = type(seen.raised[-1]).__name__ if seen.raised else None
    if raised != expected.raises:
        yield f"raises: expected {expected.raises}, saw {seen.raised!r}"
    yield from _leaks(seen)
    if seen.edited:
        return
    sagas = [decode(item) for item in _sagas(seen)]
    held, counted = sum(saga.claim is not None for saga in sagas), sum(_counters(seen))
    if held != counted:
        yield f"the counters say {counted}, sagas hold {held} claims"
    for saga in sagas:
        if saga.state.is_terminal and (saga.claim or saga.deadline or not saga.expires):
            yield f"{saga.execution_id} has ended and still holds {saga.claim}, {saga.deadline}, {saga.expires}"
    ids = [body["message_id"] for body in seen.published]
    if len({json.dumps(body, sort_keys=True) for body in seen.published}) != len(set(ids)):
        yield "one message id with two bodies"


def _leaks(seen: Seen) -> Iterator[str]:
    """Users' data is in the events and in the payload bucket, and nowhere else; inlined scripts are in commands too."""
    for place, text in texts(seen).items():
        inlined = place in {"bus", "topic"} and '"script":' in text.replace("\\", "")
        if CANARY in text and not inlined:
            yield f"users' data in a {place}"


def _partial(what: str, wanted: list[Any], found: list[dict[str, Any]], short: str) -> Iterator[str]:
    """A text names one field of an entry, a mapping as many as it likes; an empty mapping names none."""
    if len(wanted) != len(found):
        yield f"{what}: expected {wanted}, saw {[each.get(short) for each in found]}"
        return
    for number, (want, have) in enumerate(zip(wanted, found, strict=True)):
        for field, value in ({short: want} if isinstance(want, str) else want).items():
            if not _same(value, have.get(field)):
                yield f"{what}[{number}].{field}: expected {value!r}, saw {have.get(field)!r}"


def _same(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, dict) and isinstance(found, dict):
        return all(_same(value, found.get(key)) for key, value in wanted.items())
    return bool(wanted == found)


def _saga(execution_id: str, wanted: SagaExpected | None, seen: Seen) -> Iterator[str]:
    item = next((item for item in _sagas(seen) if item["execution_id"]["S"] == execution_id), None)
    if wanted is None or item is None:
        if (wanted is None) != (item is None):
            yield f"saga {execution_id}: expected {wanted}, saw {item}"
        return
    view = saga_view(decode(item))
    for name in wanted.model_fields_set:
        if getattr(wanted, name) != view[name]:
            yield f"{execution_id}.{name}: expected {getattr(wanted, name)!r}, saw {view[name]!r}"


def saga_view(saga: Saga) -> dict[str, Any]:
    """A saga in the table's words."""
    return {
        "state": str(saga.state),
        "standings": {entry.step: entry.standing.name.lower() for entry in saga.ledger.entries},
        "outcome": str(saga.outcome) if saga.outcome else None,
        "data": {step: dict(kept) for step, kept in saga.data.items()},
        "reason": saga.reason,
        "version": saga.version,
        "owner": saga.owner,
        "language": saga.request.language if saga.request else None,
        "completed": list(saga.completed_steps),
        "undone": list(saga.compensated_steps),
        "outbox": list(saga.outbox),
        "timeline": [_entry(entry) for entry in saga.timeline],
        "early": [_early(early) for early in saga.early],
        "claim": saga.claim.resource if saga.claim else None,
        "deadline": _seconds(saga.deadline),
        "create_before": _seconds(saga.create_before),
        "expires": None if saga.expires is None else saga.expires - NOW_MS // 1000,
        "exit_code": saga.exit_code,
        "error_type": saga.error_type,
        "ended_by": saga.ended_by,
        "inline": saga.inline_script,
        "timeout_seconds": saga.request.timeout_seconds if saga.request else None,
        "command": list(saga.request.runtime_command) if saga.request else None,
        "priority": saga.request.priority if saga.request else None,
    }


def _entry(entry: TimelineEntry) -> str:
    event_id = "deadline" if entry.cause is Cause.DEADLINE else entry.event_id
    return " ".join((f"+{_seconds(entry.at):g}", event_id, *entry.messages))


def _early(early: EarlyEvent) -> str:
    actor = f" by {early.actor}" if early.actor else ""
    return f"{early.event_id}{actor}{' trusted' if early.trusted else ''}"


def _seconds(millis: int | None) -> float | None:
    return None if millis is None else (millis - NOW_MS) / 1000


def _sagas(seen: Seen) -> list[dict[str, Any]]:
    return [item for item in seen.items if not item["saga_name"]["S"].startswith("#")]


def _counters(seen: Seen) -> list[int]:
    return [int(item["n"].get("N", 0)) for item in seen.items if item["saga_name"]["S"] == "#counter"]


def _same_bytes(seen: Seen) -> bool:
    """Every message that was published more than once had the same bytes each time; and some was."""
    bodies: dict[str, set[str]] = {}
    ids = []
    for entry in seen.put_events:
        message_id = json.loads(entry["Detail"])["message_id"]
        ids.append(message_id)
        bodies.setdefault(message_id, set()).add(entry["Detail"])
    return len(ids) > len(bodies) and all(len(each) == 1 for each in bodies.values())


_VIEWS: Final[dict[str, Callable[[Seen], Any]]] = {
    "kafka_messages": lambda seen: [json.loads(value)["message_type"] for _, value in seen.to_kafka],
    "kafka_keys": lambda seen: [key.decode() for key, _ in seen.to_kafka],
    "returns": lambda seen: seen.returned,
    "calls": lambda seen: [call.operation for call in seen.calls if call.of_sagas],
    "other_calls": lambda seen: [call.operation for call in seen.calls if not call.of_sagas],
    "slots": lambda seen: sum(_counters(seen)),
    "counters": lambda seen: sorted(_counters(seen)),
    "metrics": lambda seen: dict(seen.metrics),
    "logs": lambda seen: dict(seen.lines),
    "index": lambda seen: sorted(item["execution_id"]["S"] for item in seen.items if "deadline" in item),
    "same_bytes": _same_bytes,
    "nothing_written": lambda seen: seen.items == seen.items_before,
}

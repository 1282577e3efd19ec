"""Events that can never be applied, each with the reason for which it must be rejected; and some that must be
ignored.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from demo.cases import CASES, What
from demo.executions import Execution, body_of
from stack_client import Transport

Body = dict[str, Any]
_REQUESTED = "EXECUTION_REQUESTED"


@dataclass(frozen=True)
class BadEvent:
    """One of them. `content` is a record's value for Kafka and a detail for EventBridge; None is a tombstone."""

    title: str
    content: bytes | None
    transport: Transport
    event_type: str = _REQUESTED
    """Topic, or detail type."""
    reason: str | None = "malformed"
    """None: to be ignored without a trace."""


def bad_events(seed: int) -> list[BadEvent]:
    """All of them, each valid but for one thing."""
    spoilt = [
        BadEvent(title, _spoilt(title, spoil, seed), transport, reason=reason)
        for title, (spoil, reason) in _SPOILERS.items()
        for transport in Transport
    ]
    kafka = Transport.KAFKA
    return [
        *spoilt,
        BadEvent("no JSON", b"this is no JSON", kafka, reason="not_json"),
        BadEvent("half of an event", b'{"event_id": "x", "event_type": "EXECUTION_REQ', kafka, reason="not_json"),
        BadEvent("a list", b"[1, 2, 3]", kafka, reason="not_json"),
        BadEvent("not a number", b'{"event_id": NaN}', kafka, reason="not_json"),
        BadEvent("a hundred thousand brackets", b"[" * 100_000, kafka, reason="not_json"),
        BadEvent("UTF-16", '{"event_id": "x"}'.encode("utf-16"), kafka, reason="not_utf8"),
        BadEvent("the same key twice", b'{"user_id": "alice", "user_id": "eve"}', kafka, reason="duplicate_key"),
        BadEvent(
            "another function's event",
            json.dumps(_valid("wrongtopic", seed)).encode(),
            kafka,
            event_type="EXECUTION_STARTED",
            reason="wrong_event_type",
        ),
        BadEvent(
            "another detail type",
            json.dumps(_valid("wrongtype", seed)).encode(),
            Transport.EVENTBRIDGE,
            event_type="EXECUTION_COMPLETED",
            reason="wrong_event_type",
        ),
        BadEvent("tombstone", None, kafka, reason=None),
    ]


def _valid(slug: str, seed: int) -> Body:
    ordinary = next(case for case in CASES if case.slug == "bash")
    return body_of(Execution(f"bad-{slug}-{seed}", ordinary, ordinary.scripts[0], Transport.KAFKA), What.REQUEST)[1]


def _spoilt(title: str, spoil: Callable[[Body], None], seed: int) -> bytes:
    body = _valid("".join(letter for letter in title if letter.isalnum()), seed)
    spoil(body)
    return json.dumps(body).encode()


def _set(**fields: Any) -> Callable[[Body], None]:
    return lambda body: body.update(fields)


def _drop(field: str) -> Callable[[Body], None]:
    return lambda body: body.pop(field)


_SPOILERS: dict[str, tuple[Callable[[Body], None], str]] = {
    "no event id": (_drop("event_id"), "malformed"),
    "no execution id": (_drop("execution_id"), "malformed"),
    "an event id as number": (_set(event_id=300), "malformed"),
    "an event id of nothing": (_set(event_id=""), "malformed"),
    "a path as execution id": (_set(execution_id="../../etc/passwd"), "malformed"),
    "a counter's key": (_set(execution_id="#counter#python#0"), "malformed"),
    "nobody who could be answered": (_drop("metadata"), "malformed"),
    "an owner who cannot be read": (_set(metadata={"user_id": ["alice"]}), "malformed"),
    "a version to come": (_set(event_version="2.0"), "unknown_event_version"),
    "tomorrow's date": (_set(timestamp="2199-01-01T00:00:00Z"), "timestamp_in_future"),
    "somebody's bucket": (
        lambda body: (
            body.pop("script"),
            body.update(script_ref={"bucket": "not-yours", "key": "k", "size": 1, "sha256": "0" * 64}),
        )[1],
        "script_bucket_not_allowed",
    ),
}

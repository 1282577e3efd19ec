"""Messages as they leave: every field of every kind, and the keys that name them."""

import json
from dataclasses import replace
from typing import Any

import pytest

from saga_orchestrator.domain.errors import CorruptSaga, UnknownMessageKey
from saga_orchestrator.domain.events import Signal, script_key
from saga_orchestrator.domain.executions.request_rules import INVALID_REQUEST, stored_faults
from saga_orchestrator.domain.render import (
    MAX_MESSAGE_BYTES,
    SAGA_MESSAGES,
    WAITING_MESSAGES,
    Message,
    encoded,
    is_of_every_saga,
    render,
)
from saga_orchestrator.domain.saga import Cause, Saga, TimelineEntry, emit
from saga_testing.samples.sample_request import REQUEST
from sagas.execution import EXECUTION_SAGA, create_pod_body
from tests.unit.samples import NOW, after, cancelled, completed, failed, requested, rules, script_of, started

SENT_AT = "2026-11-24T06:00:00.123Z"
STEPS = ["validate_execution", "allocate_resources", "create_pod"]


def envelope(key: str, message_type: str, causation_id: str, **body: Any) -> dict[str, Any]:
    return {
        "message_id": f"execution_saga:ex-1:{key}",
        "message_type": message_type,
        "message_version": "1.0",
        "timestamp": SENT_AT,
        "saga_id": "execution_saga:ex-1",
        "saga_name": "execution_saga",
        "execution_id": "ex-1",
        "correlation_id": "corr-r",
        "causation_id": causation_id,
        **body,
    }


def rendered(saga: Saga, key: str) -> Message:
    message = render(saga, key, EXECUTION_SAGA)
    assert message.id == f"execution_saga:ex-1:{key}"
    assert message.execution_id == "ex-1"
    assert message.type == message.body["message_type"]
    return message


def at_once(*signals: Signal) -> Saga:
    """All at the same instant, which is that of the expected messages."""
    saga = after(*signals)
    return replace(saga, timeline=tuple(replace(entry, at=NOW) for entry in saga.timeline))


CREATE = {
    "language": "python",
    "language_version": "3.11",
    "runtime_image": "python:3.11-slim",
    "runtime_command": ["python", "-u"],
    "runtime_filename": "main.py",
    "timeout_seconds": 30,
    "cpu_limit": "500m",
    "memory_limit": "128Mi",
    "cpu_request": "100m",
    "memory_request": "64Mi",
    "priority": "high",
    "script_ref": {
        "bucket": "payloads",
        "key": "scripts/ex-1/" + "01" * 32,
        "size": 14,
        "sha256": "01" * 32,
    },
    "expires_at": "2026-11-24T06:05:00.123Z",
}


def test_the_create_command_says_all_that_the_request_says() -> None:
    message = rendered(at_once(requested()), "create_pod#1")

    assert message.body == envelope("create_pod#1", "CREATE_POD_COMMAND", "r1", **CREATE)
    assert not message.wants_script


def test_a_script_by_reference_keeps_its_own_place() -> None:
    saga = after(requested(script_of(14, bucket="theirs", key="their/key")))

    assert rendered(saga, "create_pod#1").body["script_ref"] == {
        "bucket": "theirs",
        "key": "their/key",
        "size": 14,
        "sha256": "01" * 32,
    }


def test_only_a_command_that_carries_the_script_wants_it_and_only_where_it_is_inline() -> None:
    saga = after(requested(), failed(), going_by=rules(inline_script_max_bytes=100))

    wants = {key: rendered(saga, key).wants_script for entry in saga.timeline for key in entry.messages}

    assert wants == {"saga_started#1": False, "create_pod#1": True, "delete_pod#1": False, "saga_failed#1": False}


def test_the_start_is_announced_with_the_steps_that_are_done() -> None:
    saga = at_once(requested(), failed())

    assert rendered(saga, "saga_started#1").body == envelope(
        "saga_started#1",
        "SAGA_STARTED",
        "r1",
        outcome="started",
        reason=None,
        completed_steps=STEPS,
        compensated_steps=[],
    )


UNDONE = ["create_pod", "allocate_resources"]


@pytest.mark.parametrize(
    ("event", "key", "message_type", "body"),
    [
        (
            completed(exit_code=0),
            "saga_completed#1",
            "SAGA_COMPLETED",
            {"outcome": "completed", "reason": "execution_completed", "compensated_steps": [], "exit_code": 0},
        ),
        (
            failed(),
            "saga_failed#1",
            "SAGA_FAILED",
            {
                "outcome": "failed",
                "reason": "execution_failed",
                "compensated_steps": UNDONE,
                "exit_code": 3,
                "error_type": "ScriptError",
            },
        ),
        (
            cancelled(),
            "saga_cancelled#1",
            "SAGA_CANCELLED",
            {
                "outcome": "cancelled",
                "reason": "cancelled",
                "compensated_steps": UNDONE,
                "cancelled_by": "alice",
                "by_right_of": "owner",
            },
        ),
    ],
)
def test_the_end_is_announced_with_what_is_known_of_it(
    event: Any, key: str, message_type: str, body: dict[str, Any]
) -> None:
    message = rendered(at_once(requested(), event), key)

    assert message.body == envelope(key, message_type, event.event_id, completed_steps=STEPS, **body)


def test_what_every_saga_announces_is_never_a_command_nor_held_back() -> None:
    assert {kind: spec.type for kind, spec in SAGA_MESSAGES.items()} == {
        "saga_started": "SAGA_STARTED",
        "saga_completed": "SAGA_COMPLETED",
        "saga_failed": "SAGA_FAILED",
        "saga_timeout": "SAGA_TIMEOUT",
        "saga_cancelled": "SAGA_CANCELLED",
    }
    for spec in SAGA_MESSAGES.values():
        assert (spec.is_command, spec.carries_script, spec.only_before_start) == (False, False, False)


def test_a_delete_says_why_the_pod_must_go() -> None:
    saga = at_once(requested(), failed(), started())

    assert rendered(saga, "delete_pod#1").body == envelope(
        "delete_pod#1", "DELETE_POD_COMMAND", "f1", reason="execution_failed"
    )
    assert rendered(saga, "delete_pod#2").body == envelope(
        "delete_pod#2", "DELETE_POD_COMMAND", "s1", reason="started_after_end"
    )


def test_a_create_command_is_made_of_a_request_or_not_at_all() -> None:
    entry = TimelineEntry(NOW, Cause.REQUESTED, "r1")
    saga = after(requested())

    with pytest.raises(CorruptSaga):
        create_pod_body(replace(saga, request=None), entry)
    with pytest.raises(CorruptSaga):
        create_pod_body(replace(saga, create_before=None), entry)


@pytest.mark.parametrize("key", ["create_pod#2", "unheard_of#1", "create_pod"])
def test_a_key_that_was_never_emitted_is_refused_by_name(key: str) -> None:
    with pytest.raises(UnknownMessageKey, match=key):
        render(after(requested()), key, EXECUTION_SAGA)


def test_a_kind_that_newer_code_emitted_is_refused() -> None:
    saga = emit(after(requested()), TimelineEntry(NOW, Cause.STARTED, "s1"), ("unheard_of",))

    with pytest.raises(UnknownMessageKey, match=r"execution_saga:ex-1 names message 'unheard_of#1'"):
        render(saga, "unheard_of#1", EXECUTION_SAGA)


@pytest.mark.parametrize(
    ("key", "is_its_own"),
    [("saga_started#1", True), ("saga_compensating#2", True), ("create_pod#1", False), ("unheard_of#1", False)],
)
def test_what_a_saga_says_of_itself_is_told_from_what_its_definition_says(key: str, is_its_own: bool) -> None:
    assert is_of_every_saga(key) is is_its_own


@pytest.mark.parametrize("kind", [*SAGA_MESSAGES, *WAITING_MESSAGES])
def test_what_a_saga_says_of_itself_is_far_from_too_large(kind: str) -> None:
    """So nobody needs to make it before the write to know that it can be sent."""
    word, person = "w" * 64, "\N{GRINNING FACE}" * 256
    longest = after(requested()).having(
        execution_id=word,
        correlation_id="c" * 128,
        owner=person,
        ended_by=person,
        reason=INVALID_REQUEST,
        error_type="e" * 128,
        completed_steps=(word,) * 100,
        compensated_steps=(word,) * 100,
        faults=stored_faults(tuple(f"{word}.{place}:{word}" for place in range(10_000))),
    )
    told = emit(longest, TimelineEntry(NOW, Cause.FAILED, "e" * 128), (kind,))

    assert (
        len(encoded(render(told, f"{kind}#{told.occurrences(kind)}", EXECUTION_SAGA)).encode()) < MAX_MESSAGE_BYTES / 10
    )


def test_a_message_is_compact_json_in_its_own_letters() -> None:
    message = Message("id", "TYPE", "ex-1", {"a": "ä", "b": [1, 2]})

    assert message.encode() == '{"a":"ä","b":[1,2]}'
    assert json.loads(message.encode()) == message.body
    assert not message.wants_script


def test_each_occurrence_of_a_kind_has_a_number_of_its_own() -> None:
    saga = after(requested(), failed())
    entry = TimelineEntry(NOW, Cause.STARTED, "s1")

    again = emit(saga, entry, ("delete_pod", "saga_started", "new"))

    assert again.outbox == ("delete_pod#2", "saga_started#2", "new#1")
    assert again.timeline == (*saga.timeline, replace(entry, messages=again.outbox))
    assert (again.occurrences("delete_pod"), again.occurrences("delete")) == (2, 0)
    assert (again.has_emitted("new"), again.has_emitted("never")) == (True, False)


def test_the_name_of_a_stored_script_is_made_of_its_content() -> None:
    assert script_key("ex-1", REQUEST.script.sha256) == "scripts/ex-1/" + "01" * 32

"""Well-formed fields become the domain's event; all others a reason that repeats none of their values."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from saga_orchestrator.domain.errors import RejectedEvent, RejectReason, WrongEventType
from saga_orchestrator.domain.events import (
    Event,
    EventType,
    ExecutionCancelled,
    ExecutionCompleted,
    ExecutionFailed,
    ExecutionRequested,
    ExecutionStarted,
    ExecutionTimedOut,
    InvalidRequest,
    Script,
)
from saga_orchestrator.entrypoints.decoding import ForeignEventType, decode_event
from saga_testing.samples.sample_events import NOW_MS, event
from saga_testing.samples.sample_request import REQUEST

REFERENCE = {"bucket": "scripts-1", "key": "a/key", "size": 5, "sha256": "0f" * 32}


def decoded(name: str, **fields: Any) -> Event:
    return decode_event(event(name, event_id="e1", **fields), EventType(name))


def requested(**fields: Any) -> ExecutionRequested:
    found = decode_event(
        event("EXECUTION_REQUESTED", event_id="e1", **fields),
        EventType.REQUESTED,
        script_buckets=frozenset({"scripts-1"}),
    )
    assert isinstance(found, ExecutionRequested)
    return found


IDS: dict[str, Any] = {"event_id": "e1", "execution_id": "ex-1", "correlation_id": "corr-1"}


@pytest.mark.parametrize(
    ("name", "fields", "expected"),
    [
        ("EXECUTION_STARTED", {}, ExecutionStarted(**IDS, pod_name="pod-1")),
        (
            "EXECUTION_STARTED",
            {"pod_name": "p" * 63, "node_name": "n" * 30 + "m" * 34},
            ExecutionStarted(**IDS, pod_name="p" * 63, node_name="n" * 24 + "~" + "n" * 4 + "m" * 34),
        ),
        ("EXECUTION_COMPLETED", {"exit_code": None}, ExecutionCompleted(**IDS, exit_code=None)),
        ("EXECUTION_COMPLETED", {"exit_code": 4}, ExecutionCompleted(**IDS, exit_code=4)),
        ("EXECUTION_FAILED", {}, ExecutionFailed(**IDS, exit_code=1, error_type="ScriptError")),
        ("EXECUTION_FAILED", {"error_type": None}, ExecutionFailed(**IDS, exit_code=1, error_type=None)),
        ("EXECUTION_TIMEOUT", {}, ExecutionTimedOut(**IDS)),
        ("EXECUTION_CANCELLED", {}, ExecutionCancelled(**IDS, actor="alice", by_operator=False)),
        (
            "EXECUTION_CANCELLED",
            {"user_id": "bob"},
            ExecutionCancelled(**IDS, actor="alice", by_operator=False),
        ),
        (
            "EXECUTION_CANCELLED",
            {"cancelled_by": None, "user_id": "bob"},
            ExecutionCancelled(**IDS, actor="bob", by_operator=False),
        ),
    ],
)
def test_each_type_becomes_its_event(name: str, fields: dict[str, Any], expected: Event) -> None:
    assert decoded(name, **fields) == expected


def test_a_cancel_is_an_operators_only_where_its_source_says_so() -> None:
    cancel = decode_event(event("EXECUTION_CANCELLED", event_id="e1"), EventType.CANCELLED, by_operator=True)

    assert cancel == ExecutionCancelled(**IDS, actor="alice", by_operator=True)


def test_a_request_with_its_script_becomes_all_that_it_says() -> None:
    digest = hashlib.sha256("print('hellö')".encode()).digest()
    expected = replace(REQUEST, priority="low", script=Script(15, digest))

    found = requested(script="print('hellö')", priority="low")

    assert (found.event_id, found.execution_id, found.correlation_id) == ("e1", "ex-1", "corr-1")
    assert (found.request, found.owner, found.requested_at) == (expected, "alice", NOW_MS)
    assert found.script_content is not None
    assert found.script_content.reveal() == "print('hellö')".encode()


def test_an_empty_script_is_a_script() -> None:
    found = requested(script="")

    assert found.request.script == Script(0, hashlib.sha256(b"").digest())
    assert found.script_content is not None


def test_a_script_by_reference_is_taken_from_allowed_buckets_only() -> None:
    found = requested(script=None, script_ref=REFERENCE)

    assert found.request.script == Script(5, b"\x0f" * 32, "scripts-1", "a/key")
    assert found.script_content is None
    for buckets in (frozenset[str](), frozenset({"another"})):
        with pytest.raises(RejectedEvent) as refused:
            decode_event(
                event("EXECUTION_REQUESTED", script=None, script_ref=REFERENCE),
                EventType.REQUESTED,
                script_buckets=buckets,
            )
        assert refused.value.reason is RejectReason.SCRIPT_BUCKET_NOT_ALLOWED
        assert "scripts-1" not in refused.value.detail
    with pytest.raises(RejectedEvent):
        decode_event(event("EXECUTION_REQUESTED", script=None, script_ref=REFERENCE), EventType.REQUESTED)


def test_the_hash_of_a_request_is_of_what_runs_and_for_whom() -> None:
    """Pinned: a stored saga is compared with it, also by newer code."""
    pinned, without_owner = (
        "c06b188569b08c85fc3802b3b121ecfd83b2cc0024e5d9602967293b3b36c41c",
        "41e4a5e96a1e12d036f332465c3f9bd8123574c9bded0c0a719121227939d357",
    )

    assert requested().request_hash.hex() == pinned
    assert requested(user_id=None).request_hash.hex() == without_owner
    assert requested(timestamp="2020-01-01T00:00:00Z", execution_id="ex-2").request_hash.hex() == pinned


@pytest.mark.parametrize(
    "change",
    [
        {"language": "ruby"},
        {"language_version": "3.12"},
        {"runtime_image": "python:3.12"},
        {"runtime_filename": "other.py"},
        {"timeout_seconds": 31},
        {"cpu_limit": "501m"},
        {"memory_limit": "129Mi"},
        {"cpu_request": "101m"},
        {"memory_request": "65Mi"},
        {"priority": "low"},
        {"runtime_command": ["python"]},
        {"runtime_command": ["python-", "u"]},
        {"runtime_command": ["python", "-u", ""]},
        {"script": "print('hallo')"},
        {"user_id": "bob"},
        {"user_id": None},
    ],
    ids=str,
)
def test_other_work_or_another_owner_has_another_hash(change: dict[str, Any]) -> None:
    assert requested(**change).request_hash != requested().request_hash


@pytest.mark.parametrize("name", ["EXECUTION_STARTED", "execution_started", "Execution_Started"])
def test_the_type_compares_without_case(name: str) -> None:
    assert decode_event(event("EXECUTION_STARTED", event_type=name, event_id="e1"), EventType.STARTED) == (
        ExecutionStarted(**IDS, pod_name="pod-1")
    )


def test_another_of_our_types_is_wrong_here_and_a_foreign_one_is_nobodys() -> None:
    for name in ("EXECUTION_FAILED", "execution_failed"):
        with pytest.raises(WrongEventType, match="handles EXECUTION_STARTED, not EXECUTION_FAILED"):
            decode_event({"event_type": name}, EventType.STARTED)
    for name in ("POD_CREATED", ""):
        with pytest.raises(ForeignEventType):
            decode_event({"event_type": name}, EventType.STARTED)


@pytest.mark.parametrize("version", ["2.0", "1", ""])
def test_another_version_is_refused_before_the_fields_are_looked_at(version: str) -> None:
    with pytest.raises(RejectedEvent) as refused:
        decode_event({"event_type": "EXECUTION_STARTED", "event_version": version}, EventType.STARTED)

    assert refused.value.reason is RejectReason.UNKNOWN_VERSION


def malformed(fields: dict[str, Any], expected: EventType = EventType.STARTED) -> str:
    with pytest.raises(RejectedEvent) as refused:
        decode_event(fields, expected)
    assert refused.value.reason is RejectReason.MALFORMED
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__
    return refused.value.detail


def test_what_cannot_be_addressed_is_refused_in_words() -> None:
    assert malformed(event("EXECUTION_STARTED", event_type=5)) == "event_type breaks its rule"
    assert malformed(event("EXECUTION_STARTED", execution_id="a b", event_id=None)) == (
        "event_id breaks its rule; execution_id breaks its rule"
    )
    assert malformed({"event_type": "EXECUTION_STARTED"}) == ("event_id is missing; execution_id is missing")


@pytest.mark.parametrize(
    "metadata", [None, [], "text", {"user_id": 5}, {"user_id": ""}, {"user_id": "a..b"}, {"user_id": "\ud800"}]
)
def test_a_request_whose_owner_cannot_be_read_is_refused(metadata: Any) -> None:
    assert malformed(event("EXECUTION_REQUESTED", metadata=metadata), EventType.REQUESTED)


def test_a_cancel_whose_actor_cannot_be_read_is_refused_unless_an_operator_sends_it() -> None:
    cancel = event("EXECUTION_CANCELLED", cancelled_by=["alice"], user_id="alice", event_id="e1")

    assert malformed(cancel, EventType.CANCELLED) == "cancelled_by breaks its rule"
    by_operator = decode_event(cancel, EventType.CANCELLED, by_operator=True)
    assert by_operator == ExecutionCancelled(**IDS, actor="alice", by_operator=True)
    assert by_operator.unusable == ("cancelled_by",)


def test_what_decides_nothing_is_dropped_and_named() -> None:
    found = decode_event(
        event(
            "EXECUTION_FAILED",
            event_id="e1",
            event_version=None,
            timestamp="yesterday",
            aggregate_id={},
            metadata={"correlation_id": "\ud800", "user_id": 7, "service_name": [1]},
            exit_code=1.5,
            error_type="caf\udce9",
            error_message="caf\udce9",
            stdout=None,
            stderr=5,
            resource_usage="n/a",
        ),
        EventType.FAILED,
    )

    ids = IDS | {"correlation_id": "ex-1"}
    assert found == ExecutionFailed(**ids, exit_code=None, error_type="unprintable")
    assert set(found.unusable) == {
        *("event_version", "timestamp", "aggregate_id", "exit_code", "error_type", "error_message"),
        *("stdout", "stderr", "resource_usage"),
        *("metadata.correlation_id", "metadata.user_id", "metadata.service_name"),
    }


@pytest.mark.parametrize("metadata", [None, [], "text", 7])
def test_metadata_that_is_no_object_is_dropped_where_nobody_is_owner(metadata: Any) -> None:
    found = decode_event(event("EXECUTION_STARTED", metadata=metadata, event_id="e1"), EventType.STARTED)

    assert found.correlation_id == "ex-1"
    assert found.unusable == ("metadata",)


@pytest.mark.parametrize(
    ("version", "taken"), [(1, True), (1.0, True), (True, True), ([], True), (2, False), (1.1, False)]
)
def test_a_version_of_another_type_is_another_version_only_where_it_says_so(version: Any, taken: bool) -> None:
    fields = event("EXECUTION_STARTED", event_version=version)
    if taken:
        assert decode_event(fields, EventType.STARTED).unusable == ("event_version",)
    else:
        with pytest.raises(RejectedEvent, match="unknown_event_version"):
            decode_event(fields, EventType.STARTED)


def invalid(**fields: Any) -> InvalidRequest:
    found = decode_event(event("EXECUTION_REQUESTED", event_id="e1", **fields), EventType.REQUESTED)
    assert isinstance(found, InvalidRequest)
    return found


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({"script": None}, ("script:missing",)),
        ({"script_ref": REFERENCE}, ("script_ref",)),
        ({"script": None, "script_ref": {"bucket": "scripts-1"}}, ("script_ref",)),
        ({"script": "\ud800"}, ("script:not_unicode",)),
        ({"runtime_command": ["a", 5]}, ("runtime_command",)),
        ({"runtime_command": ["a", "\ud800"]}, ("runtime_command:not_unicode",)),
        ({"timeout_seconds": 0, "language": "Ruby"}, ("language", "timeout_seconds")),
        ({"cpu_request": "2", "cpu_limit": "1"}, ("cpu_request:above_limit",)),
        ({"memory_request": "1Gi", "memory_limit": "1G"}, ("memory_request:above_limit",)),
        ({"timestamp": None}, ("timestamp",)),
        ({"cpu_request": "2", "cpu_limit": "1", "language": "Ruby"}, ("cpu_request:above_limit", "language")),
        ({"memory_request": "2G", "memory_limit": "1G", "cpu_limit": "x"}, ("memory_request:above_limit", "cpu_limit")),
        ({"cpu_request": "2", "cpu_limit": "no"}, ("cpu_limit",)),
        ({"memory_request": None, "memory_limit": "1G"}, ("memory_request",)),
        ({"script_ref": REFERENCE, "priority": "now"}, ("script_ref", "priority")),
        ({"script": 5, "script_ref": REFERENCE}, ("script_ref", "script")),
        ({"script": None, "priority": "now"}, ("script:missing", "priority")),
    ],
)
def test_a_request_that_cannot_be_run_names_its_faults(fields: dict[str, Any], faults: tuple[str, ...]) -> None:
    found = invalid(**fields)

    assert (found.faults, found.owner, found.correlation_id) == (faults, "alice", "corr-1")


def test_an_invalid_request_delivered_again_has_its_hash_and_other_content_another() -> None:
    one = invalid(language="Ruby").request_hash

    assert invalid(language="Ruby", timestamp="2020-01-01T00:00:00Z").request_hash == one
    others = [{"language": "Rubin"}, {"language": "Ruby", "script": ""}, {"language": "Ruby", "user_id": "bob"}]
    assert all(invalid(**other).request_hash != one for other in others)


def test_an_error_type_that_is_no_identifier_is_replaced() -> None:
    for name, kept in [
        ("a.B:c-d_9", "a.B:c-d_9"),
        ("E" * 128, "E" * 128),
        ("E" * 129, "unprintable"),
        ("has space", "unprintable"),
        ("", "unprintable"),
        ("E\n", "unprintable"),
    ]:
        found = decoded("EXECUTION_FAILED", error_type=name)
        assert isinstance(found, ExecutionFailed)
        assert found.error_type == kept

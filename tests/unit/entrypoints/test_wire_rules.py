"""Every rule of the wire, at its boundary: the last value that passes and the first that does not."""

from typing import Any

import pytest
from pydantic import ValidationError

from saga_orchestrator.domain.errors import RejectedEvent
from saga_orchestrator.domain.events import EventType, ExecutionRequested, InvalidRequest
from saga_orchestrator.entrypoints.decoding import decode_event
from saga_orchestrator.entrypoints.schemas import MODEL_OF, Wire
from saga_testing.sample_events import OWN_FIELDS, event

TOP = 2**31 - 1
REFERENCE: dict[str, Any] = {"bucket": "scripts-1", "key": "a/key", "size": 5, "sha256": "0f" * 32}


WIDE: dict[str, dict[str, Any]] = {
    "EXECUTION_REQUESTED": {
        "cpu_limit": "1e999",
        "memory_limit": "1e999",
        "cpu_request": "1n",
        "memory_request": "1",
    }
}
"""So that no quantity under test is a request above its limit."""


def fault(name: str, fields: dict[str, Any]) -> str | None:
    """What is said of the event: why it is refused, what its requester is told, or which fields it counts without."""
    buckets = frozenset({"scripts-1", "a" * 63, "abc"})
    try:
        found = decode_event(event(name, **WIDE.get(name, {}) | fields), EventType(name), script_buckets=buckets)
    except RejectedEvent as refused:
        return refused.detail
    if isinstance(found, InvalidRequest):
        return "; ".join(found.faults)
    return "; ".join(found.unusable) or None


DIGEST = "sha256:" + "0f" * 32
GOOD_IMAGES: list[Any] = [
    "a",
    "python:3.11-slim",
    "a" * 255,
    "a" * 255 + ":" + "T" * 128,
    "localhost:5000/a/b-c__d.e:V_1.0",
    "registry.example/team/python@" + DIGEST,
    "Registry.Example:443/python:3@" + DIGEST,
    "[::1]:5000/a",
]
BAD_IMAGES: list[Any] = [
    "",
    "/a",
    "a/",
    "a//b",
    "a" * 256,
    "b" * 256 + ":1",
    "a b",
    "Python",
    "a/Python",
    "https://registry.example/python:3",
    "a:",
    "a:-1",
    "a:" + "T" * 129,
    "a@sha256:0f",
    "a@" + DIGEST.upper(),
    "a..b",
    "a_-b",
    "-a",
    "a\n",
    "\u00e4",
    "\ud800",
    5,
    None,
]
QUANTITIES: list[Any] = [
    *("1", "+1", "9999", "1.5", "1.5000", "1.", "01", "1k", "512Mi", "1M", "1Ti", "2E", "2e3", "2E3", "1e+3", "1P"),
    *("10000e-3", "2Ki", "1Pi", "1Ei", "1G", "1T", "9" * 64, "1e999", "1000m", "1000000u", "1000000000n", ".5Gi"),
]
NO_QUANTITIES: list[Any] = [
    *(
        "",
        "0",
        "0.000",
        "0m",
        "00000",
        "0Ki",
        "-1",
        "1K",
        "512K",
        "1ki",
        "1kI",
        "1mi",
        "1g",
        "1i",
        "1 Mi",
        "1Mi\n",
        ".",
    ),
    *("1e", "1e1.5", "1e3k", "1.5.1", "0x1", "1_0", "\u0661\u0660m", "9" * 65, "1MiB", "Mi", "+", "\ud800"),
    1,
    None,
]

CASES: list[tuple[str, str, list[Any], list[Any]]] = [
    ("EXECUTION_STARTED", "event_id", ["a", "A.z_9:-", "e" * 128], ["", "e" * 129, "a b", "a\n", "ä", 5, None]),
    ("EXECUTION_STARTED", "execution_id", ["a", "A-z_9", "e" * 64], ["", "e" * 65, "a.b", "a:b", "a\n", 5, None]),
    ("EXECUTION_STARTED", "event_type", ["execution_started"], [5, None]),
    ("EXECUTION_STARTED", "event_version", ["1.0"], [1.0, None]),
    ("EXECUTION_STARTED", "aggregate_id", [None, "", "a" * 256], ["a" * 257, 5]),
    (
        "EXECUTION_STARTED",
        "timestamp",
        [
            "2026-11-24T06:00:00Z",
            "2026-11-24t06:00:00z",
            "2026-11-24T06:00:00.1+00:00",
            "2026-11-24T06:00:00.123456789-05:30",
            "2026-11-24T06:00:00.12345678901234567890-00:00",
            "2016-12-31T23:59:60Z",
            "2016-12-31t18:29:60.5-05:30",
            "2024-02-29T00:00:00+23:59",
            "2000-02-29T00:00:00Z",
            "0000-01-01T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "9999-12-31T23:59:60-23:59",
        ],
        [
            "2026-11-24T06:00:00",
            "2026-11-24 06:00:00Z",
            "2026-11-24T06:00:00.Z",
            "2026-11-24T06:00:61Z",
            "2026-11-24T24:00:00Z",
            "2026-11-24T06:60:00Z",
            "2026-11-24T06:00:00+24:00",
            "2026-11-24T06:00:00+00:60",
            "2026-11-24T06:00:00+0100",
            "2026-13-24T06:00:00Z",
            "2026-00-24T06:00:00Z",
            "2026-11-00T06:00:00Z",
            "2026-11-31T06:00:00Z",
            "2026-02-29T06:00:00Z",
            "1900-02-29T06:00:00Z",
            "\u0662026-11-24T06:00:00Z",
            "2026-11-24T06:00:00Z\n",
            "2026-11-24",
            5,
            None,
        ],
    ),
    ("EXECUTION_STARTED", "pod_name", [None, "p", "p" * 300], ["", "a b", "p\n", "\ud83d", 5]),
    ("EXECUTION_STARTED", "node_name", [None, "n", "n" * 300], ["", "a\0", 5]),
    ("EXECUTION_STARTED", "container_id", [None, "", "c" * 256], ["c" * 257, 5]),
    (
        "EXECUTION_COMPLETED",
        "exit_code",
        [0, 0.0, -0.0, 3e1, 3221225477, 2 * TOP + 1, -TOP - 1],
        [2 * TOP + 2, -TOP - 2, "0", 0.5, float("inf"), True, None],
    ),
    ("EXECUTION_COMPLETED", "resource_usage", [None, {}, {"cpu": 1}, {"note\udc00": "\ud800"}], [[], "x"]),
    ("EXECUTION_COMPLETED", "stdout", ["", "x" * (6 * 1024 * 1024)], ["x" * (6 * 1024 * 1024 + 1), 5, None]),
    ("EXECUTION_COMPLETED", "stderr", ["", "x" * (6 * 1024 * 1024)], ["x" * (6 * 1024 * 1024 + 1), 5, None]),
    ("EXECUTION_FAILED", "exit_code", [0, 137.0, 2 * TOP + 1, -TOP - 1], [2 * TOP + 2, -TOP - 2, "0", 1.5, None]),
    ("EXECUTION_FAILED", "error_type", [None, "", "E" * 4096], ["E" * 4097, 5]),
    ("EXECUTION_FAILED", "error_message", [""], [5, None]),
    ("EXECUTION_TIMEOUT", "timeout_seconds", [0, 60.0, TOP], [-1, TOP + 1, "1", 1.5, None]),
    ("EXECUTION_TIMEOUT", "stdout", [""], [5, None]),
    ("EXECUTION_CANCELLED", "reason", ["", "r" * 65_536], ["r" * 65_537, 5, None]),
    ("EXECUTION_CANCELLED", "cancelled_by", ["a", "spiffe://trust/ns/a"], ["", "a b", "a..b", "\ud800", 5]),
    ("EXECUTION_CANCELLED", "force_terminated", [True, False], ["true", 1, None]),
    ("EXECUTION_REQUESTED", "script", ["", "x"], [5, None, "\ud800"]),
    ("EXECUTION_REQUESTED", "script_ref", [None], [REFERENCE, {}, "x"]),
    ("EXECUTION_REQUESTED", "language", ["a", "9+._-", "a" * 32], ["", "A", "-a", "a" * 33, "a b", 5, None]),
    ("EXECUTION_REQUESTED", "language_version", ["3", "A+._-9", "a" * 32], ["", "-3", "a" * 33, "3 1", 5, None]),
    ("EXECUTION_REQUESTED", "runtime_image", GOOD_IMAGES, BAD_IMAGES),
    (
        "EXECUTION_REQUESTED",
        "runtime_command",
        [["a"], ["", "ä b"], ["a"] * 64, ["a" * 16_384], ["a" * 16_383, "b"], ["ä" * 8_192]],
        [[], ["a"] * 65, ["a" * 16_385], ["a" * 16_383, "bc"], ["ä" * 8_193], ["a", "b\0c"], [5], "a", None],
    ),
    ("EXECUTION_REQUESTED", "runtime_filename", ["a", "_Z9.-", "a" * 128], ["", ".a", "-a", "a/b", "a" * 129, 5, None]),
    (
        "EXECUTION_REQUESTED",
        "timeout_seconds",
        [1, 60.0, 3e1, TOP],
        [0, 0.0, TOP + 1, "1", 60.5, float("inf"), True, None],
    ),
    *[
        ("EXECUTION_REQUESTED", name, [*QUANTITIES, "0.1m", "1n", "1u"], NO_QUANTITIES)
        for name in ("cpu_limit", "cpu_request")
    ],
    *[
        ("EXECUTION_REQUESTED", name, QUANTITIES, [*NO_QUANTITIES, "999m", "0.999", "1u", "1n", "1e-1"])
        for name in ("memory_limit", "memory_request")
    ],
    ("EXECUTION_REQUESTED", "priority", ["critical", "high", "normal", "low", "background"], ["", "HIGH", None, 1]),
]


@pytest.mark.parametrize(("name", "field", "good", "bad"), CASES, ids=[f"{case[0]}-{case[1]}" for case in CASES])
def test_a_field_takes_these_values_and_no_others(name: str, field: str, good: list[Any], bad: list[Any]) -> None:
    for value in good:
        assert fault(name, {field: value}) is None, value
    for value in bad:
        assert fault(name, {field: value}) is not None, value


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("bucket", ["scripts-1", "abc", "a" * 63], ["ab", "a" * 64, "Abc", "-bc", "ab-", "a_b", 5, None]),
        ("key", ["k", "k" * 1024], ["", "k" * 1025, 5, None]),
        ("size", [0, 5.0, 2**40], [-1, 2**40 + 1, "5", 5.5, None]),
        ("sha256", ["0" * 64, "f" * 64], ["0" * 63, "0" * 65, "F" * 64, "g" * 64, 5, None]),
    ],
)
def test_a_script_reference_takes_these_values_and_no_others(field: str, good: list[Any], bad: list[Any]) -> None:
    for value in good:
        assert fault("EXECUTION_REQUESTED", {"script": None, "script_ref": REFERENCE | {field: value}}) is None, value
    for value in bad:
        detail = fault("EXECUTION_REQUESTED", {"script": None, "script_ref": REFERENCE | {field: value}})
        assert detail is not None, value
        assert detail == "script_ref", value


LABELS = ([None, "a", "!~", "a" * 128], ["", "a" * 129, "a b", "ä", "a\n", "\ud800", 5])


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        *[(name, *LABELS) for name in ("service_name", "service_version", "correlation_id")],
        (
            "user_id",
            [None, "a", "a.B_9@x:y|z+=-,/~%", "arn:aws:iam::123456789012:user/eng/alice", "u" * 128],
            ["", "u" * 129, "a b", "a..b", "..", "ä", "a\n", 5],
        ),
    ],
)
def test_metadata_takes_these_values_and_no_others(field: str, good: list[Any], bad: list[Any]) -> None:
    whole = event("EXECUTION_STARTED")["metadata"]
    for value in good:
        assert fault("EXECUTION_STARTED", {"metadata": whole | {field: value}}) is None, value
    for value in bad:
        assert fault("EXECUTION_STARTED", {"metadata": whole | {field: value}}) is not None, value


NEEDED = {
    "EXECUTION_REQUESTED": {"metadata", "timestamp", *OWN_FIELDS["EXECUTION_REQUESTED"]} - {"priority"},
}


@pytest.mark.parametrize("name", OWN_FIELDS)
def test_only_what_decides_is_needed(name: str) -> None:
    identity = {"event_id", "event_type", "execution_id"}
    whole = event(name)
    for field in identity | NEEDED.get(name, set()):
        least = {key: value for key, value in whole.items() if key != field}
        if field in identity | {"metadata"}:
            with pytest.raises(RejectedEvent):
                decode_event(least, EventType(name))
        else:
            assert isinstance(decode_event(least, EventType(name)), InvalidRequest), field
    least = {key: value for key, value in whole.items() if key in identity | NEEDED.get(name, set())}
    assert decode_event(least, EventType(name)).unusable == ()


@pytest.mark.parametrize(
    ("kind", "good"), [("E", True), ("e_X" * 21, True), ("", False), ("E" * 65, False), ("E 1", False)]
)
def test_the_wire_takes_a_type_of_letters_and_underscores_before_anybody_compares_it(kind: str, good: bool) -> None:
    fields = event("EXECUTION_STARTED", event_type=kind)
    if good:
        assert MODEL_OF[EventType.STARTED].model_validate(fields).event_type == kind
    else:
        with pytest.raises(ValidationError):
            MODEL_OF[EventType.STARTED].model_validate(fields)


def test_a_request_needs_exactly_one_script() -> None:
    assert fault("EXECUTION_REQUESTED", {"script": None, "script_ref": None}) == "script:missing"
    assert fault("EXECUTION_REQUESTED", {"script": "", "script_ref": REFERENCE}) == "script_ref"
    referring = {name: value for name, value in event("EXECUTION_REQUESTED").items() if name != "script"}
    for fields in (referring, referring | {"script": None}):
        assert decode_event(
            fields | {"script_ref": REFERENCE}, EventType.REQUESTED, script_buckets=frozenset({"scripts-1"})
        )


def test_the_priority_is_normal_unless_the_request_says_otherwise() -> None:
    found = decode_event(event("EXECUTION_REQUESTED"), EventType.REQUESTED)

    assert isinstance(found, ExecutionRequested)
    assert found.request.priority == "normal"


@pytest.mark.parametrize(
    ("timestamp", "millis"),
    [
        ("1970-01-01T00:00:00.999999999Z", 999),
        ("1970-01-01T00:00:01.5Z", 1_500),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01t00:00:00-00:30", 1_800_000),
        ("1970-01-01t00:00:02.25z", 2_250),
        ("1969-12-31T23:59:60Z", 0),
        ("1970-01-01T00:59:60.5+01:00", 500),
        ("1970-01-02T23:59:00+23:59", 86_400_000),
        ("1969-12-31T23:59:59.25Z", -750),
        ("2000-02-29T00:00:00Z", 951_782_400_000),
        ("0000-01-01T00:00:00Z", -62_167_219_200_000),
        ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ],
)
def test_a_timestamp_is_read_to_the_millisecond_in_its_own_zone(timestamp: str, millis: int) -> None:
    found = decode_event(event("EXECUTION_REQUESTED", timestamp=timestamp), EventType.REQUESTED)

    assert isinstance(found, ExecutionRequested), timestamp
    assert found.requested_at == millis


@pytest.mark.parametrize(("kind", "model"), MODEL_OF.items(), ids=lambda each: getattr(each, "__name__", str(each)))
def test_a_wire_event_is_frozen_ignores_the_unknown_and_hides_what_users_wrote(
    kind: EventType, model: type[Wire]
) -> None:
    whole = event(kind, unheard_of=1)
    wire = model.model_validate(whole)

    assert "unheard_of" not in wire.model_dump()
    with pytest.raises(ValueError, match="frozen"):
        wire.execution_id = "other"  # type: ignore[attr-defined]  # every event has one
    for name in ("script", "stdout", "stderr", "error_message", "reason"):
        if name in model.model_fields:
            assert not model.model_fields[name].repr
    with pytest.raises(ValueError, match="service_name") as invalid:
        model.model_validate(whole | {"metadata": {"service_name": "a very secret"}})
    assert "very secret" not in str(invalid.value)

"""Every rule of the wire, at its boundary: the last value that passes and the first that does not."""

from typing import Any

import pytest
from pydantic import ValidationError

from saga_orchestrator.domain.errors import RejectedEvent
from saga_orchestrator.domain.events import EventType, ExecutionRequested
from saga_orchestrator.entrypoints.decoding import decode_event
from saga_orchestrator.entrypoints.schemas import MODEL_OF, Wire, _timestamp
from saga_testing.sample_events import OWN_FIELDS, event

TOP = 2**31 - 1
REFERENCE: dict[str, Any] = {"bucket": "scripts-1", "key": "a/key", "size": 5, "sha256": "0f" * 32}


def fault(name: str, fields: dict[str, Any]) -> str | None:
    try:
        decode_event(event(name, **fields), EventType(name), script_buckets=frozenset({"scripts-1", "a" * 63, "abc"}))
    except RejectedEvent as refused:
        return refused.detail
    return None


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
            "1970-01-01T00:00:00Z",
            "1970-01-01T01:00:00+01:00",
        ],
        [
            "2026-11-24T06:00:00",
            "2026-11-24 06:00:00Z",
            "2026-11-24T06:00:00.Z",
            "2026-11-24T06:00:00.1234567890Z",
            "2026-13-24T06:00:00Z",
            "1969-12-31T23:59:59Z",
            "1970-01-01T00:00:00+01:00",
            "2026-11-24",
            5,
            None,
        ],
    ),
    ("EXECUTION_STARTED", "pod_name", ["p", "p" * 256], ["", "p" * 257, 5, None]),
    ("EXECUTION_STARTED", "node_name", [None, "", "n" * 256], ["n" * 257, 5]),
    ("EXECUTION_STARTED", "container_id", [None, "", "c" * 256], ["c" * 257, 5]),
    ("EXECUTION_COMPLETED", "exit_code", [0, TOP, -TOP - 1], [TOP + 1, -TOP - 2, "0", 0.0, True, None]),
    ("EXECUTION_COMPLETED", "resource_usage", [None, {}, {"cpu": 1}], [[], "x"]),
    ("EXECUTION_COMPLETED", "stdout", ["", "x" * (6 * 1024 * 1024)], ["x" * (6 * 1024 * 1024 + 1), 5, None]),
    ("EXECUTION_COMPLETED", "stderr", ["", "x" * (6 * 1024 * 1024)], ["x" * (6 * 1024 * 1024 + 1), 5, None]),
    ("EXECUTION_FAILED", "exit_code", [0, TOP, -TOP - 1], [TOP + 1, -TOP - 2, "0", None]),
    ("EXECUTION_FAILED", "error_type", [None, "", "E" * 4096], ["E" * 4097, 5]),
    ("EXECUTION_FAILED", "error_message", [""], [5, None]),
    ("EXECUTION_TIMEOUT", "timeout_seconds", [0, TOP], [-1, TOP + 1, "1", None]),
    ("EXECUTION_TIMEOUT", "stdout", [""], [5, None]),
    ("EXECUTION_CANCELLED", "reason", ["", "r" * 65_536], ["r" * 65_537, 5, None]),
    ("EXECUTION_CANCELLED", "cancelled_by", ["a"], ["", "a b", "a..b", 5]),
    ("EXECUTION_CANCELLED", "force_terminated", [True, False], ["true", 1, None]),
    ("EXECUTION_REQUESTED", "script", ["", "x"], [5, None]),
    ("EXECUTION_REQUESTED", "script_ref", [None], [REFERENCE, {}, "x"]),
    ("EXECUTION_REQUESTED", "language", ["a", "9+._-", "a" * 32], ["", "A", "-a", "a" * 33, "a b", 5, None]),
    ("EXECUTION_REQUESTED", "language_version", ["3", "A+._-9", "a" * 32], ["", "-3", "a" * 33, "3 1", 5, None]),
    ("EXECUTION_REQUESTED", "runtime_image", ["a", "A9._/:@+-", "a" * 255], ["", "/a", "a" * 256, "a b", 5, None]),
    (
        "EXECUTION_REQUESTED",
        "runtime_command",
        [["a"], ["", "ä b"], ["a"] * 64, ["a" * 16_384], ["a" * 16_383, "b"], ["ä" * 8_192]],
        [[], ["a"] * 65, ["a" * 16_385], ["a" * 16_383, "bc"], ["ä" * 8_193], ["a", "b\0c"], [5], "a", None],
    ),
    ("EXECUTION_REQUESTED", "runtime_filename", ["a", "_Z9.-", "a" * 128], ["", ".a", "-a", "a/b", "a" * 129, 5, None]),
    ("EXECUTION_REQUESTED", "timeout_seconds", [1, TOP], [0, TOP + 1, "1", 1.0, True, None]),
    *[
        (
            "EXECUTION_REQUESTED",
            name,
            ["1", "9999", "1.5", "0.001", "999999m", "1m", "10"],
            ["", "0", "0.000", "0m", "00000", "10000", "1.5000", "1.", "1000000m", "1.5m", "1k", "-1", "1\n", 1, None],
        )
        for name in ("cpu_limit", "cpu_request")
    ],
    *[
        (
            "EXECUTION_REQUESTED",
            name,
            ["1", "9" * 13, "1k", "1K", "1Ki", "9" * 10 + ".999Ki", "9" * 7 + ".999Mi", "1M", "9999.999Gi", "1G"],
            [
                "",
                "0",
                "0Mi",
                "0.0Gi",
                "0k",
                "0K",
                "0Ki",
                "9" * 14,
                "9" * 11 + "k",
                "9" * 8 + "Mi",
                "99999Gi",
                "1.0000Ki",
                "1.0000Mi",
                "1.0000Gi",
                "1.5",
                "1Ti",
                "1m",
                "1i",
                "-1",
                "1Mi\n",
                1,
                None,
            ],
        )
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
        ("size", [0, 2**40], [-1, 2**40 + 1, "5", 5.0, None]),
        ("sha256", ["0" * 64, "f" * 64], ["0" * 63, "0" * 65, "F" * 64, "g" * 64, 5, None]),
    ],
)
def test_a_script_reference_takes_these_values_and_no_others(field: str, good: list[Any], bad: list[Any]) -> None:
    for value in good:
        assert fault("EXECUTION_REQUESTED", {"script": None, "script_ref": REFERENCE | {field: value}}) is None, value
    for value in bad:
        detail = fault("EXECUTION_REQUESTED", {"script": None, "script_ref": REFERENCE | {field: value}})
        assert detail is not None, value
        assert detail.startswith(f"script_ref.{field}: "), value


LABELS = (["a", "!~", "a" * 128], ["", "a" * 129, "a b", "ä", "a\n", 5, None])


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        *[(name, *LABELS) for name in ("service_name", "service_version", "correlation_id")],
        ("user_id", [None, "a", "a.B_9@x:y|z+=-", "u" * 128], ["", "u" * 129, "a b", "a..b", "..", "ä", "a\n", 5]),
    ],
)
def test_metadata_takes_these_values_and_no_others(field: str, good: list[Any], bad: list[Any]) -> None:
    whole = event("EXECUTION_STARTED")["metadata"]
    for value in good:
        assert fault("EXECUTION_STARTED", {"metadata": whole | {field: value}}) is None, value
    for value in bad:
        assert fault("EXECUTION_STARTED", {"metadata": whole | {field: value}}) is not None, value


OPTIONAL = {
    "EXECUTION_REQUESTED": {"priority"},
    "EXECUTION_STARTED": {"node_name", "container_id"},
    "EXECUTION_FAILED": {"error_type"},
    "EXECUTION_CANCELLED": {"cancelled_by"},
}


@pytest.mark.parametrize("name", OWN_FIELDS)
def test_only_what_is_optional_may_be_left_out(name: str) -> None:
    whole = event(name)
    needed = {"event_id", "event_version", "timestamp", "metadata", "execution_id", "event_type", *OWN_FIELDS[name]}
    for field in needed - OPTIONAL.get(name, set()):
        with pytest.raises(RejectedEvent):
            decode_event({key: value for key, value in whole.items() if key != field}, EventType(name))
    least = {key: value for key, value in whole.items() if key not in OPTIONAL.get(name, set())}
    assert decode_event(least, EventType(name)).type is EventType(name)


@pytest.mark.parametrize(
    ("name", "change", "rule"),
    [
        ("EXECUTION_STARTED", {"timestamp": "1969-12-31T23:59:59Z"}, "is before 1970"),
        ("EXECUTION_CANCELLED", {"cancelled_by": "a..b"}, "must not contain two dots in a row"),
        ("EXECUTION_REQUESTED", {"cpu_limit": "0m"}, "must be more than zero"),
        ("EXECUTION_REQUESTED", {"runtime_command": ["a\0"]}, "an argument contains a NUL character"),
        (
            "EXECUTION_REQUESTED",
            {"runtime_command": ["a" * 16_385]},
            "the arguments are longer than 16384 bytes together",
        ),
        ("EXECUTION_REQUESTED", {"script": None}, "needs either script or script_ref"),
    ],
)
def test_a_rule_of_our_own_says_what_it_wants(name: str, change: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValidationError) as invalid:
        MODEL_OF[EventType(name)].model_validate(event(name, **change))

    assert [error["msg"] for error in invalid.value.errors()] == [f"Value error, {rule}"]


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


def test_a_moment_without_an_offset_is_refused_by_its_own_rule_too() -> None:
    with pytest.raises(ValueError, match=r"^needs an offset$"):
        _timestamp("2026-11-24T06:00:00")


def test_a_request_needs_exactly_one_script() -> None:
    assert fault("EXECUTION_REQUESTED", {"script": None, "script_ref": None}) == "event: value_error"
    assert fault("EXECUTION_REQUESTED", {"script": "", "script_ref": REFERENCE}) == "event: value_error"
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
    ],
)
def test_a_timestamp_is_read_to_the_millisecond_in_its_own_zone(timestamp: str, millis: int) -> None:
    found = decode_event(event("EXECUTION_REQUESTED", timestamp=timestamp), EventType.REQUESTED)

    assert isinstance(found, ExecutionRequested)
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
        model.model_validate(whole | {"metadata": {"service_name": "very secret"}})
    assert "very secret" not in str(invalid.value)

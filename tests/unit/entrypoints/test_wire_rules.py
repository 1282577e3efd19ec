"""Every rule of the wire, at its boundary: the last value that passes and the first that does not."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from saga_orchestrator.domain.errors import RejectedEvent
from saga_orchestrator.domain.events import EventType, ExecutionRequested, InvalidRequest
from saga_orchestrator.entrypoints.decoding import decode_event
from saga_orchestrator.entrypoints.field_rules import _counted_ms, epoch_ms
from saga_orchestrator.entrypoints.schemas import MODEL_OF, Wire
from saga_testing.samples.sample_events import OWN_FIELDS, event
from saga_testing.samples.wire_values import CASES, REFERENCE, WIDE


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


@given(
    st.datetimes(),
    st.sampled_from(["", ".5", ".123", ".1234567890123", ".999999999"]),
    st.sampled_from(["Z", "z", "+00:00", "-23:59", "+05:30"]),
)
def test_a_time_that_python_reads_is_the_moment_that_is_counted(at: datetime, fraction: str, offset: str) -> None:
    written = f"{at:%Y-%m-%dT%H:%M:%S}".rjust(19, "0") + fraction + offset

    assert epoch_ms(written) == _counted_ms(written)

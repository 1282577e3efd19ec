"""docs/events.md and the schemas say what the code does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from saga_orchestrator.domain.decide import LIMIT_REACHED, Rules, decide
from saga_orchestrator.domain.errors import RejectedEvent, RejectReason
from saga_orchestrator.domain.events import (
    ClaimRefused,
    DeadlinePassed,
    EventType,
    ExecutionRequested,
    InvalidRequest,
    Signal,
)
from saga_orchestrator.domain.executions.beginnings import LANGUAGE_CLOSED
from saga_orchestrator.domain.executions.request_rules import INVALID_REQUEST
from saga_orchestrator.domain.policy import Policy
from saga_orchestrator.domain.render import SAGA_MESSAGES, render
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.entrypoints.decoding import ForeignEventType, decode_event
from saga_testing.samples.sample_events import NOW_MS, event
from saga_testing.samples.wire_values import CASES, WIDE
from sagas.execution import EXECUTION_SAGA, Refusal
from tests.release.docs.documents import ROOT
from tests.release.docs.event_documents import DOCUMENT, SCHEMAS
from tests.release.docs.event_documents import render as render_document
from tests.release.docs.event_prose import MEANING, OTHER_ENDS, REFUSED
from tests.release.docs.event_schemas import REASONS, event_schema, saga_schema, schema_texts

HOUR_MS = 3_600_000
REFERENCE = {"bucket": "scripts", "key": "k", "size": 1, "sha256": "0" * 64}
BEYOND_A_SCHEMA: dict[str, list[Any]] = {
    "runtime_command": [["a" * 16_383, "bc"], ["ä" * 8_193]],
    "memory_limit": ["999m", "0.999", "1u", "1n", "1e-1"],
    "memory_request": ["999m", "0.999", "1u", "1n", "1e-1"],
}
"""What only the descriptions can say: bytes of arguments together, and less than one byte."""


def _valid(fields: dict[str, Any], schema: dict[str, Any]) -> bool:
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    return bool(validator.is_valid(fields))


def _found_fault_with(fields: dict[str, Any], event_type: EventType) -> set[str] | None:
    """The fields that the decoder leaves out or answers; None where it refuses the event."""
    try:
        found = decode_event(fields, event_type, script_buckets=frozenset({"scripts", "scripts-1"}))
    except (RejectedEvent, ForeignEventType):
        return None
    faults = found.faults if isinstance(found, InvalidRequest) else ()
    return {*found.unusable, *(fault.partition(":")[0] for fault in faults)}


def _no_schema_can_tell(field: str, value: Any) -> bool:
    """Python's `$` takes a line break that ECMA's does not, and a lone surrogate is no JSON text to begin with."""
    odd = isinstance(value, str) and (value.endswith("\n") or "\ud800" <= max(value, default="") <= "\udfff")
    return odd or value in BEYOND_A_SCHEMA.get(field, [])


def test_the_document_is_the_generated_one() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == render_document(), (
        "run: python -m tests.release.docs.event_documents"
    )


def test_the_schemas_are_the_generated_ones() -> None:
    written = {
        path.name: path.read_text(encoding="utf-8")
        for pattern in ("execution_*.schema.json", "saga_*.schema.json")
        for path in SCHEMAS.glob(pattern)
    }

    assert written == schema_texts(), "run: python -m tests.release.docs.event_documents"


@pytest.mark.parametrize("event_type", EventType)
def test_schema_and_decoder_accept_the_samples(event_type: EventType) -> None:
    samples = [event(event_type), event(event_type) | {"event_type": event_type.lower(), "unknown": 1}]
    if event_type is EventType.REQUESTED:
        samples.append(event(event_type, script=None, script_ref=REFERENCE))

    for sample in samples:
        assert _valid(sample, event_schema(event_type))
        assert _found_fault_with(sample, event_type) == set()


@pytest.mark.parametrize(("name", "field", "good", "bad"), CASES, ids=[f"{case[0]}-{case[1]}" for case in CASES])
def test_schema_and_decoder_find_fault_with_the_same_fields(
    name: str, field: str, good: list[Any], bad: list[Any]
) -> None:
    event_type = EventType(name)
    validator = jsonschema.Draft202012Validator(event_schema(event_type))
    sample = event(name) | WIDE.get(name, {})
    for value in (*good, *bad):
        fields = sample | {field: value}
        by_schema = {str(error.path[0]) if error.path else "" for error in validator.iter_errors(fields)}
        by_decoder = _found_fault_with(fields, event_type)
        if not _no_schema_can_tell(field, value):
            assert (by_decoder == set()) == (by_schema == set()), value
        if by_decoder:
            assert by_decoder == {field} or field in {"script", "script_ref"}, value


@pytest.mark.parametrize("field", ["service_name", "service_version", "correlation_id", "user_id", "traceparent"])
@pytest.mark.parametrize("event_type", [EventType.REQUESTED, EventType.CANCELLED])
def test_schema_and_decoder_find_fault_with_the_same_metadata(event_type: EventType, field: str) -> None:
    validator = jsonschema.Draft202012Validator(event_schema(event_type))
    whole = event(event_type)
    trace = f"00-{'1' * 32}-{'2' * 16}-01"
    values: list[Any] = [None, "a", "a/b", "a..b", "", "a b", "x" * 129, 5, True, [], {}, trace]
    for value in values:
        fields = whole | {"metadata": whole["metadata"] | {field: value}}
        assert validator.is_valid(fields) == (_found_fault_with(fields, event_type) == set()), value


@pytest.mark.parametrize("event_type", EventType)
def test_what_the_schema_requires_the_decoder_misses_and_nothing_else(event_type: EventType) -> None:
    sample, schema = event(event_type), event_schema(event_type)
    for name in sample:
        fields = {key: value for key, value in sample.items() if key != name}
        assert _valid(fields, schema) == (_found_fault_with(fields, event_type) == set()), name


@pytest.mark.parametrize("event_type", EventType)
def test_every_event_type_has_a_schema_a_function_and_a_section(event_type: EventType) -> None:
    name = event_type.value.lower()

    assert (SCHEMAS / f"{name}.schema.json").is_file()
    assert any((ROOT / "functions" / name).glob("*.py"))
    assert f"### {event_type.value}\n" in DOCUMENT.read_text(encoding="utf-8")


def test_every_reason_code_is_explained() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")

    assert set(MEANING) == set(RejectReason)
    assert set(REFUSED) == {*map(str, Refusal), LIMIT_REACHED, LANGUAGE_CLOSED, INVALID_REQUEST}
    assert set(OTHER_ENDS) | set(REFUSED) == {reason for reasons in REASONS.values() for reason in reasons}
    assert [code for code in (*RejectReason, *Refusal, *OTHER_ENDS) if f"| `{code}` |" not in text] == []


def test_every_saga_message_has_a_schema_and_a_section() -> None:
    types = {spec.type for spec in SAGA_MESSAGES.values()}
    files: list[Path] = sorted(SCHEMAS.glob("saga_*.schema.json"))

    assert {path.name.removesuffix(".schema.json").upper() for path in files} == types
    assert [name for name in types if f"### {name}\n" not in DOCUMENT.read_text(encoding="utf-8")] == []


def _sagas() -> Iterator[Saga]:
    """One saga of every reason to end, and one that runs."""
    rules = Rules(EXECUTION_SAGA, Policy(allowed_languages=frozenset({"python"})))

    def request(**fields: Any) -> ExecutionRequested:
        decoded = decode_event(event("EXECUTION_REQUESTED", **fields), EventType.REQUESTED)
        assert isinstance(decoded, ExecutionRequested)
        return decoded

    def after(saga: Saga | None, signal: Signal, now: int = NOW_MS, policy: Rules = rules) -> Saga:
        decided = decide(saga, signal, now, policy).saga
        assert decided is not None
        return decided

    images = Rules(EXECUTION_SAGA, Policy(allowed_images=frozenset({"other"})))
    running = after(None, request())
    yield running
    yield after(None, request(script=""))
    yield after(None, request(script="x" * (2**20 + 1)))
    yield after(None, request(timeout_seconds=301))
    yield after(None, request(language="cobol"))
    yield after(None, request(), policy=images)
    yield after(None, request(), NOW_MS + 25 * HOUR_MS)
    yield after(None, ClaimRefused(request()))
    yield after(None, ClaimRefused(request(), closed=True))
    yield after(None, decode_event(event("EXECUTION_REQUESTED", timeout_seconds=0), EventType.REQUESTED))
    for event_type in (EventType.COMPLETED, EventType.FAILED, EventType.TIMEOUT, EventType.CANCELLED):
        yield after(running, decode_event(event(event_type), event_type))
    yield after(running, DeadlinePassed(), NOW_MS + HOUR_MS)
    started = after(running, decode_event(event("EXECUTION_STARTED"), EventType.STARTED))
    yield after(started, DeadlinePassed(), NOW_MS + HOUR_MS)


def test_what_sagas_announce_fits_the_schemas_and_every_reason_occurs() -> None:
    sagas = list(_sagas())

    for saga in sagas:
        key = next(key for entry in reversed(saga.timeline) for key in entry.messages if key.startswith("saga_"))
        message = render(saga, key, EXECUTION_SAGA)
        jsonschema.validate(dict(message.body), saga_schema(str(message.body["outcome"])))
    assert {saga.reason for saga in sagas} == {None, *OTHER_ENDS, *REFUSED}

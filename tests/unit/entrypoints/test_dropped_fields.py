"""What decides nothing is dropped and named; the event counts."""

from typing import Any

import pytest

from saga_orchestrator.domain.events import (
    Event,
    EventType,
    ExecutionFailed,
)
from saga_orchestrator.entrypoints.decoding import decode_event
from saga_testing.samples.sample_events import event

IDS: dict[str, Any] = {"event_id": "e1", "execution_id": "ex-1", "correlation_id": "corr-1"}


def decoded(name: str, **fields: Any) -> Event:
    return decode_event(event(name, event_id="e1", **fields), EventType(name))


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

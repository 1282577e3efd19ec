"""Instants as messages write them."""

import time

import pytest

from saga_orchestrator.domain.instants import LAST_INSTANT, of_stored, rfc3339
from tests.unit.samples import NOW


@pytest.mark.parametrize(
    ("millis", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1, "1970-01-01T00:00:00.001Z"),
        (999, "1970-01-01T00:00:00.999Z"),
        (1_000, "1970-01-01T00:00:01.000Z"),
        (NOW, "2026-11-24T06:00:00.123Z"),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata"])
def test_an_instant_is_always_utc_with_milliseconds(
    millis: int, text: str, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        written = rfc3339(millis)
    time.tzset()

    assert written == text


@pytest.mark.parametrize("millis", [0, 1, 999, NOW, LAST_INSTANT])
def test_what_was_written_is_read_as_the_same_instant(millis: int) -> None:
    assert of_stored(rfc3339(millis)) == millis


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "1969-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999-00:01", "0001-01-01T00:00:00"],
    ids=["nothing", "no instant", "before 1970", "after the last", "before all time zones"],
)
def test_what_cannot_have_been_written_is_no_instant(text: str) -> None:
    assert of_stored(text) is None

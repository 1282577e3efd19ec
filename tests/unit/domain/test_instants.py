"""Instants as messages write them."""

import time

import pytest

from saga_orchestrator.domain.instants import rfc3339
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

"""Instants as they are sent to the API: RFC 3339 with its offset, by the same rule as those of events."""

import re
from typing import Final

from saga_orchestrator.domain.instants import LAST_INSTANT
from saga_orchestrator.entrypoints.field_rules import TIMESTAMP, epoch_ms

_TIMESTAMP: Final = re.compile(TIMESTAMP)


def millis_of(text: str) -> int:
    """Epoch milliseconds.

    Raises:
        ValueError: it is no such instant, or none between 1970 and the year 9999.
    """
    found = epoch_ms(text) if _TIMESTAMP.fullmatch(text) else -1
    if not 0 <= found <= LAST_INSTANT:
        msg = "an instant has a date, a time and an offset, such as 2026-05-01T12:00:00Z"
        raise ValueError(msg)
    return found

"""Instants as they are sent: RFC 3339 with its offset, and nothing that only some readers take for one."""

import re
from datetime import datetime
from typing import Final

from saga_orchestrator.domain.instants import LAST_INSTANT

_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)


def millis_of(text: str) -> int:
    """Epoch milliseconds.

    Raises:
        ValueError: it is no such instant, or before 1970.
    """
    try:
        found = int(datetime.fromisoformat(text).timestamp() * 1000) if _INSTANT.fullmatch(text) else -1
    except (ValueError, OverflowError):
        found = -1
    if not 0 <= found <= LAST_INSTANT:
        msg = "an instant has a date, a time and an offset, such as 2026-05-01T12:00:00Z"
        raise ValueError(msg)
    return found

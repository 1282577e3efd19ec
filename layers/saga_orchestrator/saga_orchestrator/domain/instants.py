"""Epoch milliseconds, as the wire writes them."""

import functools
from datetime import UTC, datetime
from typing import Final

LAST_INSTANT: Final = 253_402_300_799_999
"""9999-12-31T23:59:59.999Z: years have four digits."""


def rfc3339(millis: int) -> str:
    """`1970-01-01T00:00:00.000Z`: always UTC, always milliseconds, so equal instants are equal strings."""
    seconds, rest = divmod(millis, 1000)
    return f"{_to_the_second(seconds)}.{rest:03d}Z"


@functools.lru_cache(maxsize=64)
def _to_the_second(seconds: int) -> str:
    """Kept for some: the events of a batch come within a second or two, and each writes its own and a later one."""
    # `isoformat` ends in the offset, +00:00; `strftime` costs three times as much.
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:19]


def of_stored(text: str) -> int | None:
    """Epoch milliseconds of what `rfc3339` wrote; None for what it cannot have written."""
    try:
        found = int(datetime.fromisoformat(text).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
    return found if 0 <= found <= LAST_INSTANT else None

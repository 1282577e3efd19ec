"""Epoch milliseconds, as the wire writes them."""

from datetime import UTC, datetime
from typing import Final

LAST_INSTANT: Final = 253_402_300_799_999
"""9999-12-31T23:59:59.999Z: years have four digits."""


def rfc3339(millis: int) -> str:
    """`1970-01-01T00:00:00.000Z`: always UTC, always milliseconds, so equal instants are equal strings."""
    seconds, rest = divmod(millis, 1000)
    # `isoformat` ends in the offset, +00:00; `strftime` costs three times as much.
    return f"{datetime.fromtimestamp(seconds, UTC).isoformat()[:19]}.{rest:03d}Z"


def of_stored(text: str) -> int | None:
    """Epoch milliseconds of what `rfc3339` wrote; None for what it cannot have written."""
    try:
        found = int(datetime.fromisoformat(text).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
    return found if 0 <= found <= LAST_INSTANT else None

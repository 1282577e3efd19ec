"""Epoch milliseconds, as the wire writes them."""

from datetime import UTC, datetime


def rfc3339(millis: int) -> str:
    """`1970-01-01T00:00:00.000Z`: always UTC, always milliseconds, so equal instants are equal strings."""
    seconds, rest = divmod(millis, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"

"""Instants as people read them."""

from saga_orchestrator.domain.instants import rfc3339


def moment(millis: int | None) -> str | None:
    """An instant as the messages write it; of a number that names none, the number."""
    try:
        return None if millis is None else rfc3339(millis)
    except (ValueError, OverflowError, OSError):
        return f"{millis} ms"

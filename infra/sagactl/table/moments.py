"""Instants as people read them."""

from datetime import UTC, datetime

from saga_orchestrator.application.moments import moment
from saga_orchestrator.domain.instants import rfc3339

__all__ = ["moment", "now_rfc3339"]


def now_rfc3339() -> str:
    """This machine's clock."""
    return rfc3339(int(datetime.now(UTC).timestamp() * 1000))

"""Keeping a rejected event: the one way by which event functions, checker and relay keep what can never work."""

from dataclasses import dataclass
from typing import Any

from saga_orchestrator.domain.errors import RejectedEvent, RejectReason
from saga_orchestrator.domain.instants import rfc3339
from saga_orchestrator.domain.secret import Secret

from .ports import Clock, RejectedStore, Reporting


@dataclass(frozen=True, slots=True)
class KeepRejected:
    """Stores the original and its reason, then counts and logs it. `metric` is what the alarm of its caller watches."""

    store: RejectedStore
    clock: Clock
    telemetry: Reporting
    metric: str = "RejectedEvents"

    def keep(
        self, rejected: RejectedEvent, original: bytes, source: str, position: dict[str, Any], **fields: Any
    ) -> None:
        """Keep one. `fields` are ids and codes for the log line.

        Raises:
            RetryableError: it is not safely kept, so it must not be acknowledged.
        """
        key = self.store.keep(
            Secret(original),
            source=source,
            position=position,
            reason=rejected.reason,
            detail=rejected.detail,
            rejected_at=rfc3339(self.clock()),
        )
        self.telemetry.count(self.metric)
        self.telemetry.warn("rejected", reason=rejected.reason, detail=rejected.detail, kept_as=key, **fields)


def unexpected(bug: BaseException) -> RejectedEvent:
    """A failure that nothing foresaw, by its type and place: a bug must neither block others nor lose what it met."""
    return RejectedEvent(RejectReason.UNEXPECTED_ERROR, f"{type(bug).__name__} in {innermost(bug)}")


def innermost(error: BaseException) -> str:
    """Module and line of the failure: enough to find it, and nothing of the data that caused it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "unknown place"

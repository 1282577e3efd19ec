"""Sending wakes beside the messages: as well as it goes, and never at a message's expense."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from saga_orchestrator.domain.errors import SagaError
from saga_orchestrator.domain.flow.dues import Wake, delay_seconds

from .ports import Clock, Reporting, WakeQueue

AT_ONCE: Final = 10
"""What SQS takes in one call (SQS API reference, SendMessageBatch)."""
REST_MS: Final = 30_000
"""How long a queue that failed is left alone: each try could hold the messages behind it back for seconds."""


@dataclass(frozen=True, slots=True)
class WakeSender:
    """One process's. `queue` is asked for when there is a wake: most batches have none."""

    queue: Callable[[], WakeQueue]
    clock: Clock
    telemetry: Reporting
    failed_at: list[int] = field(default_factory=list)
    """When the queue last failed, if it did: remembered for the process's life."""

    def send(self, wakes: Sequence[Wake]) -> None:
        """Never raises: what the queue does not take the checker finds, and a metric says how many those are."""
        taken = 0
        for start in range(0, len(wakes), AT_ONCE):
            now = self.clock()
            if self.failed_at and now < self.failed_at[-1] + REST_MS:
                break
            some = [(wake, delay_seconds(wake.due, now)) for wake in wakes[start : start + AT_ONCE]]
            try:
                taken += self.queue().send(some)
            except Exception as failure:  # noqa: BLE001 - whatever it is, a hint is not worth a message's delay
                self.failed_at[:] = [now]
                self.telemetry.warn("wakes were not sent", cause=_named(failure))
        self.telemetry.count("WakesSent", taken)
        self.telemetry.count("WakesNotSent", len(wakes) - taken)


def _named(failure: Exception) -> str:
    """An error of ours names no user's data; of another nobody knows, so its type says enough."""
    return str(failure) if isinstance(failure, SagaError) else type(failure).__name__

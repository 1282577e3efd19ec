"""Bringing limits into the counters, the deployment's and operators': only there are they in force."""

from collections.abc import Callable
from dataclasses import dataclass

from saga_orchestrator.domain.counters import Head
from saga_orchestrator.domain.errors import RejectedEvent, RetryableError, SagaError
from saga_orchestrator.domain.policy import Policy, Without

from .ports import Clock, Counters
from .rejected_events import unexpected


@dataclass(frozen=True, slots=True)
class LimitKeeper:
    """The one writer of limits: claims read none, so releases that run side by side cannot count by two of them."""

    counters: Counters
    policy: Policy
    left: Callable[[str, SagaError], None]
    """Told of a resource that the next run must come back to."""
    clock: Clock

    def run(self) -> None:
        """Copy what differs and settle what is unsettled; two reads and no write when nothing is."""
        for resource, head in self.counters.heads().items():
            try:
                self._keep(resource, head)
            except (RetryableError, RejectedEvent) as failure:
                self.left(resource, failure)
            except Exception as bug:  # noqa: BLE001 - the boundary: one counter must not end the run of all others
                self.left(resource, unexpected(bug))

    def _keep(self, resource: str, head: Head | RetryableError) -> None:
        if isinstance(head, RetryableError):
            raise head
        wanted = self._wanted(resource, head)
        if wanted is not None and not self.counters.change(resource, head, wanted):
            return  # somebody raised a cap or brought a limit: the next run compares with what is there then
        if wanted is not None or head.unsettled:
            self.counters.settle(resource)

    def _wanted(self, resource: str, head: Head) -> Head | None:
        limit = self.policy.limit_of(resource)
        if limit is Without.UNLIMITED:
            return None  # nothing is claimed any more, so the counter limits nobody
        # What the deployment closes is refused before any counter is looked at: no override could open it.
        slots = 0 if limit is Without.CLOSED else head.limit_for(int(limit), self.clock())
        if (slots, self.policy.counter_shards) == (head.limit, head.shards):
            return None
        return head.changed(slots, self.policy.counter_shards)

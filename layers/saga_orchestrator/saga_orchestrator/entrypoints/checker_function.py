"""The timeout checker: invoked by a schedule, ends the sagas whose deadline has passed, and keeps the limits."""

from dataclasses import dataclass
from typing import Any, Final

from saga_orchestrator.application.check_timeouts import TimeoutChecker
from saga_orchestrator.application.keep_limits import LimitKeeper
from saga_orchestrator.application.rejected_events import unexpected
from saga_orchestrator.bootstrap import Resources, resources
from saga_orchestrator.checker_bootstrap import gauges_of
from saga_orchestrator.domain.decide import Verdict
from saga_orchestrator.domain.errors import RejectedEvent, RetryableError, SagaError
from saga_orchestrator.domain.registry import SagaRegistry

from .passing_time import is_over, let_time_pass

MARGIN_MS: Final = 5_000


def handle(event: Any, context: Any, sagas: SagaRegistry) -> dict[str, Any]:
    """End what is due, for as long as the function may run; the next run goes on from there."""
    return CheckTimeouts(resources(sagas)).run(event, context)


@dataclass(frozen=True, slots=True)
class CheckTimeouts:
    at: Resources

    def run(self, _event: Any, context: Any) -> dict[str, Any]:
        """End what is due.

        Raises:
            SagaError: part of the index could not be read; all that could be is done.
        """
        shards = range(self.at.settings.deadline_shards)
        checker = TimeoutChecker(
            self.at.store,
            self.at.clock,
            self._time_out,
            self._set_aside,
            self.at.executor,
            self.at.due_and_set_aside,
        )
        try:
            self._keep_limits()
            sweep = checker.run(
                shards,
                first_shard=self.at.rng.randrange(len(shards)),
                time_left=lambda: context.get_remaining_time_in_millis() > MARGIN_MS,
            )
            if self.at.settings.gauges and context.get_remaining_time_in_millis() > MARGIN_MS:
                gauges_of(self.at).tell()  # last: what is due comes before what is counted
            self.at.telemetry.count("DueSagas", sweep.due)
            self.at.telemetry.count("SagasTimedOut", sweep.timed_out)
            self.at.telemetry.gauge("OldestDueSeconds", sweep.oldest_due_ms // 1000)
            if sweep.unread:
                # What could be read has been ended; that the rest could not is an error that people must see.
                raise sweep.unread[0]
        finally:
            self.at.telemetry.flush()
        return {"due": sweep.due, "timed_out": sweep.timed_out, "unfinished": sweep.unfinished}

    def _keep_limits(self) -> None:
        """First, since a sweep may take all the time there is; but no counter keeps a due saga from its end."""
        try:
            LimitKeeper(self.at.counters, self.at.settings.policy(), self._left, self.at.clock).run()
        except (RetryableError, RejectedEvent) as failure:
            self._left("", failure)
        except Exception as bug:  # noqa: BLE001 - the boundary: a limit is late by a run, a due saga must not be
            self._left("", unexpected(bug))

    def _left(self, resource: str, failure: SagaError) -> None:
        self.at.telemetry.warn("limits were not settled", resource=resource, error=str(failure))

    def _time_out(self, execution_id: str, saga_name: str) -> Verdict | None:
        """Applied only where time ended the saga: of one that waits an attempt was due, and it goes on."""
        decision = let_time_pass(self.at, execution_id, saga_name)
        if decision is None:
            return None
        return decision.verdict if is_over(decision) else Verdict.LATE

    def _set_aside(self, execution_id: str, saga_name: str, hopeless: RejectedEvent) -> None:
        self.at.keep_rejected.keep(
            hopeless,
            f"{execution_id} {saga_name}".encode(),
            "deadline",
            {"execution_id": execution_id, "saga_name": saga_name},
        )

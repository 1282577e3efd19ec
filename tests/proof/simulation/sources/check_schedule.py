"""The schedule that invokes the timeout checker: skipped, doubled, overlapping, and also when nothing is open."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.proof.simulation.faults.weather import Fault
from tests.proof.simulation.oracles.registry import Judge, When
from tests.proof.simulation.world.lambda_service import CHECKER, LambdaService, Outcome
from tests.proof.simulation.world.ledger import Ledger

CHECK_MS: Final = 60_000


@dataclass(slots=True, eq=False)
class CheckSchedule:
    """`index_settled_at` says when the index will have caught up; None when it has."""

    service: LambdaService
    ledger: Ledger
    judge: Judge
    dice: random.Random
    index_settled_at: Callable[[], int | None]
    others_wait: Callable[[], bool]
    """Sagas that are no executions have something to wait for."""
    _ticking: bool = False

    def watch(self) -> None:
        """A saga runs: tick for as long as any does."""
        if not self._ticking:
            self._ticking = True
            scheduler = self.service.scheduler
            scheduler.after(CHECK_MS - scheduler.now % CHECK_MS, self._tick)

    def check(self) -> None:
        """One run of the checker, or two that overlap."""
        self._check_once()
        if self.service.weather.strikes(Fault.CHECK_OVERLAPS):
            self.service.scheduler.after(self.dice.randrange(1, 40), self._check_once)

    def _tick(self) -> None:
        scheduler, weather = self.service.scheduler, self.service.weather
        self._ticking = self.others_wait() or any(saga.state == "running" for saga in self.ledger.sagas.values())
        if not self._ticking:
            return
        scheduler.after(CHECK_MS, self._tick)
        if weather.strikes(Fault.CHECK_SKIPPED):
            return
        for _ in range(2 if weather.strikes(Fault.CHECK_DOUBLED) else 1):
            scheduler.after(self.dice.randrange(2_000), self.check)

    def _check_once(self) -> None:
        before, running = self.ledger.changes, [saga for saga in self.ledger.sagas.values() if saga.state == "running"]
        settled = self.index_settled_at()
        fresh = (settled is None or settled <= self.service.scheduler.now) and not self.others_wait()

        def done(outcome: Outcome) -> None:
            if fresh and not invocation.faults:
                self.judge.judge(When.SWEPT, self.ledger, invocation, running)
            own = self.ledger.changes_by[invocation.number]
            if fresh and self.ledger.changes == before + own and not outcome.failed:
                self.judge.judge(When.CHECKED, self.ledger, invocation, running, outcome.result)

        invocation = self.service.invoke(CHECKER, {}, (), 1, done)

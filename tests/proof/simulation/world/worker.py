"""The Kubernetes worker as docs/worker-contract.md wants it, and the pods it runs."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from saga_orchestrator.domain.policy import CLOCK_TOLERANCE_MS
from tests.proof.simulation.faults.weather import Fault, Weather
from tests.proof.simulation.world.plan import Plan
from tests.proof.simulation.world.scenario import STARTED, Execution, Inbound, PodPlan, report
from tests.proof.simulation.world.scheduler import Scheduler


@dataclass(slots=True, eq=False)
class Worker:
    """Acts on a message once; a delete wins over its create; a create is refused after `expires_at`.

    It remembers no longer than the contract asks for, so that what it forgets must not matter.
    """

    scheduler: Scheduler
    weather: Weather
    dice: random.Random
    plan: Plan
    send: Callable[[Inbound], None]
    next_number: Callable[[], int]
    alive: dict[str, int] = field(default_factory=dict)
    under_way: int = 0
    runs: dict[str, int] = field(default_factory=dict)
    _remember_ms: int = 0
    down_until: int = 0
    _seen: dict[str, int] = field(default_factory=dict)
    _deleted: dict[str, int] = field(default_factory=dict)
    _starts: int = 0
    _pods: dict[str, Execution] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._pods = {execution.id: execution for execution in self.plan.executions}
        settings = [self.plan.settings, *(changed for _, changed in self.plan.later_settings)]
        longest = max(int(each["START_DEADLINE_SECONDS"]) for each in settings)
        self._remember_ms = longest * 1000 + CLOCK_TOLERANCE_MS

    def receive(self, detail: str) -> None:
        """A command that the bus has accepted: it arrives at least once, in no order."""
        body = json.loads(detail)
        copies = 2 if self.weather.strikes(Fault.DUPLICATE) else 1
        for _ in range(copies):
            wait = self.dice.randrange(20, 200)
            if self.weather.strikes(Fault.WORKER_SLOW):
                wait += self.dice.choice((1_000, 30_000, 400_000, 5_400_000))
            if self.weather.strikes(Fault.WORKER_DOWN):
                self.down_until = max(self.down_until, self.scheduler.now + self.dice.choice((10_000, 120_000)))
            self.under_way += 1
            self.scheduler.at(max(self.scheduler.now + wait, self.down_until), lambda: self._obey(body))

    def _obey(self, body: dict[str, Any]) -> None:
        self.under_way -= 1
        now, execution_id = self.scheduler.now, body["execution_id"]
        if body["message_type"] == "DELETE_POD_COMMAND":
            self._deleted[execution_id] = max(now, _millis(body["timestamp"])) + self._remember_ms
            self.alive.pop(execution_id, None)
            return
        expires_at = _millis(body["expires_at"])
        seen = self._seen.get(body["message_id"], 0) > now
        self._seen[body["message_id"]] = expires_at
        if seen or self._deleted.get(execution_id, 0) > now or now >= expires_at or execution_id in self.alive:
            return
        self.runs[execution_id] = self.runs.get(execution_id, 0) + 1
        self._run(execution_id, body, self._pods[execution_id].pod)

    def _run(self, execution_id: str, body: dict[str, Any], pod: PodPlan) -> None:
        self._starts += 1
        number = self.alive[execution_id] = self._starts
        silent = self.weather.strikes(Fault.WORKER_SILENT)
        disorder = self.weather.strikes(Fault.WORKER_DISORDER)
        starts = pod.starts_after_ms
        ends = starts + pod.runs_ms
        identity = body["message_id"].replace("#", ".")
        if pod.reports_start and not silent:
            # In disorder: a start that was kept back until after the end, or until long after a delete.
            late = self.dice.choice((200, 60_000, 400_000)) if disorder else 0
            self._later(starts, lambda: self._tell(execution_id, number, STARTED, f"{identity}:started", body, late))
        if pod.hangs:
            return
        self._later(ends, lambda: self._end(execution_id, number, pod, identity, body, silent=silent))

    def _later(self, delay_ms: int, action: Callable[[], None]) -> None:
        self.under_way += 1

        def due() -> None:
            self.under_way -= 1
            action()

        self.scheduler.after(delay_ms, due)

    def _end(
        self, execution_id: str, number: int, pod: PodPlan, identity: str, body: dict[str, Any], *, silent: bool
    ) -> None:
        if self.alive.get(execution_id) != number:
            return
        if pod.reports_end and not silent:
            self._tell(execution_id, number, pod.end, f"{identity}:ended", body, 0)
        self.alive.pop(execution_id, None)

    def _tell(
        self, execution_id: str, number: int, event_type: str, event_id: str, body: dict[str, Any], late_ms: int
    ) -> None:
        if self.alive.get(execution_id) != number:
            return
        for _ in range(2 if self.weather.strikes(Fault.WORKER_REPEATS) else 1):
            now, correlation = self.scheduler.now, body["correlation_id"]
            inbound = report(self.next_number(), event_id, event_type, execution_id, now, correlation)
            self._later(late_ms, lambda inbound=inbound: self.send(inbound))  # type: ignore[misc]  # bound now, not then


def _millis(instant: str) -> int:
    return int(datetime.fromisoformat(instant).timestamp() * 1000)

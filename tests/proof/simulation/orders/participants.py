"""The shop's participants: each keeps the contract, and takes each attempt as its order's plan says."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from saga_testing.participant.reference import Participant
from tests.proof.simulation.faults.weather import Fault, Weather
from tests.proof.simulation.orders.order_plans import REPLY, OrderPlan
from tests.proof.simulation.world.scenario import Inbound
from tests.proof.simulation.world.scheduler import Scheduler

LATE_MS: Final = (29_000, 35_000, 200_000)
"""Just in time, and long after it was given up."""
_SAID: Final = {"lost": "done", "late": "done", "silent": "failed"}


@dataclass(slots=True, eq=False)
class Participants:
    """`in_force`: what is done and not taken back, by operation; `said`: every answer that was ever given to one."""

    scheduler: Scheduler
    weather: Weather
    dice: random.Random
    plans: dict[str, OrderPlan]
    send: Callable[[Inbound], None]
    next_number: Callable[[], int]
    in_force: Counter[str] = field(default_factory=Counter)
    said: dict[str, set[str]] = field(default_factory=dict)
    under_way: int = 0
    _memory: dict[str, str] = field(default_factory=dict)
    _taken: Counter[str] = field(default_factory=Counter)

    def receive(self, body: dict[str, Any]) -> None:
        """A command arrives at least once, in no order."""
        for _ in range(2 if self.weather.strikes(Fault.DUPLICATE) else 1):
            wait = self.dice.randrange(20, 300)
            if self.weather.strikes(Fault.WORKER_SLOW):
                wait += self.dice.choice((1_000, 28_000, 40_000))
            self._later(wait, lambda: self._take(body))

    def _take(self, body: dict[str, Any]) -> None:
        kind = body["message_id"].rpartition(":")[2].partition("#")[0]
        place = f"{body['execution_id']} {kind}"
        ways = self.plans[body["execution_id"]].takes.get(kind, [])
        way = ways[self._taken[place]] if self._taken[place] < len(ways) else "done"
        if body["message_id"] not in self._memory:
            self._taken[place] += 1
        participant = Participant(lambda _: self._done(body, way), lambda _: self._undone(body, way), self._memory)
        reply = participant.take(body, datetime.fromtimestamp(self.scheduler.now / 1000, UTC))
        self.said.setdefault(body["message_id"], set()).add(reply["outcome"])
        if way in {"silent", "lost"}:
            return
        if kind == "reserve_stock" and reply["outcome"] == "done":
            reply["data"] = {"reservation": "shelf-7"}
        self._later(
            self.dice.choice(LATE_MS) if way == "late" else 5, lambda: self._answer(body["execution_id"], reply)
        )

    def _answer(self, key: str, reply: dict[str, Any]) -> None:
        self.send(Inbound(self.next_number(), reply["event_id"], REPLY, key, self.scheduler.now, reply))

    def _done(self, body: dict[str, Any], way: str) -> str:
        outcome = _SAID.get(way, way)
        self.in_force[body["operation_id"]] += outcome == "done"
        return outcome

    def _undone(self, body: dict[str, Any], way: str) -> str:
        outcome = _SAID.get(way, way)
        if outcome == "done":
            self.in_force[body["operation_id"]] = 0
        return outcome

    def _later(self, delay_ms: int, action: Callable[[], None]) -> None:
        self.under_way += 1

        def due() -> None:
            self.under_way -= 1
            action()

        self.scheduler.after(delay_ms, due)

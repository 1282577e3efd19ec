"""One world from one seed: a plan, chaos, healing, and rest; watched by the oracles all the way."""

from typing import Final

from saga_testing.deployment import settings_of
from tests.proof.simulation.faults.poison import foreign_events, poison_events
from tests.proof.simulation.faults.restored_table import judge_repair
from tests.proof.simulation.faults.weather import Fault
from tests.proof.simulation.oracles.every import When
from tests.proof.simulation.sources.check_schedule import CHECK_MS
from tests.proof.simulation.world.lambda_service import (
    Container,
    Invocation,
)
from tests.proof.simulation.world.scenario import REQUESTED, Inbound
from tests.proof.simulation.world.wired_world import WiredWorld

SETTLED_MS: Final = 60_000
"""After a deployment: nothing that runs with the settings before it is left."""
PATIENCE_MS: Final = 3 * 3_600_000
MAX_STEPS: Final = 400_000
RETENTIONS_MS: Final = 3 * 86_400_000
"""Longer than anything is kept."""


class World(WiredWorld):
    """`run` plays it to its end; `judge` has what the oracles found, `log` what happened when `trace` is set."""

    # -- the world's course

    def run(self) -> "World":
        self._schedule_everything()
        self._until(self.plan.chaos_ends)
        self._heal()
        self._drain()
        if self.plan.later_settings or self.ledger.overrides.any:
            # Limits come with the checker, which runs on when no saga does.
            self.schedule.check()
            self._until(self.scheduler.now + CHECK_MS)
        if not self.judge.violations:
            self.judge.judge(When.END, self.ledger, self.worker)
            self.desk.closes(self.judge.judge)
            self.judge.judge(When.WAITING_END, self.shop.ledger)
        if not self.judge.violations and self.plan.ends_with_expiry:
            self._expire()
        elif not self.judge.violations and not self.ledger.versions.differing_fields:
            judge_repair(self.judge, self.plan, self.aws.dynamodb, self._dice.repair, self.scheduler.now)
        return self

    def _schedule_everything(self) -> None:
        self._ttl_is_late = self.plan.ends_with_expiry and self.weather.strikes(Fault.TTL_LATE)
        events = list(self.plan.events)
        if self.weather.rates.get(Fault.POISON, 0) > 0:
            poison = poison_events(self._dice.deliveries, self.plan, self.next_number)
            events += [each for each in poison if self.weather.strikes(Fault.POISON)]
        if self.weather.rates.get(Fault.FOREIGN, 0) > 0:
            foreign = foreign_events(self._dice.deliveries, self.plan, self.next_number)
            events += [each for each in foreign if self.weather.strikes(Fault.FOREIGN)]
        self._unsent = len(events)
        for inbound in events:
            self.delays.latest = max(self.delays.latest, inbound.at)
            self.scheduler.at(inbound.at, lambda inbound=inbound: self._send(inbound))  # type: ignore[misc]  # bound now
        self._unsent += self.shop.open_for_business()
        for inbound in self.shop.events:
            self.delays.latest = max(self.delays.latest, inbound.at)
            self.scheduler.at(inbound.at, lambda inbound=inbound: self._place(inbound))  # type: ignore[misc]  # bound now
        self.unreadable.begin()
        self.api_desk.begin()
        self.batch_desk.begin()
        self.limit_desk.begin()
        for moment in self.plan.stray_checks:
            self.scheduler.at(moment, self.schedule.check)
        for moment in self.plan.republished:
            self.scheduler.at(moment, self.operator.send_all_again)
        for moment in self.plan.reconciled if not self.ledger.versions.mixed else ():
            self.scheduler.at(moment, self.operator.reconcile)
        for moment, changed in self.plan.later_settings:
            self.scheduler.at(moment, lambda changed=changed: self._deploy(changed))  # type: ignore[misc]  # bound now

    def _send(self, inbound: Inbound) -> None:
        self._unsent -= 1
        self._report(inbound)

    def _place(self, inbound: Inbound) -> None:
        self._unsent -= 1
        self.shop.send(inbound)

    def _deploy(self, changed: dict[str, str]) -> None:
        self.weather.note(Fault.SETTINGS_CHANGE)
        self.service.settings = settings_of(tuple(changed.items()))

    def _heal(self) -> None:
        self.note("heal")
        self.weather.clear()
        self.service.recycle(relays=False)  # what broke in one must mend without a deployment
        for mapping in self.mappings:
            mapping.release()
        self.bus.clear()
        if self.shop.plans:
            self.api_desk.set_right()
        if self.plan.hushed:
            self._unsent += 1
            self._deploy(self.plan.all_settings[-1] | {"PUBLISH_COMMANDS": "true"})
            self.scheduler.after(SETTLED_MS, lambda: self.operator.commands_are_on_again(self._quiet))

    def _quiet(self) -> None:
        self._unsent -= 1

    def _drain(self) -> None:
        patience_ends = max(self.delays.latest, self.plan.chaos_ends) + PATIENCE_MS
        while not self.judge.violations and self._what_is_left():
            if self.scheduler.now > patience_ends:
                self.fail("L1", f"stuck: {self._what_is_left()}")
                return
            if self.scheduler.steps >= MAX_STEPS:
                self.fail("L1", f"never comes to rest: {self._what_is_left()}")
                return
            self._until(self.scheduler.now + CHECK_MS)

    def _until(self, moment: int) -> None:
        """In slices, so that a violation ends the world soon."""
        while self.scheduler.now < moment and not self.judge.violations and self.scheduler.steps < MAX_STEPS:
            self.scheduler.run(min(moment, self.scheduler.now + 10 * CHECK_MS), MAX_STEPS)

    def _what_is_left(self) -> list[str]:
        left = {
            "events to send": self._unsent > 0,
            "deliveries": not self.ingress.drained,
            "stream records": not all(mapping.drained for mapping in self.mappings),
            "operators' commands": self.desk.under_way > 0,
            "operators at the API": self.api_desk.calls.under_way + self.limit_desk.calls.under_way > 0,
            "operations": self.batch_desk.is_busy,
            "sagas that wait": self.shop.is_busy,
            "sagas that cannot be read": self.unreadable.open > 0,
            "commands and pods": self.worker.under_way > 0,
            "events that nobody acknowledged": any(not self.ledger.acknowledged[each] for each in self.ledger.sent),
            "running sagas": any(saga.state == "running" for saga in self.ledger.sagas.values()),
        }
        return [name for name, there in left.items() if there]

    def _expire(self) -> None:
        """All retentions pass, and every topic is rewound: nothing may run a second time, expired yet or not."""
        later = self.scheduler.now + RETENTIONS_MS
        self.scheduler.run(later)
        self.service.recycle(relays=True)
        if not self._ttl_is_late:
            self._time_to_live()
        requests = [each for each in self.ledger.sent.values() if each.type == REQUESTED and not each.must_reject]
        self.ledger.forget()
        for inbound in requests:
            self.ingress.send(inbound)
        self.delays.latest = later
        self._drain()
        if not self.judge.violations:
            self.judge.judge(When.END, self.ledger, self.worker)
        if self._ttl_is_late:
            # A request that a stub had waited for has made a saga of it just now: that one is kept for its own time.
            self.scheduler.run(self.scheduler.now + RETENTIONS_MS)
            self._time_to_live()

    def _time_to_live(self) -> None:
        self.aws.dynamodb.expire(self.scheduler.now)
        now, container = self.scheduler.now, Container("time to live", self.service.settings, 0)
        self._settle(Invocation(0, container.function, container, now, now, (), 0, self.service, lambda _: None))
        if self.ledger.sagas:
            self.fail("S15", f"kept for ever: {sorted(self.ledger.sagas)}")

"""One world from one seed: a plan, chaos, healing, and rest; watched by the oracles all the way."""

import json
from collections import Counter
from typing import Any, Final

from saga_testing.aws.account import SimulatedAws
from saga_testing.aws.dynamodb.stream_record import StreamRecord
from saga_testing.deployment import settings_of
from tests.proof.simulation.faults.bus_weather import BusWeather
from tests.proof.simulation.faults.neighbours import draw_versions
from tests.proof.simulation.faults.poison import foreign_events, poison_events
from tests.proof.simulation.faults.restored_table import judge_repair
from tests.proof.simulation.faults.sender_clocks import skew_senders
from tests.proof.simulation.faults.unusable_fields import UnusableFields
from tests.proof.simulation.faults.weather import Fault, Weather
from tests.proof.simulation.oracles.every import Judge, When
from tests.proof.simulation.sources.check_schedule import CHECK_MS, CheckSchedule
from tests.proof.simulation.sources.deliveries import Delays
from tests.proof.simulation.sources.ingress import EventBridgeSource, Ingress
from tests.proof.simulation.sources.kafka_source import KafkaSource
from tests.proof.simulation.sources.operator import Operator
from tests.proof.simulation.sources.rejected_desk import RejectedDesk
from tests.proof.simulation.sources.stream_mapping import StreamMapping
from tests.proof.simulation.sources.targets import Targets
from tests.proof.simulation.world.dice import Dice
from tests.proof.simulation.world.lambda_service import (
    CHECKER,
    COMMANDS,
    KAFKA_RELAY,
    RELAY,
    RELAYS,
    Container,
    Invocation,
    Outcome,
)
from tests.proof.simulation.world.ledger import Ledger
from tests.proof.simulation.world.plan import START_MS, Plan, draw_plan
from tests.proof.simulation.world.scenario import REQUESTED, Inbound
from tests.proof.simulation.world.scheduler import Scheduler
from tests.proof.simulation.world.wiring import lambda_service
from tests.proof.simulation.world.worker import Worker

CALM_SHARE: Final = 0.2
SETTLED_MS: Final = 60_000
"""After a deployment: nothing that runs with the settings before it is left."""
PATIENCE_MS: Final = 3 * 3_600_000
MAX_STEPS: Final = 400_000


class World:
    """`run` plays it to its end; `judge` has what the oracles found, `log` what happened when `trace` is set."""

    def __init__(
        self,
        seed: int,
        *,
        trace: bool = False,
        silenced: frozenset[str] = frozenset(),
        suppressed: frozenset[int] = frozenset(),
    ) -> None:
        dice = Dice(seed)
        self.seed, self.trace = seed, trace
        self.log: list[str] = []
        self.plan: Plan = draw_plan(dice.plan, calm=dice.plan.random() < CALM_SHARE)
        self.weather = Weather(dice.faults, calm=self.plan.calm, silenced=silenced, suppressed=suppressed)
        skew_senders(dice.senders, self.plan, self.weather, silenced)
        self.scheduler = Scheduler(START_MS)
        self.ledger = Ledger(self.plan, draw_versions(dice.versions, calm=self.plan.calm, silenced=silenced))
        if self.ledger.versions.mixed:
            # What ends while commands are off is reconciled afterwards, which needs one release alone.
            self.plan.never_hush()
        self._fields = UnusableFields.draw(dice.fields, self.weather, calm=self.plan.calm, silenced=silenced)
        self.judge = Judge(lambda: f"+{(self.scheduler.now - START_MS) / 1000:.3f} s:")
        self._dice = dice
        self._streamed = self._unsent = 0
        self._ttl_is_late = False
        self.targets = Targets(self)
        self.bus = BusWeather(self.scheduler, self.weather, dice.latency, self.targets.of("bus"))
        self.aws = SimulatedAws(lambda: self.scheduler.now, self.index_lag, self.bus.fate, self.read_lag)
        self.ledger.payloads = self.aws.s3.objects("payloads")
        self.service = lambda_service(self)
        self.schedule = CheckSchedule(
            self.service,
            self.ledger,
            self.judge,
            dice.deliveries,
            lambda: self.aws.dynamodb.index_settled_at("sagas", "deadlines"),
        )
        self.delays = delays = Delays(self.weather, dice.deliveries)
        self.ingress = Ingress(
            EventBridgeSource(self.service, self.ledger, delays, self),
            KafkaSource(self.service, self.ledger, delays, self, self.plan),
            self.plan,
            dice.deliveries,
        )
        relays = [RELAY, *([KAFKA_RELAY] if "topic" in self.plan.targets else [])]
        self.mappings = [
            StreamMapping(self.service, self.plan, dice.deliveries, self._relayed, self._record_lost, self, relay)
            for relay in relays
        ]
        self.operator = Operator(self)
        self.desk = RejectedDesk(self, dice.desk)
        self.worker = Worker(self.scheduler, self.weather, dice.worker, self.plan, self._report, self._next_number)
        self.calls = 0
        self._numbers = 1_000

    # -- the world's course

    def run(self) -> "World":
        self._schedule_everything()
        self._until(self.plan.chaos_ends)
        self._heal()
        self._drain()
        if self.plan.later_settings:
            # Limits come with the checker, which runs on when no saga does.
            self.schedule.check()
            self._until(self.scheduler.now + CHECK_MS)
        if not self.judge.violations:
            self.judge.judge(When.END, self.ledger, self.worker)
            self.desk.closes(self.judge.judge)
        if not self.judge.violations and self.plan.ends_with_expiry:
            self._expire()
        elif not self.judge.violations and not self.ledger.versions.differing_fields:
            judge_repair(self.judge, self.plan, self.aws.dynamodb, self._dice.repair, self.scheduler.now)
        return self

    def _schedule_everything(self) -> None:
        self._ttl_is_late = self.plan.ends_with_expiry and self.weather.strikes(Fault.TTL_LATE)
        events = list(self.plan.events)
        if self.weather.rates.get(Fault.POISON, 0) > 0:
            poison = poison_events(self._dice.deliveries, self.plan, self._next_number)
            events += [each for each in poison if self.weather.strikes(Fault.POISON)]
        if self.weather.rates.get(Fault.FOREIGN, 0) > 0:
            foreign = foreign_events(self._dice.deliveries, self.plan, self._next_number)
            events += [each for each in foreign if self.weather.strikes(Fault.FOREIGN)]
        self._unsent = len(events)
        for inbound in events:
            self.delays.latest = max(self.delays.latest, inbound.at)
            self.scheduler.at(inbound.at, lambda inbound=inbound: self._send(inbound))  # type: ignore[misc]  # bound now
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

    def _report(self, inbound: Inbound) -> None:
        self.note(f"send {inbound.event_id} {inbound.type} {inbound.execution_id}")
        self.ledger.versions.dress(inbound)
        self._fields.spoil(inbound)
        self.ingress.send(inbound)

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
        if self.plan.hushed:
            self._unsent += 1
            self._deploy(self.plan.all_settings[-1] | {"PUBLISH_COMMANDS": "true"})
            self.scheduler.after(SETTLED_MS, lambda: self.operator.commands_are_on_again(self._quiet))

    def _quiet(self) -> None:
        self._unsent -= 1

    def _drain(self) -> None:
        while not self.judge.violations and self._what_is_left():
            if self.scheduler.now > max(self.delays.latest, self.plan.chaos_ends) + PATIENCE_MS:
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
            "commands and pods": self.worker.under_way > 0,
            "events that nobody acknowledged": any(not self.ledger.acknowledged[each] for each in self.ledger.sent),
            "running sagas": any(saga.state == "running" for saga in self.ledger.sagas.values()),
        }
        return [name for name, there in left.items() if there]

    def _expire(self) -> None:
        """All retentions pass, and every topic is rewound: nothing may run a second time, expired yet or not."""
        later = self.scheduler.now + 3 * 86_400_000
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
            self._time_to_live()

    def _time_to_live(self) -> None:
        self.aws.dynamodb.expire(self.scheduler.now)
        now, container = self.scheduler.now, Container("time to live", self.service.settings, 0)
        self._settle(Invocation(0, container.function, container, now, now, (), 0, self.service, lambda _: None))
        if self.ledger.sagas:
            self.fail("S15", f"kept for ever: {sorted(self.ledger.sagas)}")

    # -- what the services are asked and tell

    def index_lag(self) -> int:
        return self._dice.latency.choice((50, 60_000)) if self.weather.strikes(Fault.INDEX_LAG) else 0

    def read_lag(self) -> int:
        """How far behind the replica is that answers a read without consistency."""
        return 0 if self.weather.is_clear else self._dice.latency.choice((0, 1_000, 60_000))

    def committed(
        self, invocation: Invocation, operation: str, arguments: dict[str, Any], *, acknowledged: bool
    ) -> None:
        self.note(f"{invocation.number} {invocation.function} {operation} {'ok' if acknowledged else 'failed'}")
        self._settle(invocation)
        self.desk.sees(invocation, operation, arguments)
        self.targets.take_from_bus(self.aws.events.accepted)

    def _settle(self, invocation: Invocation) -> None:
        """Book every new record of the stream, and judge the table as it stands after the call."""
        stream = self.aws.dynamodb.stream
        if self._streamed == len(stream):
            return
        before = self.ledger.promised()
        while self._streamed < len(stream):
            record = stream[self._streamed]
            self._streamed += 1
            write = self.ledger.take(record, invocation, self.scheduler.now)
            if write is not None:
                if write.new is not None:
                    if write.new.state == "running":
                        self.schedule.watch()
                    self.note(f"saga {write.new.key} v{write.new.version} {write.new.state} {write.new.outbox}")
                self.judge.judge(When.WRITE, self.ledger, write)
            for mapping in self.mappings:
                mapping.offer(record)
        self.judge.judge(When.COMMIT, self.ledger, invocation, before)

    def rejected(self, invocation: Invocation, body: str) -> None:
        pointer = json.loads(body)
        inbound = self.ledger.reject(pointer)
        self.ledger.rejecter = invocation
        self.note(f"{invocation.number} rejected {pointer['reason']} {pointer['key']}")
        self.operator.hears_of(pointer)
        self.desk.hears_of(pointer)
        self.judge.judge(When.REJECTED, self.ledger, inbound, pointer)

    def acknowledge(self, inbound: Inbound, function: str) -> None:
        self.note(f"{function} acknowledges {inbound.event_id}")
        self.ledger.acknowledged[inbound.number] += 1
        self.judge.judge(When.ACKNOWLEDGED, self.ledger, inbound)

    def ask(self, identity: str) -> None:
        self.judge.ask(identity)

    def fail(self, identity: str, wrong: str) -> None:
        self.judge.fail(identity, wrong)

    def _relayed(self, record: StreamRecord, target: str, hushed: bool) -> None:
        self.judge.judge(When.RELAYED, self.ledger, record, target, hushed)

    def _record_lost(self, record: StreamRecord) -> None:
        self.note(f"stream record {record.sequence_number} is lost")
        self.ledger.lose(record)

    def _returned(self, invocation: Invocation, outcome: Outcome, how: str) -> None:
        self.calls += invocation.calls
        if invocation.function in COMMANDS:
            return
        if self.trace:
            self.note(f"{invocation.number} {invocation.function} {'fails' if outcome.failed else 'returns'} {how}")
        self.judge.judge(When.RETURNED, self.ledger, invocation, how)
        accounted = invocation.container.resources.telemetry.take_accounted()
        if not outcome.failed and invocation.function not in {CHECKER, *RELAYS}:
            self.judge.judge(When.APPLIED, self.ledger, invocation, outcome.result, accounted)

    def note(self, line: str) -> None:
        if self.trace:
            self.log.append(f"{self.scheduler.now - START_MS:>10} {line}")

    def _next_number(self) -> int:
        self._numbers += 1
        return self._numbers

    @property
    def faults(self) -> Counter[str]:
        return self.weather.counts

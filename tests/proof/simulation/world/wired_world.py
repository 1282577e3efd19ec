"""What a world is made of, each part with its dice and weather, and what its services are asked and tell."""

import json
from collections import Counter
from typing import Any, Final

from saga_testing.aws.account import SimulatedAws
from saga_testing.aws.dynamodb.stream_record import StreamRecord
from saga_testing.deployment import settings_of
from tests.proof.simulation.faults.bus_weather import BusWeather
from tests.proof.simulation.faults.gone_scripts import GoneScripts
from tests.proof.simulation.faults.neighbours import draw_versions
from tests.proof.simulation.faults.sender_clocks import skew_senders
from tests.proof.simulation.faults.unreadable_items import CORRUPT, UnreadableItems
from tests.proof.simulation.faults.unusable_fields import UnusableFields
from tests.proof.simulation.faults.weather import Fault, Weather
from tests.proof.simulation.oracles.every import Judge, When
from tests.proof.simulation.orders.shop import Shop
from tests.proof.simulation.sources.api_desk import EXECUTION, ORDER, ApiDesk
from tests.proof.simulation.sources.batch_desk import BatchDesk
from tests.proof.simulation.sources.check_schedule import CheckSchedule
from tests.proof.simulation.sources.deliveries import Delays
from tests.proof.simulation.sources.ingress import EventBridgeSource, Ingress
from tests.proof.simulation.sources.kafka_source import KafkaSource
from tests.proof.simulation.sources.kafka_target import SimulatedTopic
from tests.proof.simulation.sources.limit_desk import LimitDesk
from tests.proof.simulation.sources.operator import Operator
from tests.proof.simulation.sources.rejected_desk import RejectedDesk
from tests.proof.simulation.sources.stream_mapping import StreamMapping
from tests.proof.simulation.sources.targets import Targets
from tests.proof.simulation.world.acts import Acts
from tests.proof.simulation.world.clients import FaultyCalls
from tests.proof.simulation.world.dice import Dice
from tests.proof.simulation.world.drawn_executions import START_MS
from tests.proof.simulation.world.lambda_service import (
    API,
    CHECKER,
    COMMANDS,
    KAFKA_RELAY,
    RELAY,
    RELAYS,
    RUNNER,
    WAKE,
    Invocation,
    LambdaService,
    Outcome,
)
from tests.proof.simulation.world.ledger import Ledger, Write
from tests.proof.simulation.world.plan import Plan, draw_plan
from tests.proof.simulation.world.scenario import Inbound
from tests.proof.simulation.world.scheduler import Scheduler
from tests.proof.simulation.world.sdk import SimulatedSdk
from tests.proof.simulation.world.silent_telemetry import SilentTelemetry
from tests.proof.simulation.world.worker import Worker

CALM_SHARE: Final = 0.2


class WiredWorld:
    """A world before anything happens in it. `World` plays it."""

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
        self.plan: Plan = draw_plan(dice.plan, dice.rushes, calm=dice.plan.random() < CALM_SHARE)
        self.weather = Weather(dice.faults, calm=self.plan.calm, silenced=silenced, suppressed=suppressed)
        if self.plan.rush and not self.plan.calm and Fault.SHORT_PAGE not in silenced:
            self.weather.rates.setdefault(Fault.SHORT_PAGE, 0.4)
        skew_senders(dice.senders, self.plan, self.weather, silenced)
        self.scheduler = Scheduler(START_MS)
        self.ledger = Ledger(self.plan, draw_versions(dice.versions, calm=self.plan.calm, silenced=silenced))
        if self.ledger.versions.mixed:
            # What ends while commands are off is reconciled afterwards, which needs one release alone.
            self.plan.never_hush()
        self.silenced = silenced
        self.shop = Shop(self, dice.orders)
        self._fields = UnusableFields.draw(dice.fields, self.weather, calm=self.plan.calm, silenced=silenced)
        self.judge = Judge(lambda: f"+{(self.scheduler.now - START_MS) / 1000:.3f} s:")
        self._dice = dice
        self._streamed = self._unsent = 0
        self._ttl_is_late = False
        self.targets = Targets(self)
        self.bus = BusWeather(self.scheduler, self.weather, dice.latency, self.targets.of("bus"))
        self.aws = SimulatedAws(lambda: self.scheduler.now, self.index_lag, self.bus.fate, self.read_lag)
        self.ledger.payloads = self.aws.s3.objects("payloads")
        self.service = self._lambda_service()
        self.schedule = CheckSchedule(
            self.service,
            self.ledger,
            self.judge,
            dice.deliveries,
            lambda: self.aws.dynamodb.index_settled_at("sagas", "deadlines"),
            lambda: any("deadline" in saga.image for saga in self.shop.ledger.open),
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
            StreamMapping(
                self.service,
                self.plan,
                dice.deliveries,
                self._relayed,
                self._record_lost,
                self._stream_trimmed,
                self,
                self.ledger.was_readable,
                relay,
            )
            for relay in relays
        ]
        self.operator = Operator(self)
        self.desk = RejectedDesk(self, dice.desk)
        self.worker = Worker(self.scheduler, self.weather, dice.worker, self.plan, self._report, self.next_number)
        self.scripts = GoneScripts(self, dice.scripts, silenced)
        self.unreadable = UnreadableItems(self, dice.unreadable, silenced)
        self.acts = Acts(lambda: self.aws.dynamodb.items("operator"))
        self.api_desk = ApiDesk(self, dice.operators)
        self.batch_desk = BatchDesk(self, dice.batches, self.acts)
        self.limit_desk = LimitDesk(self, dice.limits)
        self.calls = 0
        self._numbers = 1_000

    def _lambda_service(self) -> LambdaService:
        """Containers whose clients meet the weather, whose topic is simulated, whose metrics account to the world."""
        settings = settings_of(tuple(self.plan.settings.items()))
        service = LambdaService(self.scheduler, self.weather, settings, self._dice.clocks, self.ledger.versions)
        calls = FaultyCalls(self.scheduler, self.weather, self, self._dice.latency)
        service.make_sdk = lambda container: SimulatedSdk(calls, self.aws, container)
        service.make_telemetry = lambda: SilentTelemetry(self)  # type: ignore[assignment,return-value]  # same methods
        told = self.targets.of("topic")
        service.connect_target = SimulatedTopic(
            self.scheduler, self.weather, self._dice.latency, self.targets.on_topic, told
        ).connect
        service.on_end = self._returned
        service.production_dice = self._dice.production
        return service

    # -- what the services are asked and tell

    def _report(self, inbound: Inbound) -> None:
        self.note(f"send {inbound.event_id} {inbound.type} {inbound.execution_id}")
        self.ledger.versions.dress(inbound)
        self._fields.spoil(inbound)
        self.ingress.send(inbound)

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
        self.scripts.sees(operation, arguments)
        self.shop.sees(operation, arguments)
        if invocation.function == API:
            self._acted(invocation)
        self.limit_desk.sees(invocation)
        self.batch_desk.sees(invocation)
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
            if record.keys["saga_name"]["S"] == ORDER:
                self._waiting(self.shop.ledger.take(record, invocation, self.scheduler.now))
            elif (write := self.ledger.take(record, invocation, self.scheduler.now)) is not None:
                self.acts.sees(EXECUTION, write.old, write.new)
                if write.new is not None:
                    if write.new.state == "running":
                        self.schedule.watch()
                    self.note(f"saga {write.new.key} v{write.new.version} {write.new.state} {write.new.outbox}")
                self.judge.judge(When.WRITE, self.ledger, write)
                self.judge.judge(When.EITHER, self.ledger, write)
            else:
                self.limit_desk.counted(record, invocation)
            for mapping in self.mappings:
                mapping.offer(record)
        self.judge.judge(When.COMMIT, self.ledger, invocation, before)

    def _waiting(self, write: Write) -> None:
        """Book a write of a saga that waits, and judge it."""
        if write.new is not None:
            self.note(f"order {write.new.key} v{write.new.version} {write.new.state} {write.new.outbox}")
            for message in write.new.outbox:
                self.ledger.emitted.setdefault(f"{ORDER}:{write.new.key}:{message}", write.new.key)
            self.schedule.watch()
        self.acts.sees(ORDER, write.old, write.new)
        self.judge.judge(When.WAITING, self.shop.ledger, write)
        self.judge.judge(When.EITHER, self.ledger, write)

    def _acted(self, invocation: Invocation) -> None:
        for name in (EXECUTION, ORDER):
            self.judge.judge(When.ACTED, self.acts, f"saga:{name}:{invocation.about[0]}")

    def called(self, payload: bytes) -> None:
        self.batch_desk.called(payload)

    def rejected(self, invocation: Invocation, body: str) -> None:
        pointer = json.loads(body)
        inbound = self.ledger.reject(pointer)
        self.ledger.rejecter = invocation
        self.note(f"{invocation.number} rejected {pointer['reason']} {pointer['key']}")
        self.operator.hears_of(pointer)
        self.desk.hears_of(pointer)
        if pointer["reason"] == CORRUPT:
            self.unreadable.hears_of(pointer)
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

    def _stream_trimmed(self) -> None:
        self.note("an alarm tells of a relay that stood still")
        self.operator.send_all_again()

    def _returned(self, invocation: Invocation, outcome: Outcome, how: str) -> None:
        self.calls += invocation.calls
        self.limit_desk.returned(invocation, outcome)
        if invocation.function in COMMANDS:
            return
        if self.trace:
            self.note(f"{invocation.number} {invocation.function} {'fails' if outcome.failed else 'returns'} {how}")
        self.judge.judge(When.RETURNED, self.ledger, invocation, how)
        accounted = invocation.container.resources.telemetry.take_accounted()
        if not outcome.failed and invocation.function not in {API, CHECKER, RUNNER, WAKE, *RELAYS}:
            self.judge.judge(When.APPLIED, self.ledger, invocation, outcome.result, accounted)

    def note(self, line: str) -> None:
        if self.trace:
            self.log.append(f"{self.scheduler.now - START_MS:>10} {line}")

    def next_number(self) -> int:
        self._numbers += 1
        return self._numbers

    @property
    def faults(self) -> Counter[str]:
        return self.weather.counts

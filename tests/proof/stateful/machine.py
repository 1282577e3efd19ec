"""Steps that anybody may take in any order, one fault at a time, and promises that hold after each of them.

Hypothesis draws the steps, and shrinks those that break a promise to the fewest and simplest that still do.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from saga_testing.aws.account import QUEUE_URL
from saga_testing.faults import Fault
from tests.proof.simulation.oracles.registry import When
from tests.proof.simulation.sources.stream_mapping import ARN
from tests.proof.simulation.world.lambda_service import CHECKER
from tests.proof.simulation.world.scenario import (
    ADMIN,
    CANCELLED,
    COMPLETED,
    FAILED,
    OPERATOR_SOURCE,
    REQUESTED,
    STARTED,
    TIMEOUT,
    Inbound,
    report,
)
from tests.proof.stateful.account import Account
from tests.proof.stateful.events import LANGUAGE_OF, MAX_AGE_SECONDS, Actor, Content, cancel, request
from tests.proof.stateful.sources import EventBridge, Kafka

Source = Literal["EventBridge", "Kafka"]
SETTINGS: Final = {
    "SAGA_TABLE": "sagas",
    "PAYLOAD_BUCKET": "payloads",
    "REJECTED_QUEUE_URL": QUEUE_URL,
    "OPERATOR_TABLE": "operator",
    "EVENT_BUS_NAME": "bus",
    "ADMIN_USERS": ADMIN,
    "DEFAULT_LANGUAGE_LIMIT": "1",
    "KAFKA_TARGET_BOOTSTRAP": "",
    "COUNTER_SHARDS": "1",
    "DEADLINE_SHARDS": "2",
    "REQUEST_MAX_AGE_SECONDS": str(MAX_AGE_SECONDS),
    "RETENTION_DAYS": "1",
}
RIVALS: Final = (REQUESTED, STARTED, COMPLETED, FAILED, CANCELLED, CHECKER)
MOST_ROUNDS: Final = 12
"""What it may take to come to rest once nothing goes wrong any more."""


@dataclass(frozen=True)
class Strike:
    """A fault, and how many calls that it could strike are spared."""

    fault: Fault
    spares: int


@dataclass(frozen=True)
class Rival:
    """Another event, or the checker, carried out between two calls of the invocation under way."""

    execution: str
    kind: str
    waits_for: int


Mishap = Strike | Rival | None
"""What happens during a delivery."""

executions = st.sampled_from(list(LANGUAGE_OF))
sources = st.sampled_from(("EventBridge", "Kafka"))
mishaps: st.SearchStrategy[Mishap] = (
    st.none()
    | st.builds(Strike, st.sampled_from(Fault), st.integers(0, 2))
    | st.builds(Rival, executions, st.sampled_from(RIVALS), st.integers(0, 3))
)


class Sagas(RuleBasedStateMachine):
    """Four executions of two languages, each language with one slot at first."""

    taken: ClassVar[int] = 0
    """Steps of the last run: after shrinking, those of the shortest one that fails."""
    met: ClassVar[Counter[str]] = Counter()
    """In all runs: steps, AWS calls, faults, rivals, reasons of endings, questions to each oracle."""
    account: Account

    events: Bundle[Inbound] = Bundle("events")

    @initialize(mode=st.sampled_from(("on-demand", "provisioned")), index_lag_ms=st.sampled_from((0, 60_000)))
    def begin(self, mode: str, index_lag_ms: int) -> None:
        type(self).taken = 0
        self.settings = SETTINGS | {"KAFKA_MODE": mode}
        self.account = Account(self.settings, index_lag_ms)
        self.eventbridge, self.kafka = EventBridge(self.account), Kafka(self.account)
        self.undelivered: dict[int, tuple[Inbound, Source]] = {}
        self.numbers = 0

    # -- what is sent

    @rule(target=events, execution=executions, source=sources, mishap=mishaps)
    def ask(self, execution: str, source: Source, mishap: Mishap) -> Inbound:
        """A sound request. Rules are drawn alike, and without these most runs would be about stubs."""
        return self._send(self._new(execution, REQUESTED), source, mishap)

    @rule(target=events, execution=executions, source=sources, mishap=mishaps)
    def start(self, execution: str, source: Source, mishap: Mishap) -> Inbound:
        return self._send(self._new(execution, STARTED), source, mishap)

    @rule(target=events, execution=executions, content=st.sampled_from(Content), source=sources, mishap=mishaps)
    def request(self, execution: str, content: Content, source: Source, mishap: Mishap) -> Inbound:
        return self._send(request(self._number(), execution, content, self.account.scheduler.now), source, mishap)

    @rule(
        target=events,
        execution=executions,
        event_type=st.sampled_from((STARTED, COMPLETED, FAILED, TIMEOUT)),
        source=sources,
        mishap=mishaps,
    )
    def report(self, execution: str, event_type: str, source: Source, mishap: Mishap) -> Inbound:
        return self._send(self._new(execution, event_type), source, mishap)

    @rule(target=events, execution=executions, actor=st.sampled_from(Actor), source=sources, mishap=mishaps)
    def cancel(self, execution: str, actor: Actor, source: Source, mishap: Mishap) -> Inbound:
        return self._send(cancel(self._number(), execution, actor, self.account.scheduler.now), source, mishap)

    @rule(known=st.lists(events, min_size=1, max_size=4), source=sources, mishap=mishaps)
    def deliver_again(self, known: list[Inbound], source: Source, mishap: Mishap) -> None:
        """Duplicates: one after the other, or together in batches with what else is of their type."""
        with self._suffering(mishap):
            self._deliver(known, source)

    @rule()
    def retry(self) -> None:
        """The sources come back with what was not acknowledged."""
        for inbound, source in list(self.undelivered.values()):
            self._deliver([inbound], source)

    # -- what runs by itself

    @rule(count=st.sampled_from((1, 2, 100)), twice=st.booleans(), mishap=mishaps)
    def relay(self, count: int, twice: bool, mishap: Mishap) -> None:
        with self._suffering(mishap):
            self.account.relay(count, ARN, twice=twice)

    @rule(mishap=mishaps)
    def check(self, mishap: Mishap) -> None:
        with self._suffering(mishap):
            self.account.check()

    @rule(seconds=st.sampled_from((1, 90, 400, MAX_AGE_SECONDS + 60)))
    def time_passes(self, seconds: int) -> None:
        self.account.scheduler.now += seconds * 1000

    # -- what goes wrong, and what operators change

    @rule()
    def refuse_an_entry(self) -> None:
        """The bus will refuse the next saga event for good."""
        self.account.refuses_an_entry = True

    @rule(
        limit=st.sampled_from(("1", "2", "0")),
        shards=st.sampled_from(("1", "2")),
        clock_offset_ms=st.sampled_from((0, -5_000, 5_000)),
    )
    def deploy(self, limit: str, shards: str, clock_offset_ms: int) -> None:
        self.settings = self.settings | {"DEFAULT_LANGUAGE_LIMIT": limit, "COUNTER_SHARDS": shards}
        self.account.deploy(self.settings, clock_offset_ms)

    # -- what must hold

    @invariant()
    def every_promise_holds(self) -> None:
        type(self).taken += 1
        self.met["steps"] += 1
        found = self.account.judge.violations
        assert not found, "; ".join(f"{identity}: {wrong}" for identity, wrong in found)

    def teardown(self) -> None:
        """Faults end, everything is delivered, deadlines pass: then nothing may be left open."""
        if not hasattr(self, "account") or self.account.judge.violations:
            return
        self.account.refuses_an_entry = False
        for _ in range(MOST_ROUNDS):
            self.retry()
            self.account.relay(len(self.account.owed), ARN, twice=False)
            self.account.scheduler.now += 600_000
            self.account.check()
            if not self._left():
                break
        else:
            self.account.fail("L1", f"never comes to rest: {self._left()}")
        self.account.redrive()
        self.account.judge.judge(When.END, self.account.ledger, self.account.pods)
        self.every_promise_holds()
        self.met.update(self.account.met())

    def _left(self) -> list[Any]:
        running = [saga.key for saga in self.account.ledger.sagas.values() if saga.state == "running"]
        return [*running, *self.undelivered, *(record.sequence_number for record in self.account.owed)]

    def _new(self, execution: str, event_type: str) -> Inbound:
        """An event of the ordinary kind."""
        number, now = self._number(), self.account.scheduler.now
        if event_type == REQUESTED:
            return request(number, execution, Content.SOUND, now)
        if event_type == CANCELLED:
            return cancel(number, execution, Actor.OWNER, now)
        return report(number, f"evt-{number}", event_type, execution, now)

    def _number(self) -> int:
        self.numbers += 1
        return self.numbers

    def _send(self, inbound: Inbound, source: Source, mishap: Mishap) -> Inbound:
        self.account.ledger.send(inbound)
        with self._suffering(mishap):
            self._deliver([inbound], source)
        return inbound

    @contextmanager
    def _suffering(self, mishap: Mishap) -> Iterator[None]:
        """A rival that comes in between has its own luck."""
        account = self.account
        before = account.fault, account.calls_spared
        account.fault, account.calls_spared, account.rival = None, 0, None
        match mishap:
            case Strike(fault, spares):
                account.fault, account.calls_spared = fault, spares
            case Rival(waits_for=calls):
                account.rival, account.rival_waits_for = lambda: self._carry_out(mishap), calls
            case None:
                pass
        yield
        account.fault, account.calls_spared = before
        account.rival = None

    def _carry_out(self, rival: Rival) -> None:
        if rival.kind == CHECKER:
            self.account.check()
        else:
            self._send(self._new(rival.execution, rival.kind), "EventBridge", None)

    def _deliver(self, inbounds: list[Inbound], source: Source) -> None:
        by_kafka: dict[str, dict[int, Inbound]] = {}
        for inbound in inbounds:
            # What an operator sends comes over EventBridge alone: its source is what makes it an operator's.
            if source == "Kafka" and inbound.source != OPERATOR_SOURCE:
                by_kafka.setdefault(inbound.type, {})[inbound.number] = inbound
            else:
                self._settle([inbound], [inbound] if self.eventbridge.deliver(inbound) else [], "EventBridge")
        for batch in by_kafka.values():
            self._settle(list(batch.values()), self.kafka.deliver(list(batch.values())), "Kafka")

    def _settle(self, delivered: list[Inbound], acknowledged: list[Inbound], source: Source) -> None:
        done = {inbound.number for inbound in acknowledged}
        for inbound in delivered:
            if inbound.number in done:
                self.undelivered.pop(inbound.number, None)
                self.account.ledger.acknowledged[inbound.number] += 1
                self.account.judge.judge(When.ACKNOWLEDGED, self.account.ledger, inbound)
            else:
                self.undelivered[inbound.number] = (inbound, source)

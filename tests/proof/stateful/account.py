"""One deployment, an invocation at a time: production handlers over the simulated AWS, watched by the oracles.

The simulation's scheduler is here only a clock, and its ledger, oracles and services are what they are there.
"""

import functools
import json
import random
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from saga_orchestrator.bootstrap import Resources
from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints.checker_function import CheckTimeouts
from saga_orchestrator.entrypoints.event_function import EventFunction
from saga_orchestrator.entrypoints.relay_function import CommandRelay
from saga_testing.aws.account import QUEUE_URL, SimulatedAws
from saga_testing.aws.dynamodb.stream_record import StreamRecord
from saga_testing.deployment import EXECUTIONS, settings_of
from saga_testing.executor import InTurn
from saga_testing.faults import Fault, Killed, possible_at
from saga_testing.wire import Wire
from tests.proof.simulation.faults.code_versions import TARGET_OF
from tests.proof.simulation.faults.weather import Weather
from tests.proof.simulation.oracles.every import Judge, When
from tests.proof.simulation.world import lambda_service
from tests.proof.simulation.world.call_budget import booked
from tests.proof.simulation.world.drawn_executions import START_MS
from tests.proof.simulation.world.lambda_service import TIME_LIMIT_MS, Container, Invocation, LambdaService, Outcome
from tests.proof.simulation.world.ledger import Ledger
from tests.proof.simulation.world.plan import Plan
from tests.proof.simulation.world.scheduler import Scheduler
from tests.proof.simulation.world.silent_telemetry import SilentTelemetry
from tests.proof.stateful.pods import Pods

CRASHED: Final = "crashed"


class Account:
    """`judge` has what the oracles found. At most one fault is armed; it strikes at the next call it can.

    So does `rival`, another invocation that is carried out between two calls of the one under way.
    """

    trace = False

    def __init__(self, settings: dict[str, str], index_lag_ms: int) -> None:
        self.scheduler = Scheduler(START_MS)
        self.ledger = Ledger(_plan(settings))
        self.judge = Judge(lambda: f"+{(self.scheduler.now - START_MS) / 1000:.3f} s:")
        self.aws = SimulatedAws(lambda: self.scheduler.now, lambda: index_lag_ms, self._entry_fate)
        self.ledger.payloads = self.aws.s3.objects("payloads")
        self.pods = Pods()
        self.owed: list[StreamRecord] = []
        """What the stream still has for the relay, by the filter of template.yaml."""
        self.settings = settings_of(tuple(settings.items()))
        self.clock_offset_ms = 0
        self.fault: Fault | None = None
        self.calls_spared = 0
        self.rival: Callable[[], None] | None = None
        self.rival_waits_for = 0
        self.struck: Counter[Fault] = Counter()
        self.overtaken = 0
        self.refuses_an_entry = False
        self._wire = BookingWire(lambda: self._current, self._before_call, self._after_call)
        self._service = LambdaService(self.scheduler, _calm(), self.settings, random.Random(0), self.ledger.versions)
        self._idle: dict[str, Container] = {}
        self._invocations = self._streamed = self._accepted = self._rejected = 0
        self._operation = ""
        self._current: Invocation | None = None

    def deploy(self, settings: dict[str, str], clock_offset_ms: int) -> None:
        """New processes, with other settings and another machine's clock."""
        self.settings, self.clock_offset_ms = settings_of(tuple(settings.items())), clock_offset_ms
        self._idle.clear()

    def invoke(self, function: str, event: Any, about: tuple[str, ...], records: int) -> Outcome:
        container = self._idle.pop(function, None) or self._new_container(function)
        self._invocations += 1
        now = self.scheduler.now
        invocation = Invocation(
            self._invocations, function, container, now, now + TIME_LIMIT_MS, about, records, self._service, _nothing
        )
        invocation.aws_request_id = f"request-{self._invocations}"
        interrupted, self._current = self._current, invocation
        outcome, how = self._outcome(function, event, invocation)
        self._current = interrupted
        if how != CRASHED and container.settings is self.settings:
            self._idle[function] = container
        self.judge.judge(When.RETURNED, self.ledger, invocation, how)
        return outcome

    def _outcome(self, function: str, event: Any, invocation: Invocation) -> tuple[Outcome, str]:
        at: Resources = invocation.container.resources
        try:
            match function:
                case lambda_service.RELAY:
                    answer: Any = CommandRelay(at).run(event, invocation)
                case lambda_service.CHECKER:
                    answer = CheckTimeouts(at).run(event, invocation)
                case _:
                    answer = EventFunction(at, EventType(function.upper())).run(event, invocation)
        except Killed:
            return Outcome(failed=True), CRASHED
        except RetryableError as error:
            return Outcome(failed=True), f"raised {type(error).__name__}: {error}"
        except Exception as error:  # noqa: BLE001 - a handler promises one type of error: any other is a finding
            self.judge.fail("E1", f"{function} raised {type(error).__name__}: {error}")
            return Outcome(failed=True), f"raised {type(error).__name__}: {error}"
        return Outcome(failed=False, result=answer), ""

    def check(self) -> None:
        self.invoke(lambda_service.CHECKER, {}, (), 1)

    def relay(self, count: int, arn: str, *, twice: bool) -> None:
        """So many records from the checkpoint on, which moves to the first that failed; or the same batch twice."""
        batch = self.owed[:count]
        if not batch:
            return
        event = {"Records": [record.as_lambda_record(arn) for record in batch]}
        outcome = self.invoke(lambda_service.RELAY, event, (), len(batch))
        if twice:
            # Another poller had read the same records: whatever it does, the first one's answer counts.
            self.invoke(lambda_service.RELAY, event, (), len(batch))
        numbers = [record.sequence_number for record in batch]
        failed = [failure["itemIdentifier"] for failure in (outcome.result or {}).get("batchItemFailures", ())]
        if not set(failed) <= set(numbers):
            self.judge.fail("S19", f"the relay reports {failed}, which it was not given")
            return
        done = 0 if outcome.failed else min(map(numbers.index, failed), default=len(batch))
        for record in batch[:done]:
            self.judge.judge(When.RELAYED, self.ledger, record, TARGET_OF[lambda_service.RELAY])
        del self.owed[:done]

    def redrive(self) -> None:
        """An operator has what the bus refused sent again: it has been mended by now."""
        for _, message in sorted(self.ledger.rejected_messages):
            saga_name, execution_id, _ = message.split(":")
            wish = {"republish": [{"execution_id": execution_id, "saga_name": saga_name}]}
            self.invoke(lambda_service.RELAY, wish, (), 1)

    def met(self) -> Counter[str]:
        """What this account has been through."""
        endings = Counter(saga.text("reason") or saga.state for saga in self.ledger.sagas.values())
        figures = Counter({"calls": len(self._wire.calls), "rivals": self.overtaken})
        return figures + self.judge.checked + endings + Counter({str(f): n for f, n in self.struck.items()})

    def _new_container(self, function: str) -> Container:
        container = Container(function, self.settings, self.clock_offset_ms)
        container.resources = Resources(
            self.settings,
            self._wire.sdk(self.aws),
            clock=lambda: self.scheduler.now + container.offset_ms,
            pause=lambda _seconds: None,
            rng=random.Random(self._invocations),
            sagas=EXECUTIONS,
            telemetry=SilentTelemetry(self),
            executor=InTurn(),
            function=function,
        )
        return container

    # -- what the wire, the bus and telemetry tell

    def _before_call(self, operation: str) -> None:
        self._be_overtaken()
        self._operation = operation
        if self._current is not None:
            self._current.calls += 1
        if self.fault is None or self.fault not in possible_at(operation):
            return
        if self.calls_spared:
            self.calls_spared -= 1
            return
        self._wire.plan = {len(self._wire.calls): self.fault}
        self.struck[self.fault] += 1
        self.fault = None

    def _be_overtaken(self) -> None:
        if self.rival is None:
            return
        if self.rival_waits_for:
            self.rival_waits_for -= 1
            return
        rival, self.rival = self.rival, None
        self.overtaken += 1
        rival()

    def _after_call(self) -> None:
        match self._operation:
            case "put_item" | "update_item" | "transact_write_items":
                self._book_writes()
            case "put_events":
                self._book_messages()
            case "send_message":
                self._book_pointers()
            case _:
                pass

    def _book_writes(self) -> None:
        stream, before = self.aws.dynamodb.stream, self.ledger.promised()
        invocation = self._current
        if self._streamed == len(stream) or invocation is None:
            return
        for record in stream[self._streamed :]:
            write = self.ledger.take(record, invocation, self.scheduler.now)
            if write is not None:
                self.judge.judge(When.WRITE, self.ledger, write)
                self.judge.judge(When.EITHER, self.ledger, write)
            if "outbox" in (record.new_image or {}):
                self.owed.append(record)
        self._streamed = len(stream)
        self.judge.judge(When.COMMIT, self.ledger, invocation, before)

    def _book_messages(self) -> None:
        accepted = self.aws.events.accepted
        for entry in accepted[self._accepted :]:
            body = json.loads(entry["Detail"])
            self.ledger.publications["bus"][body["message_id"]] += 1
            self.judge.judge(When.PUBLISHED, self.ledger, body, entry["Detail"])
            self.pods.obey(body, self.scheduler.now)
        self._accepted = len(accepted)

    def _book_pointers(self) -> None:
        bodies = self.aws.sqs.bodies(QUEUE_URL)
        for text in bodies[self._rejected :]:
            pointer = json.loads(text)
            self.judge.judge(When.REJECTED, self.ledger, self.ledger.reject(pointer), pointer)
        self._rejected = len(bodies)

    def _entry_fate(self, entry: dict[str, Any]) -> str | None:
        if not self.refuses_an_entry or not entry["DetailType"].startswith("SAGA_"):
            return None
        self.refuses_an_entry = False
        self.ledger.refused.add(("bus", json.loads(entry["Detail"])["message_id"]))
        return "MalformedDetail"

    def note(self, line: str) -> None:
        """Nothing is traced: Hypothesis prints the steps that it takes to fail."""

    def fail(self, identity: str, wrong: str) -> None:
        self.judge.fail(identity, wrong)


class BookingWire(Wire):
    """Books each call with the invocation that makes it."""

    def __init__(
        self,
        under_way: Callable[[], Invocation | None],
        before_call: Callable[[str], None],
        after_call: Callable[[], None],
    ) -> None:
        super().__init__(before_call=before_call, after_call=after_call)
        self._under_way = under_way

    def invoke(self, operation: str, call: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        invocation = self._under_way()
        if invocation is None:
            return super().invoke(operation, call, arguments)
        on_the_wire = "".join(word.title() for word in operation.split("_"))
        attempt = functools.partial(super().invoke, operation, call, arguments)
        return booked(invocation.made, on_the_wire, arguments, attempt)


def _plan(settings: dict[str, str]) -> Plan:
    """What oracles ask a plan: its settings, and whether it is one without faults."""
    return Plan(
        calm=False,
        settings=settings,
        later_settings=[],
        stray_checks=[],
        clusters="one",
        transport="both",
        partitions=1,
        batch_size=100,
        stream_lanes=1,
        stream_batch=100,
        retries_items=True,
        unfiltered_stream=False,
        chaos_ends=START_MS,
        ends_with_expiry=False,
    )


def _calm() -> Weather:
    return Weather(random.Random(0), calm=True, silenced=frozenset(), suppressed=frozenset())


def _nothing(_outcome: Outcome) -> None:
    """Whoever invokes here waits for the outcome."""

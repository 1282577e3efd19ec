"""Lambda as the handlers see it: containers that are reused or new, a time limit, and ends in the middle of things."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from greenlet import GreenletExit

from saga_orchestrator.adapters.settings import Settings
from saga_orchestrator.adapters.telemetry import Telemetry
from saga_orchestrator.domain.events import EventType
from tests.proof.simulation.faults import code_versions
from tests.proof.simulation.faults.code_versions import CodeVersion, Versions
from tests.proof.simulation.faults.function_clocks import FunctionClocks
from tests.proof.simulation.faults.weather import Fault, Met, Weather
from tests.proof.simulation.world.scheduler import Scheduler, Task
from tests.proof.simulation.world.strands import StrandExecutor, Turns

TIME_LIMIT_MS: Final = 30_000
RELAY: Final = code_versions.RELAY
KAFKA_RELAY: Final = code_versions.KAFKA_RELAY
RELAYS: Final = frozenset(code_versions.TARGET_OF)
CHECKER: Final = code_versions.CHECKER
RECONCILE: Final = "sagactl reconcile"
REDRIVE: Final = "sagactl rejected redrive"
DROP: Final = "sagactl rejected drop"
HAND: Final = "somebody's hand"
COMMANDS: Final = frozenset({RECONCILE, REDRIVE, DROP})
"""Operators' commands are no functions, but they write as those do."""
ORDER_EVENT: Final = "saga_event"
ORDER_REPLY: Final = "command_reply"
WAKE: Final = "saga_wake"
API: Final = "api"
RUNNER: Final = "operation_runner"
LONGER_MS: Final = {RUNNER: 300_000}
OF_WAITING: Final = frozenset({ORDER_EVENT, ORDER_REPLY, WAKE})
"""Functions of sagas that wait: they never touch an execution."""
FUNCTION_OF: Final[dict[str, str]] = {event_type: event_type.lower() for event_type in EventType}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the event source learns: the returned value, or that the invocation failed."""

    failed: bool
    result: Any = None


class Container:
    """One process of one function: its resources live as long as it does."""

    __slots__ = ("function", "off_until", "offset_ms", "resources", "settings", "version")

    def __init__(
        self, function: str, settings: Settings, offset_ms: int, version: CodeVersion = code_versions.THIS
    ) -> None:
        self.function = function
        self.version = version
        self.settings = settings
        self.offset_ms = offset_ms
        self.off_until: int | None = None
        self.resources: Any = None


@dataclass(slots=True, eq=False)
class Invocation:
    """One run of a handler. `about` names the executions its event speaks of; nothing else may change."""

    number: int
    function: str
    container: Container
    started: int
    deadline: int
    about: tuple[str, ...]
    records: int
    service: "LambdaService"
    on_done: Callable[[Outcome], None]
    tasks: list[Task] = field(default_factory=list)
    calls: int = 0
    faults: int = 0
    made: Counter[str] = field(default_factory=Counter)
    """Calls by operation; a rejection's put counts as `Reject`, beside them what queries listed and refusals allow."""
    unheard: int = 0
    """Calls that AWS refused for this process's clock."""
    answer: Any = None
    over: bool = False
    asked_again: bool = False
    """A relay that an operator had publish sagas' messages again."""
    aws_request_id: str = ""

    def get_remaining_time_in_millis(self) -> int:
        return self.deadline - self.service.scheduler.now

    def time_out(self) -> None:
        if not self.over:
            self.service.weather.meet(Met.TIMED_OUT)
            self.service.end(self, "timed out")

    def crash(self) -> None:
        """The process dies here: the strand that calls this does not come back."""
        self.service.scheduler.leave(lambda: self.service.end(self, "crashed"))
        raise GreenletExit


class LambdaService:
    """Runs handlers on containers. The settings given to new containers can change under running ones."""

    def __init__(
        self, scheduler: Scheduler, weather: Weather, settings: Settings, clocks: random.Random, versions: Versions
    ) -> None:
        self.scheduler = scheduler
        self.weather = weather
        self.settings = settings
        self.invocations = 0
        self._clocks = FunctionClocks(clocks, weather)
        self._idle: dict[tuple[str, CodeVersion], list[Container]] = {}
        self.versions = versions
        self.make_sdk: Callable[[Container], Any] = _not_connected
        self.make_telemetry: Callable[[], Telemetry] = _not_connected
        self.connect_target: Callable[[Any], None] = _nothing
        self.on_end: Callable[[Invocation, Outcome, str], None] = _nothing
        self.production_dice = random.Random(0)
        self.orders = False
        """This world has more sagas than executions."""

    def invoke(
        self, function: str, event: Any, about: tuple[str, ...], records: int, on_done: Callable[[Outcome], None]
    ) -> Invocation:
        self.invocations += 1
        container = self._container(function)
        now = self.scheduler.now
        number = self.invocations
        invocation = Invocation(
            number,
            function,
            container,
            now,
            now + LONGER_MS.get(function, TIME_LIMIT_MS),
            about,
            records,
            self,
            on_done,
        )
        invocation.aws_request_id = f"request-{number}"
        invocation.asked_again = "republish" in event
        invocation.tasks.append(self.scheduler.spawn(lambda: self._run(invocation, event), invocation))
        return invocation

    def recycle(self, *, relays: bool) -> None:
        """Processes that are not at work are replaced, as after a deployment that is through, or after days.

        Without `relays` those of the newest release stay: what broke in one must mend without a deployment.
        """
        self.versions.settle()
        kept = [] if relays else [(relay, self.versions.newest) for relay in sorted(RELAYS)]
        self._idle = {key: self._idle.get(key, []) for key in kept}

    def end(self, invocation: Invocation, why: str) -> None:
        """From outside of every strand: the process is gone, and nothing of it runs on."""
        if invocation.over:
            return
        invocation.over = True
        for task in invocation.tasks:
            self.scheduler.kill(task)
        self._report(invocation, Outcome(failed=True), why)

    def _run(self, invocation: Invocation, event: Any) -> None:
        container = invocation.container
        entry = container.version.entries[invocation.function]
        try:
            outcome, how = Outcome(failed=False, result=entry(container.resources, event, invocation)), ""
        except Exception as error:  # noqa: BLE001 - Lambda's own boundary: whatever a handler raises is a failed run
            outcome, how = Outcome(failed=True), f"raised {type(error).__name__}: {error}"
        invocation.over = True
        self._idle.setdefault((invocation.function, container.version), []).append(container)
        self._report(invocation, outcome, how)

    def _report(self, invocation: Invocation, outcome: Outcome, how: str) -> None:
        invocation.answer = outcome.result
        self.on_end(invocation, outcome, how)
        self.scheduler.after(0, lambda: invocation.on_done(outcome))

    def _container(self, function: str) -> Container:
        version = self.versions.draw() if function not in {API, RUNNER} else code_versions.THIS
        idle = self._idle.get((function, version))
        if idle and self.weather.strikes(Fault.CONTAINER_REPLACED):
            idle.pop()
        while idle:
            container = idle.pop()
            if container.settings is self.settings or self.weather.strikes(Fault.CONTAINER_STALE):
                self._clocks.go_on(container, self.scheduler.now)
                return container
        return self._new_container(function, version)

    def _new_container(self, function: str, version: CodeVersion) -> Container:
        if version is not code_versions.THIS and self.versions.mixed:
            self.weather.note(Fault.OTHER_VERSION)
        container = Container(function, self.settings, 0, version)
        self._clocks.begin(container, self.scheduler.now)
        scheduler = self.scheduler
        resources = version.resources(
            version.own_settings(_settings_of(function, self.settings)),
            self.make_sdk(container),
            clock=lambda: scheduler.now + container.offset_ms,
            pause=lambda seconds: scheduler.sleep(int(seconds * 1000)),
            rng=self.production_dice,
            sagas=version.sagas_and_orders if self.orders else version.sagas,
            telemetry=self.make_telemetry(),
            executor=StrandExecutor(scheduler, self.settings.batch_concurrency),  # what threads would do, strands do
            function=function,
            turns=Turns(scheduler),
        )
        container.resources = resources
        if function == KAFKA_RELAY:
            self.connect_target(resources)
        return container


def _settings_of(function: str, settings: Settings) -> Settings:
    """As template.yaml has it: only the Kafka target's relay knows of that target, and only the other one of wakes."""
    without = "wake_queue_url" if function == KAFKA_RELAY else "kafka_target_bootstrap"
    return settings.model_copy(update={without: ""})


def _not_connected(*_arguments: Any) -> Any:
    msg = "the world connects this before the first invocation"
    raise NotImplementedError(msg)


def _nothing(*_arguments: Any) -> None:
    return None

"""The worker itself: one thread takes commands, a few run pods, and everything it started ends with it."""

import queue
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_worker import outcomes
from local_worker.commands import (
    CommandType,
    CreatePodCommand,
    DeletePodCommand,
    MalformedCommandError,
    parse_command,
)
from local_worker.faults import NO_FAULTS, Faults
from local_worker.ledger import Ledger, Pod, PodState, Verdict
from local_worker.outcomes import PodOutcome
from local_worker.refusals import CannotRunError, RuntimeUnavailableError
from local_worker.sandboxing import Limits, Sandbox, argument_vector, cpu_cores, memory_bytes
from local_worker.scripts import fetch_script
from stack_client import (
    EventPublisher,
    OutgoingEvent,
    Subscription,
    commands_of_the_orchestrator,
    publish_until_accepted,
    subscription,
)

_WAIT_SECONDS = 1
_PAUSE_AFTER_ERROR_SECONDS = 0.5


@dataclass(frozen=True)
class WorkerSettings:
    """How this worker behaves."""

    event_bus: str
    concurrency: int = 4
    node_name: str = "local-machine"
    remember_deletes_for: timedelta = timedelta(hours=24)
    faults: Faults = NO_FAULTS


@dataclass(frozen=True)
class PodNews:
    """Something that happened to a pod: `what` is a verdict, an event type, or `finished` without an event."""

    what: str
    execution_id: str


@dataclass(frozen=True)
class WorkerCounts:
    """The worker's account of itself; created = finished + deleted + abandoned, and leaked must be 0."""

    created: int
    finished: int
    deleted: int
    """Taken away by a delete, waiting or running."""
    abandoned: int
    """Still there when the worker was stopped, and stopped with it."""
    leaked: int
    """Processes alive after the worker had stopped."""
    duplicates: int
    refused: int
    malformed: int


@dataclass(frozen=True)
class WorkerClients:
    """Plain AWS clients, as any program outside the stack would have them."""

    events: Any
    sqs: Any
    s3: Any


@dataclass
class _Shared:
    """Everything that more than one thread touches, under one lock."""

    ledger: Ledger
    sandboxes: dict[str, Sandbox] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Worker:
    """Start it, stop it; between the two it obeys the commands on the bus."""

    def __init__(
        self,
        clients: WorkerClients,
        settings: WorkerSettings,
        publisher: EventPublisher,
        tell: Callable[[PodNews], None] = lambda _news: None,
    ) -> None:
        self._clients = clients
        self._settings = settings
        self._publisher = publisher
        self._tell = tell
        self._shared = _Shared(Ledger(settings.remember_deletes_for))
        self._waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._intake_error: Exception | None = None
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Returns once the subscription stands: a command published afterwards is not missed."""
        intake = threading.Thread(target=self._take_commands, name="worker-intake")
        runners = [
            threading.Thread(target=self._run_pods, name=f"worker-runner-{number}")
            for number in range(self._settings.concurrency)
        ]
        self._threads = [intake, *runners]
        for thread in self._threads:
            thread.start()
        self._ready.wait()
        if self._intake_error is not None:
            self.stop()
            raise self._intake_error

    def stop(self) -> WorkerCounts:
        """End every pod and thread; what was running publishes nothing more."""
        self._stopping.set()
        with self._shared.lock:
            running = list(self._shared.sandboxes.values())
        for sandbox in running:
            sandbox.kill()
        for _ in range(self._settings.concurrency):
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()
        self._threads = []
        return self.counts()

    def counts(self) -> WorkerCounts:
        """As of now; `abandoned` and `leaked` mean something after `stop`."""
        with self._shared.lock:
            counts = self._shared.counts
            ended = counts["finished"] + counts["deleted"]
            return WorkerCounts(
                created=counts[Verdict.CREATED],
                finished=counts["finished"],
                deleted=counts["deleted"],
                abandoned=counts[Verdict.CREATED] - ended,
                leaked=sum(sandbox.alive for sandbox in self._shared.sandboxes.values()),
                duplicates=counts[Verdict.DUPLICATE] + counts[Verdict.POD_EXISTS],
                refused=counts[Verdict.REFUSED_DELETED] + counts[Verdict.REFUSED_EXPIRED],
                malformed=counts["malformed"],
            )

    # --- taking commands -------------------------------------------------------------------------------------------

    def _take_commands(self) -> None:
        clients = self._clients
        name = f"saga-worker-{uuid.uuid4().hex[:12]}"
        try:
            pattern = commands_of_the_orchestrator(CommandType)
            with subscription(clients.events, clients.sqs, self._settings.event_bus, name, pattern) as source:
                self._ready.set()
                while not self._stopping.is_set():
                    self._take_batch(source)
        except (ClientError, BotoCoreError) as error:
            # Before it is ready this is the caller's to see; at the end it means that the stack went away first.
            if not self._ready.is_set():
                self._intake_error = error
                self._ready.set()

    def _take_batch(self, source: Subscription) -> None:
        try:
            deliveries = source.receive(_WAIT_SECONDS)
            for delivery in deliveries:
                self.obey(delivery.body)
            source.remove(deliveries)
        except (ClientError, BotoCoreError):
            self._stopping.wait(_PAUSE_AFTER_ERROR_SECONDS)

    def obey(self, body: Any) -> Verdict | None:
        """Act on one command's body; None for what is no command."""
        try:
            command = parse_command(body)
        except MalformedCommandError as error:
            self._count("malformed", str(error))
            return None
        now = datetime.now(UTC)
        if isinstance(command, DeletePodCommand):
            return self._delete(command, now)
        return self._create(command, now)

    def _create(self, command: CreatePodCommand, now: datetime) -> Verdict:
        with self._shared.lock:
            verdict = self._shared.ledger.create(command, now)
        self._count(verdict, command.execution_id)
        if verdict is Verdict.CREATED and not self._settings.faults.stops_start_of(command.execution_id):
            self._waiting.put(command.execution_id)
        return verdict

    def _delete(self, command: DeletePodCommand, now: datetime) -> Verdict:
        with self._shared.lock:
            verdict = self._shared.ledger.delete(command, now)
            sandbox = self._shared.sandboxes.get(command.execution_id)
        if verdict is Verdict.DELETED and sandbox is not None:
            sandbox.kill()
        self._count(verdict, command.execution_id)
        if command.operation_id is not None:
            self._publish(outcomes.confirmed(command))
        return verdict

    # --- running pods ----------------------------------------------------------------------------------------------

    def _run_pods(self) -> None:
        while (execution_id := self._waiting.get()) is not None:
            with self._shared.lock:
                pod = None if self._stopping.is_set() else self._shared.ledger.start(execution_id, datetime.now(UTC))
            if pod is not None:
                self._run(pod)

    def _run(self, pod: Pod) -> None:
        execution_id = pod.command.execution_id
        try:
            outcome = self._outcome(pod)
        except Exception as error:  # noqa: BLE001 - a runner that dies would take a share of the capacity with it, in silence
            outcome = outcomes.refused(CannotRunError(f"the worker failed: {type(error).__name__}"))
        with self._shared.lock:
            sandbox = self._shared.sandboxes.get(execution_id)
            if sandbox is not None and not sandbox.alive:
                del self._shared.sandboxes[execution_id]
            if outcome is None or self._stopping.is_set() or not self._shared.ledger.finish(execution_id):
                return  # deleted, or the worker is stopping: the saga has ended or will time out
        if self._settings.faults.swallows_end_of(execution_id):
            self._count("finished", execution_id)
        elif self._publish(outcomes.ended(pod.command, outcome)):
            self._count("finished", execution_id, outcome.event_type)

    def _outcome(self, pod: Pod) -> PodOutcome | None:
        """Prepare, announce, run; None when the run was interrupted and has no outcome of its own."""
        command = pod.command
        try:
            script = fetch_script(self._clients.s3, command)
            argv = argument_vector(command.runtime_command, command.runtime_filename)
            sandbox = Sandbox(script, command.runtime_filename, _limits(command))
            if not self._announce(pod, sandbox):
                return None
            result = sandbox.run(argv)
        except CannotRunError as error:
            return outcomes.refused(error)
        except OSError as error:
            return outcomes.refused(RuntimeUnavailableError(f"the runtime could not be started: {error.strerror}"))
        return None if result.killed else outcomes.outcome_of(result, command.timeout_seconds)

    def _announce(self, pod: Pod, sandbox: Sandbox) -> bool:
        """Make the sandbox known to deletes, then say that it starts; False when somebody was faster."""
        command = pod.command
        with self._shared.lock:
            # A delete or a stop that came before this line found no sandbox to kill; one that comes later finds this
            # one.
            if self._stopping.is_set() or pod.state is not PodState.RUNNING:
                return False
            self._shared.sandboxes[command.execution_id] = sandbox
        started = outcomes.started(command, pod.name, self._settings.node_name)
        if not self._publish(started):
            return False
        self._tell(PodNews(started.event_type, command.execution_id))
        return True

    def _publish(self, event: OutgoingEvent) -> bool:
        times = 2 if self._settings.faults.repeats_events_of(event.key) else 1
        return all(publish_until_accepted(self._publisher, event, self._stopping) for _ in range(times))

    def _count(self, what: str, execution_id: str, news: str | None = None) -> None:
        with self._shared.lock:
            self._shared.counts[what] += 1
        self._tell(PodNews(str(news or what), execution_id))


def _limits(command: CreatePodCommand) -> Limits:
    cores = cpu_cores(command.cpu_limit)
    # A share of the processor cannot be had from one process alone; who asks for less yields more.
    niceness = 15 if cores <= 0.25 else 10 if cores <= 1 else 5
    return Limits(float(command.timeout_seconds), memory_bytes(command.memory_limit), niceness)

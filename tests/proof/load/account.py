"""One deployment under load: atomic calls from many threads, each counted, and what is read is forgotten."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from saga_orchestrator.bootstrap import Resources
from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints.checker_function import CheckTimeouts
from saga_orchestrator.entrypoints.event_function import EventFunction
from saga_orchestrator.entrypoints.relay_function import CommandRelay
from saga_testing.aws.account import STREAM_ARN
from saga_testing.deployment import EXECUTIONS, Deployment
from saga_testing.faults import Killed, inflict
from saga_testing.lambda_context import Context
from saga_testing.samples.sample_events import eventbridge
from saga_testing.telemetry import RecordingTelemetry
from saga_testing.wire import Wire
from tests.proof.load.trouble import Trouble

STREAM_BATCH: Final = 100
MAX_DELIVERIES: Final = 50


class BusyWire(Wire):
    """Each call is one atomic step, as it is on AWS; emulation time is kept apart."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.RLock()
        self.counted: Counter[str] = Counter()
        self.emulation_cpu = 0.0
        self.trouble: Trouble | None = None

    def invoke(self, operation: str, call: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        time.sleep(0)  # lets another thread in between any two calls, as a network would
        with self.lock:
            self.counted[operation] += 1
            fault = self.trouble.of(operation) if self.trouble else None
            started = time.thread_time()
            try:
                return inflict(fault, operation, call, arguments) if fault else call(**arguments)
            finally:
                self.emulation_cpu += time.thread_time() - started


class Account(Deployment):
    """Containers are used by many threads at once, each by one."""

    def __init__(self, **settings: str) -> None:
        self.busy = BusyWire()
        self.lock, self.calls = self.busy.lock, self.busy.counted
        self.retried = 0
        super().__init__(
            {"DEFAULT_LANGUAGE_LIMIT": "0", **settings},
            sagas=EXECUTIONS,
            wire=self.busy,
            telemetry=RecordingTelemetry(),
            executor=None,
            pause=lambda _seconds: time.sleep(0),  # gives way to whoever it lost against, and wastes no time
        )
        self.table, self.bucket, self.bus = self.aws.dynamodb, self.aws.s3, self.aws.events

    def process(self, seed: int = 1, threads: int = 0) -> Resources:
        return self.container(seed=seed, executor=ThreadPoolExecutor(threads) if threads else None)

    def deliver_to(self, at: Resources, detail: dict[str, Any]) -> None:
        """One event from the bus, again and again until it is acknowledged."""
        envelope = eventbridge(detail)
        for _ in range(MAX_DELIVERIES):
            try:
                EventFunction(at, EventType(detail["event_type"])).run(envelope, Context())
            except (RetryableError, Killed):
                with self.lock:
                    self.retried += 1
                continue
            return
        msg = f"not acknowledged after {MAX_DELIVERIES} deliveries"
        raise AssertionError(msg)

    def relay_all(self, at: Resources) -> None:
        """Everything on the stream, in batches; records without an outbox are filtered out, as the mapping does."""
        with self.lock:
            written, self.table.stream[:] = list(self.table.stream), []
        wanted = [record.as_lambda_record(STREAM_ARN) for record in written]
        wanted = [each for each in wanted if "outbox" in each["dynamodb"].get("NewImage", {})]
        attempts, size = 0, STREAM_BATCH
        while wanted:
            done = self._relayed(at, wanted[:size])
            wanted = wanted[done:]
            # The mapping halves a batch that failed.
            attempts, size = (0, STREAM_BATCH) if done else (attempts + 1, max(1, size // 2))
            assert attempts < MAX_DELIVERIES, "the relay gets nowhere"

    def _relayed(self, at: Resources, batch: list[dict[str, Any]]) -> int:
        """How many of the batch's records are done: all before the one that the relay reports."""
        try:
            failures = CommandRelay(at).run({"Records": batch}, Context())["batchItemFailures"]
        except (RetryableError, Killed):
            failures = [{"itemIdentifier": batch[0]["dynamodb"]["SequenceNumber"]}]
        if not failures:
            return len(batch)
        self.retried += 1
        return [record["dynamodb"]["SequenceNumber"] for record in batch].index(failures[0]["itemIdentifier"])

    def republish(self, at: Resources, keys: list[dict[str, str]]) -> dict[str, Any]:
        return CommandRelay(at).run({"republish": keys}, Context())

    def check_from(self, at: Resources, context: Context) -> dict[str, Any]:
        return CheckTimeouts(at).run({}, context)

    def take_published(self) -> list[dict[str, Any]]:
        """What the bus has taken since the last call."""
        with self.lock:
            entries, self.bus.accepted[:] = list(self.bus.accepted), []
        return [json.loads(entry["Detail"]) for entry in entries]

    def stored_sagas(self) -> list[dict[str, Any]]:
        return [item for item in self.table.items("sagas") if not item["saga_name"]["S"].startswith("#")]

    def forget(self, keys: Iterable[tuple[str, str]]) -> None:
        """What the table's time to live does to ended sagas, and the bucket's life cycle to their scripts."""
        for execution_id, saga_name in keys:
            self.table.delete_item(
                TableName="sagas", Key={"execution_id": {"S": execution_id}, "saga_name": {"S": saga_name}}
            )
        for table in self.table._tables.values():
            table.replaced.clear()  # older images of what replicas have: they too go with time
            for index in table.indexes.values():
                index.settle(table.clock())  # as a reader would: nobody here lists what ended
        self.table._transactions._done.clear()  # AWS forgets a transaction's token after ten minutes; this clock stands
        for key in list(self.bucket.objects("payloads")):
            self.bucket.delete_object(Bucket="payloads", Key=key)

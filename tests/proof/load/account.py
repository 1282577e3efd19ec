"""One AWS account in memory for load: atomic calls from many threads, each counted, and what is read is forgotten."""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, Final

from saga_orchestrator.adapters.settings import Settings
from saga_orchestrator.bootstrap import Resources
from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints.checker_function import CheckTimeouts
from saga_orchestrator.entrypoints.event_function import EventFunction
from saga_orchestrator.entrypoints.relay_function import CommandRelay
from saga_testing.aws.dynamodb.client import SimulatedDynamoDb
from saga_testing.aws.events import SimulatedEventBus
from saga_testing.aws.s3 import SimulatedS3
from saga_testing.aws.sqs import SimulatedSqs
from saga_testing.faults import Killed, inflict
from saga_testing.saga_table import SAGA_TABLE
from saga_testing.sample_events import NOW_MS, eventbridge
from saga_testing.telemetry import RecordingTelemetry
from sagas import SAGAS
from tests.proof.exhaustion.deployment import QUEUE_URL, STREAM_ARN
from tests.proof.load.trouble import Trouble

STREAM_BATCH: Final = 100
MAX_DELIVERIES: Final = 50


class Context:
    """Lambda's context; `until` is a clock's value at which the time is up."""

    aws_request_id = "request-1"

    def __init__(self, remaining_ms: Callable[[], int] = lambda: 30_000) -> None:
        self.get_remaining_time_in_millis = remaining_ms


class Account:
    """Table, bucket, queue and bus. Each call is one atomic step, as it is on AWS; emulation time is kept apart."""

    def __init__(self, **settings: str) -> None:
        self.now = NOW_MS
        self.lock = threading.RLock()
        self.calls: Counter[str] = Counter()
        self.emulation_cpu = 0.0
        self.table = SimulatedDynamoDb(lambda: self.now)
        self.table.create_table(**SAGA_TABLE)
        self.bucket, self.queue, self.bus = SimulatedS3("payloads"), SimulatedSqs(), SimulatedEventBus()
        self.queue.create_queue(QueueName="rejected")
        self.settings = Settings.from_environment(
            {
                "SAGA_TABLE": "sagas",
                "PAYLOAD_BUCKET": "payloads",
                "REJECTED_QUEUE_URL": QUEUE_URL,
                "EVENT_BUS_NAME": "bus",
                "DEFAULT_LANGUAGE_LIMIT": "0",
                **settings,
            }
        )
        self.telemetry = RecordingTelemetry()
        self.retried = 0
        self.trouble: Trouble | None = None

    def container(self, seed: int = 1, threads: int = 0) -> Resources:
        return Resources(
            self.settings,
            SimpleNamespace(
                dynamodb=_Client(self, self.table),
                s3=_Client(self, self.bucket),
                sqs=_Client(self, self.queue),
                events=_Client(self, self.bus),
            ),
            clock=lambda: self.now,
            pause=lambda _seconds: time.sleep(0),  # gives way to whoever it lost against, and wastes no time
            rng=random.Random(seed),
            sagas=SAGAS,
            telemetry=self.telemetry,
            executor=ThreadPoolExecutor(threads) if threads else None,
            function="under-load",
        )

    def deliver(self, at: Resources, detail: dict[str, Any]) -> None:
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

    def relay(self, at: Resources) -> None:
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

    def check(self, at: Resources, context: Context) -> dict[str, Any]:
        return CheckTimeouts(at).run({}, context)

    def published(self) -> list[dict[str, Any]]:
        """What the bus has taken since the last call."""
        with self.lock:
            entries, self.bus.accepted[:] = list(self.bus.accepted), []
        return [json.loads(entry["Detail"]) for entry in entries]

    def sagas(self) -> list[dict[str, Any]]:
        return [item for item in self.table.items("sagas") if item["saga_name"]["S"] != "#counter"]

    def slots(self) -> int:
        counters = [item for item in self.table.items("sagas") if item["saga_name"]["S"] == "#counter"]
        return sum(int(item["n"]["N"]) for item in counters)

    def rejected(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.queue.bodies(QUEUE_URL)]

    def forget(self, keys: Iterable[tuple[str, str]]) -> None:
        """What the table's time to live does to ended sagas, and the bucket's life cycle to their scripts."""
        for execution_id, saga_name in keys:
            self.table.delete_item(
                TableName="sagas", Key={"execution_id": {"S": execution_id}, "saga_name": {"S": saga_name}}
            )
        self.table._transactions._done.clear()  # AWS forgets a transaction's token after ten minutes; this clock stands
        for key in list(self.bucket.objects("payloads")):
            self.bucket.delete_object(Bucket="payloads", Key=key)


class _Client:
    """Stands where the botocore client stands."""

    def __init__(self, account: Account, target: Any) -> None:
        self._account = account
        self._target = target

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        call, account = getattr(self._target, operation), self._account

        def invoke(**arguments: Any) -> Any:
            time.sleep(0)  # lets another thread in between any two calls, as a network would
            with account.lock:
                account.calls[operation] += 1
                fault = account.trouble.of(operation) if account.trouble else None
                started = time.thread_time()
                try:
                    return inflict(fault, operation, call, arguments) if fault else call(**arguments)
                finally:
                    account.emulation_cpu += time.thread_time() - started

        setattr(self, operation, invoke)
        return invoke

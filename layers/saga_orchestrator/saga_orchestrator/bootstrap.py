"""What lives as long as the process: made once, on first use, from the environment. The only place that wires."""

import functools
import json
import os
import random
import time
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import cached_property
from typing import Any

from .adapters.aws_errors import part_of, retryable
from .adapters.counters.claims import Turns
from .adapters.counters.counter_table import CounterTable
from .adapters.payload_bucket import PayloadBucket
from .adapters.rejected_events import RejectedEvents
from .adapters.saga_store import DynamoDbSagaStore
from .adapters.sdk import Sdk
from .adapters.settings import Settings
from .adapters.targets.event_bus import EventBus
from .adapters.targets.kafka_topic import KafkaTopic
from .adapters.targets.wake_queue import SqsWakeQueue
from .adapters.telemetry import telemetry
from .adapters.tracing import trace_sdk_calls
from .application.apply_event import SagaWriter
from .application.ports import Clock, Pause, Publisher, Reporting
from .application.rejected_events import KeepRejected
from .application.relay import Relay
from .application.wakes import WakeSender
from .domain.decide import Rules
from .domain.errors import RetryableError
from .domain.registry import SagaRegistry
from .domain.secret import Secret


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class Resources:
    """Lazy parts of one process. Everything that is not deterministic comes in here: SDK clients, clock, randomness.

    What is given here is used as it is, and nothing is replaced afterwards; what is not given is made on first use.
    """

    def __init__(  # noqa: PLR0913 - the composition root takes whatever a test wants to give
        self,
        settings: Settings,
        sdk: Any,
        *,
        sagas: SagaRegistry,
        telemetry: Reporting | None = None,
        executor: Executor | None = None,
        clock: Clock = _now_ms,
        pause: Pause = time.sleep,
        rng: random.Random | None = None,
        turns: Turns | None = None,
        function: str = "",
    ) -> None:
        settings.check_sagas(sagas)
        self.settings = settings
        self.sdk = sdk
        self.sagas = sagas
        self._telemetry = telemetry
        self._executor = executor
        self.clock = clock
        self.pause = pause
        self.rng = rng or random.Random()
        self._turns = turns
        self.function = function or os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "local")

    @cached_property
    def rules(self) -> tuple[Rules, ...]:
        policy = self.settings.policy()
        return tuple(Rules(definition, policy, self.sagas.definition_of) for definition in self.sagas)

    @cached_property
    def rules_of_executions(self) -> tuple[Rules, ...]:
        return tuple(rules for rules in self.rules if rules.definition.starts is None)

    def rules_of(self, saga_name: str) -> Rules | None:
        """What sagas of that name go by; None: this deployment has no such definition."""
        return next((rules for rules in self.rules if rules.definition.name == saga_name), None)

    @cached_property
    def store(self) -> DynamoDbSagaStore:
        return DynamoDbSagaStore.on_table(
            self.sdk.dynamodb,
            self.settings.saga_table,
            self.settings.deadline_index,
            self.settings.policy(),
            self.rng,
            self.pause,
            self._turns,
        )

    @cached_property
    def counters(self) -> CounterTable:
        return self.store.claims.counters

    @cached_property
    def bucket(self) -> PayloadBucket:
        return PayloadBucket(self.sdk.s3, self.settings.payload_bucket)

    @cached_property
    def rejected(self) -> RejectedEvents:
        settings = self.settings
        return RejectedEvents(
            self.sdk.s3,
            self.sdk.sqs,
            self.sdk.dynamodb,
            settings.payload_bucket,
            settings.rejected_queue_url,
            settings.operator_table,
            self.function,
        )

    @cached_property
    def writer(self) -> SagaWriter:
        return SagaWriter(self.store, _LazyScripts(self), self.clock, self.pause, self.rng.random, self.telemetry)

    @cached_property
    def keep_rejected(self) -> KeepRejected:
        return KeepRejected(self.rejected, self.clock, self.telemetry)

    @cached_property
    def due_and_set_aside(self) -> set[tuple[str, str, int]]:
        """What this process's checker has kept aside and meets again at each run."""
        return set()

    @cached_property
    def relay(self) -> Relay:
        return Relay(
            self.sagas,
            self.publisher,
            _LazyScripts(self),
            lambda: self.store,
            lambda: KeepRejected(self.rejected, self.clock, self.telemetry, "UnpublishableMessages"),
            self.telemetry,
            self.settings.stack_name,
            self.settings.publish_commands,
            self._wakes(),
        )

    def _wakes(self) -> WakeSender | None:
        url = self.settings.wake_queue_url
        return WakeSender(lambda: SqsWakeQueue(self.sdk.sqs, url), self.clock, self.telemetry) if url else None

    @cached_property
    def publisher(self) -> Publisher:
        """One target for each relay's function: the Kafka topic where one is configured, else the bus."""
        if not self.settings.kafka_target_bootstrap:
            return EventBus(self.sdk.events, self.settings.event_bus_name)
        return KafkaTopic(self._kafka_configuration, self.settings.kafka_target_topic, self.clock)

    def _kafka_configuration(self) -> dict[str, Any]:
        configuration = {
            "bootstrap.servers": self.settings.kafka_target_bootstrap,
            "security.protocol": self.settings.kafka_target_security,
        }
        if not self.settings.kafka_target_secret_arn:
            return configuration
        with retryable():
            secret = self.sdk.secretsmanager.get_secret_value(SecretId=self.settings.kafka_target_secret_arn)
        login = _login(part_of(secret, "SecretString"))
        return configuration | {
            "sasl.mechanism": "SCRAM-SHA-512",  # what MSK offers (MSK developer guide, SASL/SCRAM authentication)
            "sasl.username": login["username"],
            "sasl.password": login["password"],
        }

    @cached_property
    def telemetry(self) -> Reporting:
        return self._telemetry or telemetry(os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "SagaOrchestrator"))

    @cached_property
    def executor(self) -> Executor:
        """Threads are kept between invocations, but no work is: every handler waits for what it started."""
        return self._executor or ThreadPoolExecutor(self.settings.batch_concurrency, thread_name_prefix="saga")


def _login(secret: str) -> dict[str, str]:
    """User name and password. A secret that is none is put right by people, while the messages wait."""
    try:
        fields = json.loads(secret)
        return {name: str(fields[name]) for name in ("username", "password")}
    except (ValueError, TypeError, KeyError):
        msg = "the secret of the Kafka target is no JSON object with username and password"
        raise RetryableError(msg) from None


class _LazyScripts:
    """Most functions never meet a script: their S3 client is not made."""

    def __init__(self, at: Resources) -> None:
        self._at = at

    def put(self, *arguments: Any) -> None:
        self._at.bucket.put(*arguments)

    def read_script(self, bucket: str, key: str) -> Secret:
        return self._at.bucket.read_script(bucket, key)


@functools.cache
def resources(sagas: SagaRegistry) -> Resources:
    """This process's resources. Tests call `resources.cache_clear()` after changing the environment."""
    settings = Settings.from_environment()
    if settings.tracing:
        trace_sdk_calls()  # before the first client is made
    return Resources(settings, Sdk(max_connections=settings.batch_concurrency + 4), sagas=sagas)

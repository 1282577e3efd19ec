"""The stack on one machine: the resources and wiring of the real template, the real handlers, an embedded AWS and a
Kafka protocol broker.

    with LocalStack(StackOptions(template=Path("template.yaml"), log=print)) as stack:
        stack.ready.aws_endpoint      # any AWS SDK, any credentials
        stack.ready.kafka_bootstrap   # any Kafka client
        ...

Interface:

- `LocalStack(options)`; `start()` returns the `ReadyFile` when every topic exists and every poller has its partitions;
  `close()` ends every process and thread. As a context manager it does both. Call `start` once. One stack per process,
  because the emulator's state is process-wide; any number of processes side by side.
- `start` raises `BrokenTemplate` (template or parameters) or a `LocalStackError` (`PortTakenError`,
  `UnsupportedResource`, `KafkaUnavailableError`): each has one line as its message, and nothing is left running.
- `ready`: names and addresses, `ready.as_json()` for the ready file.
- `functions`: name -> FunctionSpec (its `logical_id` is the template's). `invocations`, `errors`: Counter by function
  name.
- `aws_calls`: Counter by (caller, "service:Operation"), caller being a function's name or another client's access key
  id.
- `kafka_mappings`: what reads which topic, in which consumer group.
- `clients("dynamodb")`: boto3 clients of the stack, usable from any thread.
- `pause_function(name)` / `resume_function(name)`: as if reserved concurrency were 0; `waiting(name)`: asynchronous
  events not yet done; `log_lines(name)`.
- `options.log` gets a `StackEvent` for all that happens, from many threads; it must return quickly and not raise.

What is not AWS: delays between asynchronous attempts are multiplied by `async_delay_scale`, Kafka batches gather for
100 ms unless the mapping says otherwise, time to live is enforced every `ttl_interval` seconds, permissions and alarms
are declared but not enforced (`template.provisioning.DECLARED_ONLY`).
"""

import contextlib
import json
import tempfile
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from local_stack.aws import (
    AwsClients,
    AwsEndpoint,
    Record,
    StackResource,
    TableStream,
    TtlReaper,
    dispatch_rules_to,
    isolated_session,
    reset_emulator,
    tell_resources,
)
from local_stack.background_thread import Source
from local_stack.errors import LocalStackError
from local_stack.functions import Destinations, FunctionLogs, FunctionSpec, LambdaLimits, LambdaService
from local_stack.http_front import HttpFront
from local_stack.issuer import Issuer
from local_stack.options import StackOptions
from local_stack.ready import ReadyFile, ready_file
from local_stack.registry import SchemaRegistry
from local_stack.sources import (
    KafkaBroker,
    KafkaMapping,
    KafkaPoller,
    QueuePoller,
    RuleDelivery,
    StreamPoller,
    Ticker,
    broker_for,
)
from local_stack.stack_event import EventKind, happening
from local_stack.template import (
    ACCOUNT,
    Provisioned,
    ResolvedTemplate,
    provision,
    read_template,
    sandbox_environment,
    with_local_values,
)

__all__ = ["LocalStack", "ReadyFile", "StackOptions"]
OWN_ACCESS_KEY = "LOCALSTACK"
_WRITES = frozenset(
    {
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
        "dynamodb:TransactWriteItems",
        "dynamodb:BatchWriteItem",
    }
)
_running = threading.Lock()


class LocalStack:
    """See the module. Not reusable: a closed stack stays closed."""

    def __init__(self, options: StackOptions) -> None:
        self.options = options
        self._cleanup = contextlib.ExitStack()
        self._ready: ReadyFile | None = None
        self._streams: list[StreamPoller] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def ready(self) -> ReadyFile:
        if self._ready is None:
            message = "the stack has not been started"
            raise LocalStackError(message)
        return self._ready

    @property
    def functions(self) -> Mapping[str, FunctionSpec]:
        return self._lambda.functions

    @property
    def invocations(self) -> Counter[str]:
        return self._lambda.invocations

    @property
    def errors(self) -> Counter[str]:
        return self._lambda.errors

    def written(self, table: str) -> list[Record]:
        """Every change of a table that has a stream, in the order of the writes, from the first one."""
        described = self.clients("dynamodb").describe_table(TableName=table)["Table"]
        stream = TableStream(ACCOUNT, described["LatestStreamArn"])
        return stream.read(0, stream.position("LATEST"))

    @property
    def aws_calls(self) -> Counter[tuple[str, str]]:
        names = {spec.access_key: name for name, spec in self.functions.items()}
        counted: Counter[tuple[str, str]] = Counter()
        for (caller, operation), count in self._endpoint.calls.copy().items():
            counted[names.get(caller, caller), operation] += count
        return counted

    @property
    def kafka_mappings(self) -> Sequence[KafkaMapping]:
        return self._made.kafka

    def pause_function(self, name: str) -> None:
        self._lambda.pause(name)

    def resume_function(self, name: str) -> None:
        self._lambda.resume(name)

    def waiting(self, name: str) -> int:
        return self._lambda.waiting(name)

    def log_lines(self, name: str) -> list[str]:
        return self._lambda.logs.last_lines(name)

    def start(self) -> ReadyFile:
        """Everything up, or everything down and an exception."""
        if not _running.acquire(blocking=False):
            message = "this process already runs a stack"
            raise LocalStackError(message)
        self._cleanup.callback(_running.release)
        try:
            self._ready = self._start()
        except BaseException:
            self.close()
            raise
        self.options.log(
            happening(EventKind.STACK, None, "ready", aws=self.ready.aws_endpoint, kafka=self.ready.kafka_bootstrap)
        )
        return self._ready

    def close(self) -> None:
        """In reverse order of the start: sources first, then functions, then the emulator. Safe to call twice."""
        self._cleanup.close()

    def _start(self) -> ReadyFile:
        options = self.options
        _refuse_unknown_region(options.region)
        broker = broker_for(options.kafka_bootstrap, options.kafka_port)
        self._cleanup.callback(broker.close)
        given = {**self._start_registry(), **options.parameters}
        issuer = self._start_issuer()
        defaults = {**options.defaults, **(issuer.template_values() if issuer else {})}
        parameters = with_local_values(options.template, given, broker.bootstrap, defaults)
        declared = read_template(options.template, parameters, options.region, options.stack_name)
        clients = self._start_endpoint()
        front = HttpFront(options.api_port)
        self._cleanup.callback(front.close)
        made = self._made = Provisioned(listen=front.listen)
        provision(declared.resources, declared.code, clients, options.stack_name, made)
        self._start_functions(made, clients)
        if made.http_api is not None:
            front.serve(made.http_api, self._lambda, options.region)
            self._cleanup.callback(front.close)  # before the functions that it waits for
        if issuer is not None and made.http_api_url is not None:
            issuer.clients.serve_console_at(made.http_api_url)
        broker.create_topics(sorted(made.topics()))
        self._start_sources(made, broker)
        self._endpoint.know_mappings(made.mappings)
        _register_stack(clients, options.stack_name, declared.resources, made)
        return ready_file(made, clients, broker.bootstrap, issuer.url if issuer else None)

    def _start_issuer(self) -> Issuer | None:
        if not self.options.issuer:
            return None
        issuer = Issuer()
        self._cleanup.callback(issuer.close)
        return issuer

    def _start_registry(self) -> Mapping[str, str]:
        """Lambda decodes in provisioned mode alone."""
        if not self.options.schema_registry:
            return {}
        registry = SchemaRegistry()
        self._cleanup.callback(registry.close)
        return {"SchemaRegistryUri": registry.url, "KafkaMode": "provisioned"}

    def _start_endpoint(self) -> AwsClients:
        reset_emulator()
        self._endpoint = AwsEndpoint(self._answered, self._emulator_failed)
        url = self._endpoint.start(self.options.aws_port)
        self._cleanup.callback(self._endpoint.close)
        self.clients = AwsClients(url, self.options.region, OWN_ACCESS_KEY)
        self._cleanup.callback(self.clients.close)
        return self.clients

    def _start_functions(self, made: Provisioned, clients: AwsClients) -> None:
        limits = LambdaLimits(self.options.concurrency, self.options.async_delay_scale)
        self._destinations = Destinations(clients)
        scratch = self._cleanup.enter_context(tempfile.TemporaryDirectory(prefix="local-stack-"))
        logs = FunctionLogs(self.options.log_dir)
        self._cleanup.callback(logs.close)
        self._lambda = LambdaService(self._destinations, self.options.log, limits, logs)
        self._lambda.add(made.functions.values(), sandbox_environment(clients, scratch))
        self._cleanup.callback(self._lambda.close)
        self._endpoint.route_invocations_to(self._lambda)
        delivery = RuleDelivery(self._lambda, self.options.log)
        dispatch_rules_to(delivery, delivery.untaken)
        self._cleanup.callback(dispatch_rules_to, None)

    def _start_sources(self, made: Provisioned, broker: KafkaBroker) -> None:
        """Kafka joins first, as it may take seconds, and is waited for last."""
        log = self.options.log
        kafka = [KafkaPoller(each, broker, self._lambda, self._destinations, log, self.clients) for each in made.kafka]
        self._streams = [
            StreamPoller(mapping, TableStream(ACCOUNT, mapping.stream_arn), self._lambda, self._destinations, log)
            for mapping in made.streams
        ]
        tickers = [
            Ticker(schedule, self.options.check_interval, self._lambda.invoke_async, log) for schedule in made.schedules
        ]
        reaper = TtlReaper(ACCOUNT, self.options.region, made.tables, self.options.ttl_interval, log)
        queues = (QueuePoller(mapping, self._lambda, self.clients, log) for mapping in made.queues)
        sources: list[Source] = [*kafka, *self._streams, *queues, *tickers, reaper]
        self._cleanup.callback(self._stop_sources, sources)
        for source in sources:
            source.start()
        for poller in kafka:
            poller.wait_assigned()

    def _stop_sources(self, sources: list[Source]) -> None:
        """A poller that waits for a function ends only when the function does, so the functions go down between asking
        and waiting."""
        for source in sources:
            source.stop()
        self._lambda.close()
        for source in sources:
            source.close()

    def _answered(self, operation: str) -> None:
        if operation in _WRITES:
            for poller in self._streams:
                poller.wake()

    def _emulator_failed(self, operation: str, error: Exception) -> None:
        self.options.log(
            happening(EventKind.EMULATOR_FAULT, None, f"{operation} answered with 500: {error!r}", operation=operation)
        )


def _refuse_unknown_region(region: str) -> None:
    """The emulator answers an unknown region with a fault at the first resource."""
    if region not in isolated_session(region, OWN_ACCESS_KEY).get_available_regions("dynamodb"):
        raise LocalStackError(f"{region} is no AWS region")


def _register_stack(clients: AwsClients, name: str, template: ResolvedTemplate, made: Provisioned) -> None:
    """So that DescribeStacks and ListStackResources answer here as on AWS. What they tell of exists already."""
    body = {"Resources": {}, "Outputs": {key: {"Value": value} for key, value in made.outputs.items()}}
    clients("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(body))
    resources = [
        StackResource(each.logical_id, made.physical[each.logical_id].ref, each.type)
        for each in template.resources.values()
    ]
    tell_resources(ACCOUNT, clients.region, name, resources)

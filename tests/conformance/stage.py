"""Where a requirement is played: the real handlers on moto; every call, record, log line and metric written down."""

import io
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from aws_lambda_powertools import Logger, Metrics
from botocore.exceptions import ClientError, ReadTimeoutError

from saga_orchestrator.adapters.telemetry import Telemetry
from saga_testing.aws.dynamodb.stream_record import as_lambda_image
from saga_testing.moto_world import DATA_CALLS, World, observer
from tests.conformance.schema import Fault

SERVICES: Final = ("dynamodb", "s3", "sqs", "events", "secretsmanager")
WRITES: Final = frozenset({"PutItem", "UpdateItem", "TransactWriteItems"})


@dataclass(frozen=True)
class Call:
    """One call of AWS by a function. `beside` marks other processes' work, which no requirement counts."""

    function: str
    service: str
    operation: str
    arguments: dict[str, Any]
    beside: bool

    @property
    def of_sagas(self) -> bool:
        """On the sagas' table: what is kept of a rejected event is no work on a saga."""
        return self.operation in DATA_CALLS and self.arguments.get("TableName") != "operator"


class _Sink(io.StringIO):
    """One stream for the one logger: making a logger for each requirement would keep them all."""

    def take(self) -> str:
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        return text


SINK: Final = _Sink()
LOGGER: Final = Logger(service="conformance", stream=SINK, level="DEBUG", location=None)


@dataclass
class RecordingTelemetry(Telemetry):
    """The real one, which also remembers what was counted and how loud it was."""

    seen: Counter[str] = field(default_factory=Counter)
    lines: list[tuple[str, str]] = field(default_factory=list)

    def count(self, name: str, value: int = 1) -> None:
        super().count(name, value)
        if value:
            self.seen[name] += value

    def gauge(self, name: str, value: int) -> None:
        super().gauge(name, value)
        self.seen[name] = value

    def info(self, message: str, **fields: Any) -> None:
        self.lines.append(("INFO", message))
        super().info(message, **fields)

    def warn(self, message: str, **fields: Any) -> None:
        self.lines.append(("WARNING", message))
        super().warn(message, **fields)


@dataclass
class ActiveFault:
    fault: Fault
    left: int


@dataclass
class ActiveRace:
    operation: str
    matching: str
    run: Callable[[], None]
    left: int


@dataclass
class Stage:
    """One world with instruments. Calls are attributed to whatever function `acting` says is running."""

    world: World
    calls: list[Call] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)
    faults: list[ActiveFault] = field(default_factory=list)
    races: list[ActiveRace] = field(default_factory=list)
    function: str = "nobody"
    depth: int = 0
    lock: Any = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.telemetry = RecordingTelemetry(LOGGER, Metrics(namespace="SagaOrchestrator"))
        self.world.report_to(self.telemetry)
        self.attach()

    def attach(self) -> None:
        """Put the instruments on; again whenever the world was given new settings."""
        for service in SERVICES:
            client = getattr(self.world.at.sdk, service)
            if service == "secretsmanager":  # the world leaves this one alone
                client._make_api_call = type(client)._make_api_call.__get__(client)
            proceed = client._make_api_call

            def call(operation: str, arguments: dict[str, Any], service: str = service, proceed: Any = proceed) -> Any:
                return self._call(service, operation, arguments, proceed)

            client._make_api_call = call

    @contextmanager
    def acting(self, function: str) -> Iterator[None]:
        before, self.function = self.function, function
        try:
            yield
        finally:
            self.function = before

    def _call(self, service: str, operation: str, arguments: dict[str, Any], proceed: Any) -> Any:
        self._race(operation, arguments)
        self.calls.append(Call(self.function, service, operation, arguments, beside=self.depth > 0))
        active = None if self.depth else self._fault_for(operation, arguments)
        if active is None:
            return self._recorded(operation, arguments, proceed)
        fault = active.fault
        if fault.entries:
            reply = self._recorded(operation, arguments, proceed)
            return {**reply, "Entries": [_entry(fault, *pair) for pair in _pairs(arguments, reply)]}
        if fault.applied:
            self._recorded(operation, arguments, proceed)
            if not fault.code and not fault.no_answer:
                # The reply was lost and the SDK asked again by itself.
                return self._recorded(operation, arguments, proceed)
        raise _error(fault, operation)

    def _race(self, operation: str, arguments: dict[str, Any]) -> None:
        for race in self.races:
            meant = race.operation == operation and race.matching in str(arguments)
            if race.left > 0 and meant and self.depth == 0:
                race.left -= 1
                self.depth += 1
                try:
                    race.run()
                finally:
                    self.depth -= 1

    def _fault_for(self, operation: str, arguments: dict[str, Any]) -> ActiveFault | None:
        for active in self.faults:
            fault = active.fault
            if active.left > 0 and fault.operation == operation and fault.matching in str(arguments):
                active.left -= 1
                return active
        return None

    def _recorded(self, operation: str, arguments: dict[str, Any], proceed: Any) -> Any:
        if operation not in WRITES:
            return proceed(operation, arguments)
        with self.lock:
            keys = [key for key in _keys(arguments) if not key["saga_name"]["S"].startswith("#")]
            before = [self._read(key) for key in keys]
            reply = proceed(operation, arguments)
            for key, old in zip(keys, before, strict=True):
                self._stream(old, self._read(key))
            return reply

    def _read(self, key: dict[str, Any]) -> dict[str, Any] | None:
        item: dict[str, Any] | None = observer().dynamodb.get_item(TableName="sagas", Key=key).get("Item")
        return item

    def _stream(self, old: dict[str, Any] | None, new: dict[str, Any] | None) -> None:
        if new is None or old == new:
            return
        images = {"NewImage": as_lambda_image(new), "SequenceNumber": str(100 + len(self.records))}
        if old is not None:
            images["OldImage"] = as_lambda_image(old)
        keys = {name: new[name] for name in ("execution_id", "saga_name")}
        self.records.append({"eventName": "MODIFY" if old else "INSERT", "dynamodb": {"Keys": keys, **images}})


def _keys(arguments: dict[str, Any]) -> list[dict[str, Any]]:
    actions = [next(iter(action.values())) for action in arguments.get("TransactItems", [])] or [arguments]
    # The operators' table has no stream.
    sources = [action.get("Key") or action["Item"] for action in actions if action.get("TableName") != "operator"]
    return [{name: source[name] for name in ("execution_id", "saga_name")} for source in sources]


def _pairs(arguments: dict[str, Any], reply: dict[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return list(zip(arguments["Entries"], reply["Entries"], strict=True))


def _entry(fault: Fault, entry: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    code = fault.entries.get(entry["DetailType"])
    return answer if code is None else {"ErrorCode": code, "ErrorMessage": "refused"}


def _error(fault: Fault, operation: str) -> Exception:
    if fault.no_answer:
        no_answer: Exception = ReadTimeoutError(endpoint_url="https://aws")
        return no_answer
    code = "TransactionCanceledException" if fault.reasons else fault.code
    answer: Any = {
        "Error": {"Code": code, "Message": "refused"},
        "ResponseMetadata": {"HTTPStatusCode": fault.status},
        "CancellationReasons": [{"Code": reason} for reason in fault.reasons],
    }
    refused: Exception = ClientError(answer, operation)
    return refused

"""A process's SDK clients over the simulated AWS: every call gives way before and after, and may go wrong."""

import random
from collections.abc import Callable
from typing import Any, Final, Protocol

from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from botocore.parsers import ResponseParserError
from greenlet import GreenletExit

from saga_testing.aws import errors
from tests.proof.simulation.faults.function_clocks import refusal_of_clock
from tests.proof.simulation.faults.weather import Fault, Weather
from tests.proof.simulation.world.call_budget import booked
from tests.proof.simulation.world.lambda_service import Invocation
from tests.proof.simulation.world.open_transactions import OpenTransactions
from tests.proof.simulation.world.scheduler import Scheduler

SDK_RETRY_MS: Final = 40
SLOW_MS: Final = (900, 2_500, 6_000, 35_000)
"""The last one is a process that freezes, and outlives its function's time."""


class Witness(Protocol):
    """Sees what calls did, the moment they did it."""

    def committed(
        self, invocation: Invocation, operation: str, arguments: dict[str, Any], *, acknowledged: bool
    ) -> None:
        """A call that may change something was carried out."""

    def rejected(self, invocation: Invocation, body: str) -> None:
        """A pointer reached the queue of rejected events."""

    def called(self, payload: bytes) -> None:
        """The runner of operations was called."""


class FaultyCalls:
    """What all clients of one container share."""

    __slots__ = ("_latency", "_open", "scheduler", "weather", "witness")

    def __init__(self, scheduler: Scheduler, weather: Weather, witness: Witness, latency: random.Random) -> None:
        self.scheduler = scheduler
        self.weather = weather
        self.witness = witness
        self._latency = latency
        self._open = OpenTransactions(scheduler, weather, latency)

    def make(
        self, service: str, operation: str, group: str, method: Callable[..., Any], arguments: dict[str, Any]
    ) -> Any:
        """Make one call, and book it."""
        invocation: Invocation = self.scheduler.current.invocation if self.scheduler.current else _nobody()
        if invocation.over:
            raise GreenletExit
        invocation.calls += 1

        def attempt() -> Any:
            return self._attempt(invocation, service, operation, group, method, arguments)

        return booked(invocation.made, operation, arguments, attempt)

    def _attempt(
        self,
        invocation: Invocation,
        service: str,
        operation: str,
        group: str,
        method: Callable[..., Any],
        arguments: dict[str, Any],
    ) -> Any:
        """Carry out one call, with its fault if it has one."""
        scheduler = self.scheduler
        unheard = refusal_of_clock(invocation.container.offset_ms, service, operation)
        if unheard is not None:
            invocation.faults += 1
            invocation.unheard += operation != "SendMessageBatch"  # a wake is a hint, and nobody waits for it
            scheduler.sleep(self._wait())
            raise unheard
        fault = self.weather.of_call(group)
        if fault is None:
            scheduler.sleep(self._wait())
            return self._applied(invocation, operation, group, method, arguments, None)
        invocation.faults += 1
        slow = fault is Fault.SLOW_CALL
        scheduler.sleep(self._latency.choice(SLOW_MS) if slow else self._wait())
        if fault is Fault.CRASH_BEFORE_CALL:
            invocation.crash()
        if fault is Fault.NO_ANSWER and service != "dynamodb" and self._latency.random() < 0.5:
            return {"ResponseMetadata": {"HTTPStatusCode": 200}}  # somebody between us and AWS has answered
        refusal = _refusal(fault, service, operation, arguments, self._latency)
        if refusal is not None:
            # The SDK tried three times before it gave up.
            scheduler.sleep(SDK_RETRY_MS)
            raise refusal
        return self._applied(invocation, operation, group, method, arguments, fault)

    def _applied(
        self,
        invocation: Invocation,
        operation: str,
        group: str,
        method: Callable[..., Any],
        arguments: dict[str, Any],
        fault: Fault | None,
    ) -> Any:
        reply, failure = self._carried_out(invocation, operation, group, method, arguments, fault)
        self.scheduler.sleep(self._wait())
        if fault is Fault.AMBIGUOUS_CONDITION and failure is None:
            # The reply was lost on the way, and the SDK sent the request again.
            reply, failure = self._carried_out(invocation, operation, group, method, arguments, None)
            self.scheduler.sleep(self._wait())
        if fault is Fault.CRASH_AFTER_CALL:
            invocation.crash()
        if failure is not None:
            raise failure
        if fault is Fault.APPLIED_BUT_ERROR:
            self.scheduler.sleep(SDK_RETRY_MS)
            raise ReadTimeoutError(endpoint_url="https://simulated")
        return reply

    def _carried_out(
        self,
        invocation: Invocation,
        operation: str,
        group: str,
        method: Callable[..., Any],
        arguments: dict[str, Any],
        fault: Fault | None,
    ) -> tuple[Any, ClientError | None]:
        """What the service answers. Whatever a call does, the witness sees it at that moment."""
        answer: tuple[Any, ClientError | None] = (None, None)

        def act() -> None:
            nonlocal answer
            try:
                answer = method(**arguments), None
            except ClientError as error:
                answer = None, error
            if group != "read":
                acknowledged = answer[1] is None and fault not in _LOST_REPLIES
                self.witness.committed(invocation, operation, arguments, acknowledged=acknowledged)

        try:
            if group == "transaction":
                self._open.carry_out(arguments, act)
            else:
                if operation in {"PutItem", "UpdateItem"}:
                    self._open.refuse_write(operation, arguments)
                act()
        except ClientError as conflict:
            return None, conflict
        return answer

    def _wait(self) -> int:
        return int(self._latency.random() * 9) + 1


_LOST_REPLIES: Final = (Fault.AMBIGUOUS_CONDITION, Fault.CRASH_AFTER_CALL, Fault.APPLIED_BUT_ERROR)


def _refusal(
    fault: Fault, service: str, operation: str, arguments: dict[str, Any], dice: random.Random
) -> Exception | None:
    """The error of a call that the service never carried out, or None when it is carried out."""
    refused: Exception | None = None
    match fault:
        case Fault.NOT_APPLIED:
            refused = ConnectTimeoutError(endpoint_url="https://simulated")
        case Fault.THROTTLED if service == "dynamodb" and dice.random() < 0.5:
            refused = errors.throughput_exceeded(operation)
        case Fault.THROTTLED:
            refused = errors.throttled(operation, service=service)
        case Fault.PASSING_ANSWER:
            refused = errors.passing(operation, service, dice.randrange(1_000))
        case Fault.NO_ANSWER:
            refused = ResponseParserError("Unable to parse response, invalid JSON")
        case Fault.TRANSACTION_CONFLICT if operation == "TransactWriteItems":
            actions = len(arguments["TransactItems"])
            position, code = dice.randrange(max(2, actions)), dice.choice(("TransactionConflict", "ThrottlingError"))
            refused = errors.transaction_cancelled(
                [errors.reason(code if place == position else "None") for place in range(actions)]
            )
        case Fault.TRANSACTION_CONFLICT:
            refused = errors.transaction_conflict(operation)
        case Fault.PUT_EVENTS_FAILS:
            refused = errors.internal_error(operation, service=service)
        case Fault.REJECTING_FAILS:
            refused = errors.unavailable(operation)
        case _:
            pass
    return refused


def all_but_one(method: Callable[..., Any], request: dict[str, Any]) -> Any:
    """BatchGetItem may leave out what it likes, and names it."""
    ((table, wanted),) = request["RequestItems"].items()
    *most, last = wanted["Keys"]
    left = {table: {**wanted, "Keys": [last]}}
    if not most:
        return {"Responses": {table: []}, "UnprocessedKeys": left}
    return {**method(RequestItems={table: {**wanted, "Keys": most}}), "UnprocessedKeys": left}


def _nobody() -> Any:
    msg = "SDK calls are made by invocations"
    raise RuntimeError(msg)

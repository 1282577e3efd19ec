"""Lambda as its callers see it: synchronous and asynchronous invocation of the functions of one stack."""

import json
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from local_stack.aws import InvokeReply, api_error
from local_stack.errors import StackClosedError
from local_stack.functions.async_queue import AsyncHooks, AsyncQueue, QueuedEvent
from local_stack.functions.child_processes import ChildProcesses
from local_stack.functions.destinations import Destinations, Failure, async_failure_record
from local_stack.functions.function_logs import FunctionLogs
from local_stack.functions.function_spec import FunctionSpec
from local_stack.functions.sandbox import Outcome, Sandbox
from local_stack.functions.sandbox_pool import SandboxPool
from local_stack.stack_event import EventKind, EventSink, StackEvent, happening

#: API Reference, Invoke: 6 MB for a synchronous payload and response, 1 MB for an asynchronous payload.
MAX_SYNC_BYTES = 6 * 1024 * 1024
MAX_ASYNC_BYTES = 1024 * 1024


@dataclass(frozen=True)
class LambdaLimits:
    """`concurrency` environments per function at most (fewer where the template reserves fewer); `async_delay_scale`
    shortens AWS's one and two minutes between asynchronous attempts: 1/60 makes them seconds."""

    concurrency: int = 2
    async_delay_scale: float = 1 / 60


class LambdaService:
    """Owns the sandboxes and the asynchronous queues. Thread-safe."""

    def __init__(self, destinations: Destinations, sink: EventSink, limits: LambdaLimits, logs: FunctionLogs) -> None:
        self.invocations: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.logs = logs
        self._destinations, self._sink, self._limits = destinations, sink, limits
        self._children = ChildProcesses()
        self._functions: dict[str, FunctionSpec] = {}
        self._pools: dict[str, SandboxPool] = {}
        self._queues: dict[str, AsyncQueue] = {}

    def add(self, specs: Iterable[FunctionSpec], sandbox_env: Mapping[str, str]) -> None:
        """Define the functions. Nothing starts before the first event."""
        hooks = AsyncHooks(self.invoke, self._retrying, self._gave_up)
        for spec in specs:
            reserved = spec.reserved_concurrency
            limit = self._limits.concurrency if reserved is None else min(reserved, self._limits.concurrency)
            new_sandbox = partial(Sandbox, spec, sandbox_env, self._children, self._logged)
            self._functions[spec.name] = spec
            self._pools[spec.name] = SandboxPool(limit, new_sandbox)
            self._queues[spec.name] = AsyncQueue(spec, max(limit, 1), self._limits.async_delay_scale, hooks)

    @property
    def functions(self) -> Mapping[str, FunctionSpec]:
        return self._functions

    def has(self, name: str) -> bool:
        return name in self._functions

    def invoke(self, name: str, payload: bytes, request_id: str | None = None) -> Outcome:
        """Run the function on one event and wait, first for a free environment, then for the outcome. A function error
        is an outcome, not an exception."""
        outcome = self._pools[name].invoke(payload, request_id or str(uuid.uuid4()))
        self.invocations[name] += 1
        facts: dict[str, object] = {"seconds": outcome.duration_seconds, "cold": outcome.cold}
        if outcome.error_type is None:
            self._sink(happening(EventKind.INVOKED, name, f"{outcome.duration_seconds * 1000:.0f} ms", **facts))
        else:
            self.errors[name] += 1
            facts["error_type"] = outcome.error_type
            self._sink(happening(EventKind.FUNCTION_ERROR, name, outcome.error_type, **facts))
        return outcome

    def invoke_async(self, name: str, payload: bytes) -> str:
        """Accept an event for later; returns its request id."""
        return self._queues[name].put(payload)

    def reply(self, function: str, payload: bytes, invocation_type: str) -> InvokeReply:
        """API Reference, Invoke: 200 with the function's answer or error, 202 for an event, 204 for a dry run."""
        if function not in self._functions:
            return api_error(404, "ResourceNotFoundException", f"Function not found: {function}")
        if len(payload) > (MAX_ASYNC_BYTES if invocation_type == "Event" else MAX_SYNC_BYTES):
            return api_error(413, "RequestTooLargeException", "The payload exceeds the limit of its invocation type")
        event = payload or b"{}"
        if not _is_json(event):
            return api_error(400, "InvalidRequestContentException", "Could not parse request body into json")
        if invocation_type == "DryRun":
            return InvokeReply(204)
        if invocation_type == "Event":
            return InvokeReply(202, request_id=self.invoke_async(function, event))
        return self._reply_synchronously(function, event)

    def pause(self, name: str) -> None:
        """As if the function's reserved concurrency were 0."""
        self._pools[name].pause()

    def resume(self, name: str) -> None:
        self._pools[name].resume()

    def waiting(self, name: str) -> int:
        """Asynchronous events accepted and not yet done."""
        return self._queues[name].waiting

    def close(self) -> None:
        """Kill every environment and forget every queued event. Safe to call twice."""
        for pool in self._pools.values():
            pool.close()
        for queue in self._queues.values():
            queue.close()
        self._children.close()

    def _reply_synchronously(self, function: str, event: bytes) -> InvokeReply:
        if not self._pools[function].admits:
            return api_error(429, "TooManyRequestsException", "Rate Exceeded.")
        try:
            outcome = self.invoke(function, event)
        except StackClosedError:
            return api_error(503, "ServiceException", "The stack is shutting down")
        function_error = "Unhandled" if outcome.error_type else None
        log_tail = "\n".join(self.logs.last_lines(function))
        return InvokeReply(200, outcome.payload, function_error, log_tail=log_tail, request_id=outcome.request_id)

    def _logged(self, function: str, line: str) -> None:
        self.logs.write(function, line)
        fields = _json_object(line)
        if isinstance(fields.get("message"), str):
            self._sink(StackEvent(datetime.now(UTC), EventKind.LOGGED, function, fields["message"], fields))

    def _retrying(self, spec: FunctionSpec, event: QueuedEvent, delay: float) -> None:
        detail = f"attempt {event.attempts + 1} in {delay:.1f} s"
        self._sink(happening(EventKind.RETRY, spec.name, detail, attempts=event.attempts, delay_seconds=delay))

    def _gave_up(self, spec: FunctionSpec, event: QueuedEvent, condition: str) -> None:
        failure = Failure(event.request_id, condition, event.attempts, event.last.payload if event.last else None)
        record = async_failure_record(spec, failure, event.payload)
        self._sink(
            self._destinations.reject(spec, spec.asynchronous.on_failure, record, f"async/{spec.name}", "1 event")
        )


def _json_object(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line) if line.startswith("{") else None
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _is_json(payload: bytes) -> bool:
    try:
        json.loads(payload)
    except ValueError:
        return False
    return True

"""One Lambda execution environment: a process of the real runtime client, started when first needed and replaced when
it dies or overruns.

One event at a time; module state survives between events; a time-out, a crash or a failed init costs the process
(Developer Guide, Understanding the Lambda execution environment lifecycle).
"""

import json
import os
import queue
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from local_stack.errors import StackClosedError
from local_stack.functions.child_processes import ChildProcesses, kill_group
from local_stack.functions.function_spec import FunctionSpec
from local_stack.functions.runtime_api import Answered, Exited, InitFailed, Ready, RuntimeApi, Signal, Task

#: AWS allows 10 s for INIT. Here a dozen sandboxes may start at once on two cores that also run the emulator.
INIT_LIMIT_SECONDS = 30.0

LogSink = Callable[[str, str], None]


@dataclass(frozen=True)
class Outcome:
    """What became of one event. When the function failed, `error_type` is set and the payload is AWS's error object."""

    request_id: str
    payload: bytes
    error_type: str | None = None
    error_message: str = ""
    duration_seconds: float = 0.0
    cold: bool = False


class Sandbox:
    """Not thread-safe: its pool lends it to one caller at a time. `close` may come from any thread."""

    def __init__(
        self, spec: FunctionSpec, shared_env: Mapping[str, str], children: ChildProcesses, log: LogSink
    ) -> None:
        self._spec = spec
        self._env = {**shared_env, **_reserved_env(spec), **spec.environment}
        self._children = children
        self._log = log
        self._life: _Life | None = None
        self._closed = False

    def invoke(self, payload: bytes, request_id: str) -> Outcome:
        """The handler sees `request_id` as its `aws_request_id`."""
        started = time.monotonic()
        if self._life is not None and not self._life.is_alive():
            self.kill()  # it died between two events: nobody was waiting, so nobody is told
        cold = self._life is None
        if self._life is None:
            self._life = _Life(self._spec, self._env, self._children, self._log)
            if self._closed:
                self.kill()
                raise StackClosedError
            failure = self._life.wait_until_ready()
            if failure is not None:
                self.kill()
                return _failed(request_id, failure, started, cold=cold)
        answer = self._life.run(request_id, payload, self._spec.timeout_seconds)
        if isinstance(answer, Answered):
            duration = time.monotonic() - started
            if not answer.is_error:
                return Outcome(request_id, answer.body, duration_seconds=duration, cold=cold)
            error = json.loads(answer.body)
            return Outcome(
                request_id, answer.body, error.get("errorType", ""), error.get("errorMessage", ""), duration, cold
            )
        self.kill()
        return _failed(request_id, answer, started, cold=cold)

    def close(self) -> None:
        """Kill, for good: an event that is running fails, and none starts a new process."""
        self._closed = True
        self.kill()

    def kill(self) -> None:
        life, self._life = self._life, None
        if life is not None:
            life.end()


@dataclass(frozen=True)
class _Failure:
    error_type: str
    message: str
    trace: tuple[str, ...] = ()


def _failed(request_id: str, failure: _Failure, started: float, *, cold: bool) -> Outcome:
    message = f"RequestId: {request_id} Error: {failure.message}"
    body = {"errorType": failure.error_type, "errorMessage": message, "stackTrace": list(failure.trace)}
    return Outcome(request_id, json.dumps(body).encode(), failure.error_type, message, time.monotonic() - started, cold)


class _Life:
    """One process from start to end, with a runtime API of its own, so that a late word of a dead process reaches
    nobody."""

    def __init__(self, spec: FunctionSpec, env: Mapping[str, str], children: ChildProcesses, log: LogSink) -> None:
        self._name, self._log = spec.name, log
        self._api = RuntimeApi(spec.arn)
        entry = Path(__file__).with_name("sandbox_entry.py")
        # -P keeps the entry file's own folder, the stack's package, off the sandbox's path.
        command = [sys.executable, "-P", str(entry), str(os.getpid()), spec.handler]
        self._process = children.start(command, {**env, "AWS_LAMBDA_RUNTIME_API": self._api.address}, spec.code_dir)
        self._reader = threading.Thread(target=self._read, name=f"log-{spec.name}", daemon=True)
        self._reader.start()

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def wait_until_ready(self) -> _Failure | None:
        signal = self._next(INIT_LIMIT_SECONDS)
        if signal is None:
            return _Failure("Sandbox.Timedout", f"initialisation took more than {INIT_LIMIT_SECONDS:.0f} seconds")
        return None if isinstance(signal, Ready) else self._failure(signal)

    def run(self, request_id: str, payload: bytes, timeout: float) -> Answered | _Failure:
        deadline = time.time() + timeout
        self._api.tasks.put(Task(request_id, payload, int(deadline * 1000)))
        until = time.monotonic() + timeout
        while True:
            signal = self._next(until - time.monotonic())
            if signal is None:
                return _Failure("Sandbox.Timedout", f"Task timed out after {timeout:.2f} seconds")
            if isinstance(signal, Answered) and signal.request_id == request_id:
                return signal
            if isinstance(signal, InitFailed | Exited):
                return self._failure(signal)

    def end(self) -> None:
        kill_group(self._process)
        self._reader.join()
        self._api.close()

    def _next(self, seconds: float) -> Signal | None:
        try:
            return self._api.signals.get(timeout=max(seconds, 0.001))
        except queue.Empty:
            return None

    def _failure(self, signal: Signal) -> _Failure:
        if isinstance(signal, InitFailed):
            error = signal.error
            return _Failure(
                error.get("errorType", "Runtime.Unknown"),
                error.get("errorMessage", ""),
                tuple(error.get("stackTrace", ())),
            )
        code = signal.return_code if isinstance(signal, Exited) else 0
        how = f"exit status {code}" if code >= 0 else f"signal: {-code}"
        return _Failure("Runtime.ExitError", f"Runtime exited with error: {how}")

    def _read(self) -> None:
        """Logs until the pipe closes, which is when the process and all it started have ended."""
        stdout = self._process.stdout
        if stdout is not None:
            with stdout:
                for line in stdout:
                    self._log(self._name, line.decode(errors="replace").rstrip("\n"))
        self._api.signals.put(Exited(self._process.wait()))


def _reserved_env(spec: FunctionSpec) -> dict[str, str]:
    """Developer Guide, Defined runtime environment variables; plus credentials that only the emulator accepts."""
    path = [str(spec.code_dir), *(str(layer) for layer in spec.layer_dirs)]
    return {
        "_HANDLER": spec.handler,
        "LAMBDA_TASK_ROOT": str(spec.code_dir),
        "PYTHONPATH": ":".join(path),
        "AWS_LAMBDA_FUNCTION_NAME": spec.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory_mb),
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{spec.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": f"{time.strftime('%Y/%m/%d')}/[$LATEST]{uuid.uuid4().hex}",
        "AWS_LAMBDA_LOG_FORMAT": spec.log_format,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
        "AWS_ACCESS_KEY_ID": spec.access_key,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_SESSION_TOKEN": "local",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
    }

"""From what happened to a pod to the event that says so, with the field names of the orchestrator's contract."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local_worker.commands import CommandEnvelope, CreatePodCommand, DeletePodCommand
from local_worker.refusals import CannotRunError, ErrorType
from local_worker.sandboxing import Capture, RunResult
from stack_client import OutgoingEvent

OUTPUT_BUDGET_BYTES = 900_000
"""Room for stdout and stderr together in one event, JSON-escaped: an EventBridge entry must stay under 1 MB, names
and envelope included.
"""

_SERVICE_NAME = "local-worker"
_SERVICE_VERSION = "1.0.0"


@dataclass(frozen=True)
class PodOutcome:
    """The part of an ending event that differs from run to run."""

    event_type: str
    fields: dict[str, Any]


def started(command: CreatePodCommand, pod_name: str, node_name: str) -> OutgoingEvent:
    """The script is about to run."""
    return _event(command, "EXECUTION_STARTED", {"pod_name": pod_name, "node_name": node_name})


def ended(command: CreatePodCommand, outcome: PodOutcome) -> OutgoingEvent:
    """Exactly one of these follows every start that no delete interrupted."""
    return _event(command, outcome.event_type, outcome.fields)


def confirmed(command: DeletePodCommand) -> OutgoingEvent:
    """The pod is not there any more, or never was; said to every delete that asks for it, each time it comes."""
    return _event(command, "COMMAND_REPLY", {"in_reply_to": command.message_id, "outcome": "done"})


def refused(error: CannotRunError) -> PodOutcome:
    """The script did not run at all."""
    return PodOutcome(
        "EXECUTION_FAILED",
        {
            "exit_code": error.exit_code,
            "error_type": error.error_type.value,
            "error_message": str(error),
            "stdout": "",
            "stderr": "",
        },
    )


def outcome_of(result: RunResult, timeout_seconds: int) -> PodOutcome:
    """Read the run's end: the time limit first, then the exit code."""
    stdout, stderr = fit_outputs(result.stdout, result.stderr, OUTPUT_BUDGET_BYTES)
    report: dict[str, Any] = {"resource_usage": _usage(result), "stdout": stdout, "stderr": stderr}
    if result.timed_out:
        return PodOutcome("EXECUTION_TIMEOUT", {"timeout_seconds": timeout_seconds, **report})
    if result.exit_code == 0:
        return PodOutcome("EXECUTION_COMPLETED", {"exit_code": 0, **report})
    error = ErrorType.KILLED if result.exit_code > 128 else ErrorType.SCRIPT_ERROR
    message = f"the script ended with exit code {result.exit_code}"
    fields = {"exit_code": result.exit_code, "error_type": error.value, "error_message": message, **report}
    return PodOutcome("EXECUTION_FAILED", fields)


def fit_outputs(stdout: Capture, stderr: Capture, budget: int) -> tuple[str, str]:
    """Both streams as text of at most `budget` bytes of JSON; each may use what the other leaves of its half."""
    out, err = (bytes(capture.kept).decode("utf-8", errors="replace") for capture in (stdout, stderr))
    half = budget // 2
    err_need = json_size(err)
    out_text = _fit(out, stdout.total, budget - min(err_need, half))
    err_text = _fit(err, stderr.total, budget - json_size(out_text))
    return out_text, err_text


def json_size(text: str) -> int:
    """Bytes of this text as a JSON string: control characters and quotes count as what they become."""
    return len(json.dumps(text, ensure_ascii=False).encode())


def _fit(text: str, total: int, budget: int) -> str:
    if json_size(text) <= budget and total <= len(text.encode()):
        return text
    marker = f"\n[truncated: {total} bytes in all]"
    low, high = 0, len(text)
    while low < high:  # the longest beginning that fits: escaping makes the size grow unevenly, but never shrink
        middle = (low + high + 1) // 2
        if json_size(text[:middle] + marker) <= budget:
            low = middle
        else:
            high = middle - 1
    return text[:low] + marker


def _usage(result: RunResult) -> dict[str, float | int]:
    return {
        "cpu_time_seconds": round(result.cpu_seconds, 3),
        "wall_time_seconds": round(result.wall_seconds, 3),
        "peak_memory_bytes": result.peak_memory_bytes,
    }


def _event(command: CommandEnvelope, event_type: str, fields: dict[str, Any]) -> OutgoingEvent:
    # The event-id charset has no '#', which separates a message's name from its occurrence.
    suffix = event_type.removeprefix("EXECUTION_").lower()
    body = {
        "event_id": f"{command.message_id.replace('#', '.')}:{suffix}",
        "event_type": event_type,
        "event_version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "aggregate_id": command.execution_id,
        "metadata": {
            "service_name": _SERVICE_NAME,
            "service_version": _SERVICE_VERSION,
            "correlation_id": command.correlation_id or command.message_id,
        },
        "execution_id": command.execution_id,
        **fields,
    }
    return OutgoingEvent(command.execution_id, event_type, body)

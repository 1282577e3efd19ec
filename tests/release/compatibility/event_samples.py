"""Events of every type as producers may write them: with as little as allowed, with everything, with more."""

from typing import Any, Final

from saga_orchestrator.domain.events import EventType
from tests.release.compatibility.deployment import Json

VERSION: Final = "1.0"

_METADATA: Final = {"service_name": "api", "service_version": "1.2", "correlation_id": "corr-1"}
_OUTPUT: Final = {"stdout": "hello\n", "stderr": ""}
_USAGE: Final = {"resource_usage": {"cpu_seconds": 0.5, "peak_memory_bytes": 1048576}}
_MINIMAL: Final[dict[str, Json]] = {
    "EXECUTION_REQUESTED": {
        "script": "print('hello')",
        "language": "python",
        "language_version": "3.11",
        "runtime_image": "python:3.11-slim",
        "runtime_command": ["python"],
        "runtime_filename": "main.py",
        "timeout_seconds": 30,
        "cpu_limit": "500m",
        "memory_limit": "128Mi",
        "cpu_request": "100m",
        "memory_request": "64Mi",
    },
    "EXECUTION_STARTED": {"pod_name": "pod-1"},
    "EXECUTION_COMPLETED": {"exit_code": 0, **_OUTPUT},
    "EXECUTION_FAILED": {"exit_code": 1, "error_message": "it broke", **_OUTPUT},
    "EXECUTION_TIMEOUT": {"timeout_seconds": 30, **_OUTPUT},
    "EXECUTION_CANCELLED": {"reason": "changed my mind", "force_terminated": False},
}
_OPTIONAL: Final[dict[str, Json]] = {
    "EXECUTION_REQUESTED": {"priority": "high", "runtime_command": ["python", "-u", "-X", "dev"]},
    "EXECUTION_STARTED": {"node_name": "node-1", "container_id": "containerd://4711"},
    "EXECUTION_COMPLETED": {"exit_code": 3, **_USAGE},
    "EXECUTION_FAILED": {"error_type": "ScriptError", **_USAGE},
    "EXECUTION_TIMEOUT": _USAGE,
    "EXECUTION_CANCELLED": {"cancelled_by": "alice", "force_terminated": True},
}
_TRACEPARENT: Final = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
_UNKNOWN: Final[Json] = {"trace_parent": "00-4bf9-00f0-01", "labels": {"team": ["blue"]}, "attempt": 2, "gpu": None}
_REFERENCE: Final[Json] = {
    "script_ref": {"bucket": "users-scripts", "key": "a/script.py", "size": 14, "sha256": "5e" * 32}
}


def samples() -> dict[str, Json]:
    """By name, which begins with the event type."""
    found: dict[str, Json] = {}
    for event_type in map(str, EventType):
        minimal = _event(event_type)
        full = {
            **minimal,
            **_OPTIONAL[event_type],
            "aggregate_id": "ex-1",
            "timestamp": "2026-11-24T07:59:59.123456+02:00",
            "metadata": {**_METADATA, "user_id": "alice"},
        }
        found[f"{event_type}.minimal"] = minimal
        found[f"{event_type}.full"] = full
        found[f"{event_type}.unknown_fields"] = {**full, **_UNKNOWN, "metadata": {**full["metadata"], "region": "eu"}}
        found[f"{event_type}.lower_case_type"] = {**minimal, "event_type": event_type.lower()}
    traced = found["EXECUTION_REQUESTED.full"]
    found["EXECUTION_REQUESTED.traced"] = {**traced, "metadata": {**traced["metadata"], "traceparent": _TRACEPARENT}}
    requested, failed = found["EXECUTION_REQUESTED.full"], found["EXECUTION_FAILED.full"]
    by_reference = {name: value for name, value in requested.items() if name != "script"} | _REFERENCE
    found["EXECUTION_REQUESTED.by_reference"] = by_reference
    found["EXECUTION_FAILED.error_type_is_free_text"] = {**failed, "error_type": "File 'x', line 1: no!"}
    found["EXECUTION_CANCELLED.actor_in_metadata"] = {
        **found["EXECUTION_CANCELLED.minimal"],
        "metadata": {**_METADATA, "user_id": "bob"},
    }
    return found


def _event(event_type: str) -> dict[str, Any]:
    return {
        "event_id": "evt-1",
        "event_type": event_type,
        "event_version": VERSION,
        "timestamp": "2026-11-24T05:59:59Z",
        "metadata": dict(_METADATA),
        "execution_id": "ex-1",
        **_MINIMAL[event_type],
    }

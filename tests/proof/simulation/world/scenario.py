"""What a world is asked to do: executions, what their pods will do, and every event that people and platform send."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

CANARY: Final = "c4n4ry"
"""In every script, output, error message and reason: wherever else it turns up, users' data has leaked."""

REQUESTED: Final = "EXECUTION_REQUESTED"
STARTED: Final = "EXECUTION_STARTED"
COMPLETED: Final = "EXECUTION_COMPLETED"
FAILED: Final = "EXECUTION_FAILED"
TIMEOUT: Final = "EXECUTION_TIMEOUT"
CANCELLED: Final = "EXECUTION_CANCELLED"
TYPES: Final = (REQUESTED, STARTED, COMPLETED, FAILED, TIMEOUT, CANCELLED)
CAUSE_OF: Final = {REQUESTED: "R", STARTED: "S", COMPLETED: "C", FAILED: "F", TIMEOUT: "T", CANCELLED: "X"}

ADMIN: Final = "root-admin"
STRANGER: Final = "mallory"
LANGUAGES: Final = ("python", "node")
EVENT_SOURCE: Final = "executions"
OPERATOR_SOURCE: Final = "saga-operator"


@dataclass(slots=True, eq=False)
class Inbound:
    """One event as its producer means it; deliveries of it may be many.

    `accepts`: reasons for which it may be set aside instead of taking effect. `must_reject`: it must be set aside.
    `unusable`: fields that decide nothing break their rules.
    """

    number: int
    event_id: str
    type: str
    execution_id: str
    at: int
    detail: dict[str, Any] | None
    source: str = EVENT_SOURCE
    raw: str | None = None
    content: int = 0
    actor: str | None = None
    authorised: bool = False
    refusal: str | None = None
    requested_at: int = 0
    accepts: frozenset[str] = frozenset()
    must_reject: bool = False
    ignored: bool = False
    unusable: bool = False
    exit_code: int | None = None
    error_type: str | None = None
    label: str = ""

    @property
    def is_by_reference(self) -> bool:
        return "script_ref" in (self.detail or {})


@dataclass(frozen=True, slots=True)
class PodPlan:
    """What the pod of an execution does once it is created. `hangs` runs until it is deleted."""

    starts_after_ms: int = 2_000
    runs_ms: int = 5_000
    end: str = COMPLETED
    hangs: bool = False
    reports_start: bool = True
    reports_end: bool = True


@dataclass(slots=True, eq=False)
class Execution:
    """One execution. `expects` is the reason its saga must end for in calm weather."""

    id: str
    owner: str | None
    pod: PodPlan
    request: Inbound
    others: list[Inbound] = field(default_factory=list)
    expects: str = "execution_completed"
    """In calm weather: the reason code of its end, if it was not refused for want of room."""


def iso(millis: int) -> str:
    return datetime.fromtimestamp(millis / 1000, UTC).isoformat()


def envelope(event_id: str, event_type: str, execution_id: str, at: int, user_id: str | None = None) -> dict[str, Any]:
    metadata = {"service_name": "api", "service_version": "1", "correlation_id": f"corr-{execution_id}"}
    if user_id is not None:
        metadata["user_id"] = user_id
    return {
        "event_id": event_id,
        "event_type": event_type,
        "event_version": "1.0",
        "timestamp": iso(at),
        "metadata": metadata,
        "execution_id": execution_id,
    }


RUNTIME: Final[Mapping[str, Any]] = {
    "language_version": "3.11",
    "runtime_image": "python:3.11-slim",
    "runtime_command": ["python", "-u"],
    "runtime_filename": "main.py",
    "cpu_limit": "500m",
    "memory_limit": "128Mi",
    "cpu_request": "100m",
    "memory_request": "64Mi",
}

OWN_FIELDS: Final[Mapping[str, Mapping[str, Any]]] = {
    STARTED: {"pod_name": "pod-1"},
    COMPLETED: {"exit_code": 0, "stdout": f"{CANARY} out", "stderr": CANARY},
    FAILED: {
        "exit_code": 3,
        "error_type": "ScriptError",
        "error_message": f"{CANARY} broke",
        "stdout": CANARY,
        "stderr": CANARY,
    },
    TIMEOUT: {"timeout_seconds": 30, "stdout": CANARY, "stderr": CANARY},
    CANCELLED: {"reason": f"{CANARY} changed my mind", "force_terminated": False},
}


def report(
    number: int, event_id: str, event_type: str, execution_id: str, at: int, correlation_id: str | None = None
) -> Inbound:
    """What the platform or a worker says about a pod."""
    detail = envelope(event_id, event_type, execution_id, at) | dict(OWN_FIELDS[event_type])
    if correlation_id is not None:
        detail["metadata"]["correlation_id"] = correlation_id
    return Inbound(
        number,
        event_id,
        event_type,
        execution_id,
        at,
        detail,
        authorised=True,
        exit_code=detail.get("exit_code"),
        error_type=detail.get("error_type"),
    )


def by_reference(detail: dict[str, Any], bucket: str) -> None:
    size = len(detail.pop("script"))
    detail["script_ref"] = {"bucket": bucket, "key": "some/script", "size": size, "sha256": "ab" * 32}

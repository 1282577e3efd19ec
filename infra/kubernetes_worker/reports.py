"""From a pod as the API shows it to the events of the contract. Pure."""

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from kubernetes_worker.jobs import CORRELATION, EXECUTION, MESSAGE, TIMEOUT

Json = dict[str, Any]

MOST_OUTPUT_BYTES: Final = 1024 * 1024
_ROOM_BYTES: Final = 900_000
_NEVER_RUNS: Final = frozenset(
    {"ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "CreateContainerError", "CreateContainerConfigError"}
)
"""What a container waits for in vain. A first `ErrImagePull` may pass; when it is tried again, it has not."""
_NEVER_STARTED: Final = frozenset({"StartError", "ContainerCannotRun"})
_SHELLS_WORD_FOR_IT: Final = 127


@dataclass(frozen=True)
class Told:
    """A pod's annotations and what its one container does."""

    pod: Json

    @property
    def name(self) -> str:
        return str(self.pod["metadata"]["name"])

    @property
    def annotations(self) -> Json:
        return self.pod["metadata"].get("annotations") or {}

    @property
    def leaving(self) -> bool:
        """A delete ends it, and that publishes nothing."""
        return "deletionTimestamp" in self.pod["metadata"]

    @property
    def state(self) -> Json:
        statuses = self.pod.get("status", {}).get("containerStatuses") or [{}]
        return statuses[0].get("state") or {}

    @property
    def ran(self) -> Json | None:
        """`startedAt` and, at the end, the rest; None for what has not run."""
        if "running" in self.state:
            return dict(self.state["running"])
        ended = self.state.get("terminated")
        return dict(ended) if ended and ended.get("reason") not in _NEVER_STARTED else None

    @property
    def timed_out(self) -> bool:
        return bool(self.pod.get("status", {}).get("reason") == "DeadlineExceeded")

    @property
    def ended(self) -> bool:
        return "terminated" in self.state or self.timed_out

    @property
    def why_it_never_runs(self) -> str | None:
        """The kubelet's word for it; its message may hold what a user wrote."""
        waiting, ended = self.state.get("waiting", {}).get("reason"), self.state.get("terminated", {}).get("reason")
        return next((why for why in (waiting, ended) if why in _NEVER_RUNS | _NEVER_STARTED), None)


def deadline(pod: Told) -> int:
    """The pod's `activeDeadlineSeconds`, which count from when it was bound to its node, for a limit from its start."""
    begun = _moment(pod.pod["status"]["startTime"])
    waited = (_moment((pod.ran or {})["startedAt"]) - begun).total_seconds()
    # Kubernetes tells whole seconds, cut: one more, so that nothing is ended before its time.
    return max(0, math.ceil(waited)) + int(pod.annotations[TIMEOUT]) + 1


def started(pod: Told) -> Json:
    status = pod.pod["status"]
    container = (status.get("containerStatuses") or [{}])[0].get("containerID")
    own = {"pod_name": pod.name, "node_name": pod.pod["spec"].get("nodeName"), "container_id": container}
    return event(pod.annotations, "EXECUTION_STARTED", {name: value for name, value in own.items() if value})


def ended(pod: Told, log: bytes) -> Json:
    """The one of the three that follows a start."""
    ran = pod.ran or {}
    report = {"stdout": fitted(log), "stderr": "", **_usage(ran)}
    if pod.timed_out:
        limit = int(pod.annotations[TIMEOUT])
        return event(pod.annotations, "EXECUTION_TIMEOUT", {"timeout_seconds": limit, **report})
    code = int(ran.get("exitCode", 1))
    if code == 0:
        return event(pod.annotations, "EXECUTION_COMPLETED", {"exit_code": 0, **report})
    kind = "Killed" if code > 128 or ran.get("reason") == "OOMKilled" else "ScriptError"
    own = {"exit_code": code, "error_type": kind, "error_message": f"the script ended with exit code {code}"}
    return event(pod.annotations, "EXECUTION_FAILED", {**own, **report})


def never_ran(annotations: Json, kind: str, message: str) -> Json:
    """Failed without a start; `message` holds nothing of the script."""
    code = _SHELLS_WORD_FOR_IT if kind == "RuntimeUnavailable" else 126
    own = {"exit_code": code, "error_type": kind, "error_message": message, "stdout": "", "stderr": ""}
    return event(annotations, "EXECUTION_FAILED", own)


def event(annotations: Json, event_type: str, own: Json) -> Json:
    """Its id derives from the command, so that what is said again after a restart is said once."""
    suffix = event_type.removeprefix("EXECUTION_").lower()
    return {
        "event_id": f"{annotations[MESSAGE].replace('#', '.')}:{suffix}",
        "event_type": event_type,
        "event_version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "aggregate_id": annotations[EXECUTION],
        "metadata": {
            "service_name": "kubernetes-worker",
            "service_version": "1.0.0",
            "correlation_id": annotations[CORRELATION],
        },
        "execution_id": annotations[EXECUTION],
        **own,
    }


def fitted(log: bytes) -> str:
    """As much of the beginning as an event has room for, escapes counted; what is cut is said to be."""
    text = log.decode("utf-8", errors="replace")
    if _size(text) <= _ROOM_BYTES and len(log) < MOST_OUTPUT_BYTES:
        return text
    marker, low, high = "\n[truncated]", 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _size(text[:middle] + marker) <= _ROOM_BYTES else (low, middle - 1)
    return text[:low] + marker


def _size(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode())


def _usage(ran: Json) -> Json:
    """What the API tells: how long. CPU and memory would need a cluster's metrics, which keep no peaks of the dead."""
    if "startedAt" not in ran or "finishedAt" not in ran:
        return {}
    seconds = (_moment(ran["finishedAt"]) - _moment(ran["startedAt"])).total_seconds()
    return {"resource_usage": {"wall_time_seconds": max(0.0, seconds)}}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)

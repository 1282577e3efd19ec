"""One execution of the demo, and the events that are sent for it: bodies as any producer would make them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from demo.cases import Case, What
from local_worker import pod_name
from stack_client import Transport

SCRIPTS = Path(__file__).parent / "scripts"
SCRIPT_BUCKET = "demo-scripts"
"""The requesters' own bucket, for scripts that are sent by reference."""

ADMIN, STRANGER = "demo-admin", "mallory"
_PADDING = "# padding makes this script exactly as long as the limit allows\n"
_PRODUCER = {"service_name": "demo", "service_version": "1.0.0"}


@dataclass(frozen=True)
class Execution:
    """A case played once."""

    id: str
    case: Case
    script_name: str
    transport: Transport

    @property
    def owner(self) -> str:
        return f"user-{hashlib.sha256(self.id.encode()).digest()[0] % 7}"

    @cached_property
    def script(self) -> bytes:
        """A shipped script, or for `=SIZE` and `@SIZE` one made to that size."""
        if self.script_name[0] in "=@":
            return _script_of(int(self.script_name[1:]))
        return (SCRIPTS / self.script_name).read_bytes()

    @property
    def by_reference(self) -> bool:
        return self.script_name.startswith("@")

    @property
    def script_key(self) -> str:
        return f"requests/{self.id}"


def body_of(execution: Execution, what: What) -> tuple[str, dict[str, Any]]:
    """Event type and body. The same thing has the same id every time, so that a copy is a copy."""
    match what:
        case What.REQUEST | What.REQUEST_AGAIN | What.OTHER_REQUEST:
            return _request(execution, what)
        case What.STARTED:
            return _report(execution, what, "EXECUTION_STARTED", {"pod_name": pod_name(execution.id)})
        case What.COMPLETED:
            return _report(execution, what, "EXECUTION_COMPLETED", {"exit_code": 0, "stdout": "", "stderr": ""})
        case What.FAILED:
            fields = {"exit_code": 3, "error_type": "ScriptError", "error_message": "", "stdout": "", "stderr": ""}
            return _report(execution, what, "EXECUTION_FAILED", fields)
        case What.TIMEOUT:
            return _report(execution, what, "EXECUTION_TIMEOUT", {"timeout_seconds": 5, "stdout": "", "stderr": ""})
        case _:
            return _cancel(execution, what)


def _request(execution: Execution, what: What) -> tuple[str, dict[str, Any]]:
    changes = dict(execution.case.changes)
    moment = datetime.now(UTC) + timedelta(seconds=int(changes.pop("timestamp", "0")))
    bash = execution.script_name.endswith(".sh")
    fields = {
        "language": "bash" if bash else "python",
        "language_version": "5.2" if bash else "3.11",
        "runtime_image": "debian:12-slim" if bash else "python:3.11-slim",
        "runtime_command": ["bash"] if bash else ["python"],
        "runtime_filename": "main.sh" if bash else "main.py",
        "timeout_seconds": 30,
        "cpu_limit": "500m",
        "memory_limit": "256Mi",
        "cpu_request": "100m",
        "memory_request": "64Mi",
        "priority": "normal",
        **_script_fields(execution),
        **changes,
    }
    if what is What.OTHER_REQUEST:
        fields["timeout_seconds"] += 1
    event_type, body = _report(execution, what, "EXECUTION_REQUESTED", fields)
    body["metadata"]["user_id"] = execution.owner
    body["timestamp"] = _rfc3339(moment)
    return event_type, body


def _script_fields(execution: Execution) -> Mapping[str, Any]:
    if not execution.by_reference:
        return {"script": execution.script.decode()}
    digest = hashlib.sha256(execution.script).hexdigest()
    reference = {"bucket": SCRIPT_BUCKET, "key": execution.script_key, "size": len(execution.script), "sha256": digest}
    return {"script_ref": reference}


def _cancel(execution: Execution, what: What) -> tuple[str, dict[str, Any]]:
    actor = {
        What.CANCEL_BY_OWNER: execution.owner,
        What.CANCEL_BY_ADMIN: ADMIN,
        What.CANCEL_BY_OPERATOR: "night-shift",
        What.CANCEL_BY_STRANGER: STRANGER,
    }.get(what)
    fields = {"reason": "no longer needed", "force_terminated": False, **({"cancelled_by": actor} if actor else {})}
    return _report(execution, what, "EXECUTION_CANCELLED", fields)


def _report(execution: Execution, what: What, event_type: str, fields: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    body = {
        "event_id": f"{what.value.replace(' ', '-')}:{execution.id}",
        "event_type": event_type,
        "event_version": "1.0",
        "timestamp": _rfc3339(datetime.now(UTC)),
        "aggregate_id": execution.id,
        "metadata": {**_PRODUCER, "correlation_id": f"demo-{execution.id}"},
        "execution_id": execution.id,
        **fields,
    }
    return event_type, body


def _script_of(size: int) -> bytes:
    """A valid script of exactly this many bytes."""
    code = 'print("a long script ran to its end")\n'
    if size < len(code):
        return b""
    filling = (_PADDING * (size // len(_PADDING) + 1))[: size - len(code) - 1]
    return f"{code}{filling}\n".encode()


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

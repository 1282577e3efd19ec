"""Commands as the orchestrator sends them."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any, Final

Json = dict[str, Any]

FILENAME: Final = "main.py"
_START_SECONDS: Final = 300


def rfc3339(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now() -> datetime:
    return datetime.now(UTC)


def create_command(execution_id: str, script: bytes, /, **changes: Any) -> Json:
    """A CREATE_POD_COMMAND that carries its script, unless `changes` say `script=None`."""
    digest = hashlib.sha256(script).hexdigest()
    command = {
        **_envelope(execution_id, "CREATE_POD_COMMAND", "create_pod#1"),
        "language": "python",
        "language_version": "3",
        "runtime_image": "python:3",
        "runtime_command": ["python"],
        "runtime_filename": FILENAME,
        "timeout_seconds": 120,
        "cpu_limit": "1",
        "memory_limit": "256Mi",
        "cpu_request": "50m",
        "memory_request": "64Mi",
        "priority": "normal",
        "script_ref": {
            "bucket": "no-such-bucket",
            "key": f"scripts/{execution_id}/{digest}",
            "size": len(script),
            "sha256": digest,
        },
        "script": script.decode(),
        "expires_at": rfc3339(now() + timedelta(seconds=_START_SECONDS)),
        **changes,
    }
    return {name: value for name, value in command.items() if value is not None}


def delete_command(execution_id: str, occurrence: int = 1, *, asks: bool = False) -> Json:
    """A DELETE_POD_COMMAND. `asks`: its saga waits for the answer."""
    return {
        **_envelope(execution_id, "DELETE_POD_COMMAND", f"delete_pod#{occurrence}"),
        "reason": "cancelled",
        **({"operation_id": f"execution_saga:{execution_id}:create_pod"} if asks else {}),
    }


def _envelope(execution_id: str, message_type: str, message: str) -> Json:
    return {
        "message_id": f"execution_saga:{execution_id}:{message}",
        "message_type": message_type,
        "message_version": "1.0",
        "timestamp": rfc3339(now()),
        "saga_id": f"execution_saga:{execution_id}",
        "saga_name": "execution_saga",
        "execution_id": execution_id,
        "correlation_id": f"corr-{execution_id}",
        "causation_id": f"req-{execution_id}",
        "stack": "contract-kit",
    }

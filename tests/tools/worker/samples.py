"""Commands as the orchestrator sends them, for the tests of the worker."""

import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

BUS = "executions-bus"
BUCKET = "worker-payloads"
REGION = "us-east-1"


def rfc3339(moment: datetime) -> str:
    """As the orchestrator writes instants."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def create_command(execution_id: str, content: bytes = b"print('hello')", /, **changes: Any) -> dict[str, Any]:
    """A valid CREATE_POD_COMMAND whose script lies where `put_script` puts it."""
    now = datetime.now(UTC)
    digest = hashlib.sha256(content).hexdigest()
    return {
        "message_id": f"execution_saga:{execution_id}:create_pod#1",
        "message_type": "CREATE_POD_COMMAND",
        "message_version": "1.0",
        "timestamp": rfc3339(now),
        "saga_id": f"execution_saga:{execution_id}",
        "saga_name": "execution_saga",
        "execution_id": execution_id,
        "correlation_id": f"corr-{execution_id}",
        "causation_id": f"req-{execution_id}",
        "language": "python",
        "language_version": "3.11",
        "runtime_image": "python:3.11-slim",
        "runtime_command": ["python"],
        "runtime_filename": "main.py",
        "timeout_seconds": 20,
        "cpu_limit": "1",
        "memory_limit": "256Mi",
        "cpu_request": "100m",
        "memory_request": "64Mi",
        "priority": "normal",
        "script_ref": {
            "bucket": BUCKET,
            "key": f"scripts/{execution_id}/{digest}",
            "size": len(content),
            "sha256": digest,
        },
        "expires_at": rfc3339(now + timedelta(minutes=5)),
        **changes,
    }


def delete_command(execution_id: str, occurrence: int = 1, **changes: Any) -> dict[str, Any]:
    """A valid DELETE_POD_COMMAND."""
    return {
        "message_id": f"execution_saga:{execution_id}:delete_pod#{occurrence}",
        "message_type": "DELETE_POD_COMMAND",
        "message_version": "1.0",
        "timestamp": rfc3339(datetime.now(UTC)),
        "saga_id": f"execution_saga:{execution_id}",
        "saga_name": "execution_saga",
        "execution_id": execution_id,
        "correlation_id": f"corr-{execution_id}",
        "causation_id": f"cancel-{execution_id}",
        "reason": "cancelled",
        **changes,
    }


def eventually(condition: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    """Wait for another thread's work, and say what was missed. Only a failure waits so long: a busy machine is none."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.01)

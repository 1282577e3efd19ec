"""Well-formed inbound events, and the envelopes that Lambda wraps them in."""

import base64
import itertools
import json
from datetime import UTC, datetime
from typing import Any

NOW_MS = 1_795_500_000_000
_ids = itertools.count(1)


def iso(millis: int) -> str:
    return datetime.fromtimestamp(millis / 1000, UTC).isoformat()


def event(name: str, execution_id: str = "ex-1", **fields: Any) -> dict[str, Any]:
    metadata = {"service_name": "api", "service_version": "1.2", "correlation_id": "corr-1"}
    user = fields.pop("user_id", "alice" if name == "EXECUTION_REQUESTED" else None)
    return {
        "event_id": f"evt-{next(_ids)}",
        "event_type": name,
        "event_version": "1.0",
        "timestamp": iso(NOW_MS),
        "metadata": metadata | ({"user_id": user} if user else {}),
        "execution_id": execution_id,
        **OWN_FIELDS[name],
        **fields,
    }


OWN_FIELDS: dict[str, dict[str, Any]] = {
    "EXECUTION_REQUESTED": {
        "script": "print('hello')",
        "language": "python",
        "language_version": "3.11",
        "runtime_image": "python:3.11-slim",
        "runtime_command": ["python", "-u"],
        "runtime_filename": "main.py",
        "timeout_seconds": 30,
        "cpu_limit": "500m",
        "memory_limit": "128Mi",
        "cpu_request": "100m",
        "memory_request": "64Mi",
    },
    "EXECUTION_STARTED": {"pod_name": "pod-1"},
    "EXECUTION_COMPLETED": {"exit_code": 0, "stdout": "hello", "stderr": ""},
    "EXECUTION_FAILED": {
        "exit_code": 1,
        "error_type": "ScriptError",
        "error_message": "it broke",
        "stdout": "",
        "stderr": "trace",
    },
    "EXECUTION_TIMEOUT": {"timeout_seconds": 30, "stdout": "", "stderr": ""},
    "EXECUTION_CANCELLED": {"reason": "changed my mind", "cancelled_by": "alice", "force_terminated": False},
}


def eventbridge(detail: dict[str, Any], source: str = "executions") -> dict[str, Any]:
    return {
        "version": "0",
        "id": f"eb-{next(_ids)}",
        "detail-type": detail.get("event_type", "?"),
        "source": source,
        "account": "123456789012",
        "time": iso(NOW_MS),
        "region": "us-east-1",
        "resources": [],
        "detail": detail,
    }


def kafka(*details: dict[str, Any] | bytes | None, topic: str = "topic") -> dict[str, Any]:
    records: list[dict[str, Any]] = [
        {
            "topic": topic,
            "partition": 0,
            "offset": offset,
            "timestamp": NOW_MS,
            "timestampType": "CREATE_TIME",
            "key": None,
            "value": None if detail is None else base64.b64encode(_bytes(detail)).decode(),
            "headers": [],
        }
        for offset, detail in enumerate(details, start=10)
    ]
    return {
        "eventSource": "aws:kafka",
        "eventSourceArn": "arn:aws:kafka:us-east-1:123456789012:cluster/c/1",
        "bootstrapServers": "b-1:9092",
        "records": {f"{topic}-0": records},
    }


def _bytes(detail: dict[str, Any] | bytes) -> bytes:
    return detail if isinstance(detail, bytes) else json.dumps(detail).encode()

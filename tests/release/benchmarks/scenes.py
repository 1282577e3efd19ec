"""An ordinary deployment and ordinary events: ids are UUIDs, names as long as they are in practice."""

import logging
import os
import uuid
from typing import Any

import boto3

from saga_orchestrator.adapters.telemetry import Telemetry, telemetry
from saga_testing.moto_world import World
from saga_testing.samples.sample_events import event

SILENCE = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - lives as long as the logger that keeps it
BUCKET = "saga-orchestrator-payloadbucket-1x8k2mq9w4zc"
EXECUTION = "3f0c8a52-6d1e-4b7f-9a90-0c5d2e8b7f14"


def quiet_telemetry() -> Telemetry:
    # pytest keeps, and formats, every record that reaches the root logger: that is no cost of a handler's.
    logging.getLogger("benchmarks").propagate = False
    return telemetry("SagaOrchestrator", service="benchmarks", stream=SILENCE)


class QuietWorld(World):
    """The handlers' world, with its log lines out of the way."""

    def __init__(self, settings: dict[str, str]) -> None:
        super().__init__(settings, telemetry=quiet_telemetry())

    def with_ordinary_names(self) -> "QuietWorld":
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        self.reconfigure(PAYLOAD_BUCKET=BUCKET)
        return self


def ordinary(name: str, execution_id: str = EXECUTION, **fields: Any) -> dict[str, Any]:
    """An event as a platform with many users sends it."""
    request = {
        "script": "import json\nprint(json.dumps({'answer': sum(range(1000))}))\n" * 8,
        "user_id": "user-7d9f2c41",
        "language_version": "3.11",
        "runtime_image": "registry.example.com/runtimes/python:3.11-slim",
        "runtime_command": ["python", "-u"],
        "cpu_limit": "1000m",
        "memory_limit": "256Mi",
        "cpu_request": "250m",
        "memory_request": "128Mi",
        "priority": "normal",
    }
    made = event(name, execution_id, **((request if name == "EXECUTION_REQUESTED" else {}) | fields))
    made["event_id"] = str(uuid.uuid4())
    made["metadata"] = made["metadata"] | {
        "service_name": "execution-service",
        "service_version": "2.14.0",
        "correlation_id": str(uuid.uuid4()),
        "traceparent": f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-01",
    }
    return made

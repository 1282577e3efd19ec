"""A request as the core sees it, with every field set to something of its own."""

from typing import Final

from saga_orchestrator.domain.events import ExecutionRequest, Script

REQUEST: Final = ExecutionRequest(
    language="python",
    language_version="3.11",
    runtime_image="python:3.11-slim",
    runtime_command=("python", "-u"),
    runtime_filename="main.py",
    timeout_seconds=30,
    cpu_limit="500m",
    memory_limit="128Mi",
    cpu_request="100m",
    memory_request="64Mi",
    priority="high",
    script=Script(14, b"\x01" * 32),
)

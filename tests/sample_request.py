"""A request as the core sees it, where its content does not matter."""

from typing import Final

from saga_orchestrator.domain.events import ExecutionRequest, Script

REQUEST: Final = ExecutionRequest(
    language="python",
    language_version="3.11",
    runtime_image="python:3.11",
    runtime_command=("python",),
    runtime_filename="main.py",
    timeout_seconds=30,
    cpu_limit="1",
    memory_limit="128Mi",
    cpu_request="1",
    memory_request="128Mi",
    priority="normal",
    script=Script(3, b"h" * 32),
)

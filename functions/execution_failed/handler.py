"""EXECUTION_FAILED: the script or its pod failed. What is owed is undone, and the saga fails."""

from typing import Any

from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints.event_function import handle
from sagas import SAGAS


def lambda_handler(event: Any, context: Any) -> Any:
    return handle(event, context, EventType.FAILED, SAGAS)

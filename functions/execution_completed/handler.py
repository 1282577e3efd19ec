"""EXECUTION_COMPLETED: the script ended by itself. The saga completes and its slot is free."""

from typing import Any

from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints.event_function import handle
from sagas import SAGAS


def lambda_handler(event: Any, context: Any) -> Any:
    return handle(event, context, EventType.COMPLETED, SAGAS)

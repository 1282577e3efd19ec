"""EXECUTION_CANCELLED: the owner, an admin or an operator wants it stopped. What is owed is undone."""

from typing import Any

from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints.event_function import handle
from sagas import SAGAS


def lambda_handler(event: Any, context: Any) -> Any:
    return handle(event, context, EventType.CANCELLED, SAGAS)

"""EXECUTION_REQUESTED: somebody wants a script run. Creates the saga, or ends it at once with the reason."""

from typing import Any

from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints.event_function import handle
from sagas import SAGAS


def lambda_handler(event: Any, context: Any) -> Any:
    return handle(event, context, EventType.REQUESTED, SAGAS)

"""EXECUTION_STARTED: the pod runs. The start deadline gives way to the run deadline."""

from typing import Any

from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints.event_function import handle
from sagas import SAGAS


def lambda_handler(event: Any, context: Any) -> Any:
    return handle(event, context, EventType.STARTED, SAGAS)

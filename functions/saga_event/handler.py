"""What sagas of one's own are told: starts, reports about steps, cancels; which of them stands in the table."""

from typing import Any

from saga_orchestrator.entrypoints.saga_functions import handle_events
from sagas import SAGAS


def lambda_handler(event: Any, context: Any) -> Any:
    return handle_events(event, context, SAGAS)

"""Schedule, and the API: runs operations, one verb for many sagas."""

from typing import Any

from saga_orchestrator.entrypoints.runner_function import handle
from sagas import SAGAS


def lambda_handler(event: Any, context: Any) -> Any:
    return handle(event, context, SAGAS)

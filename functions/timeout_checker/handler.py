"""Schedule: ends the sagas whose deadline has passed."""

from typing import Any

from saga_orchestrator.entrypoints.checker_function import handle
from sagas import SAGAS


def lambda_handler(event: Any, context: Any) -> Any:
    return handle(event, context, SAGAS)

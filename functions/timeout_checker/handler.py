"""Schedule: ends the sagas whose deadline has passed."""

from typing import Any

from saga_orchestrator.entrypoints.checker_function import handle


def lambda_handler(event: Any, context: Any) -> Any:
    return handle(event, context)

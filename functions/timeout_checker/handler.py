"""Schedule: looks at the sagas whose deadline has passed. An execution ends; what waits asks again, or goes back."""

from typing import Any

from saga_orchestrator.entrypoints.checker_function import handle
from sagas import SAGAS


def lambda_handler(event: Any, context: Any) -> Any:
    return handle(event, context, SAGAS)

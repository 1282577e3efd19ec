"""The table's stream: publishes the messages that each committed write of a saga emits."""

from typing import Any

from saga_orchestrator.entrypoints.relay_function import handle
from sagas import SAGAS


def lambda_handler(event: Any, context: Any) -> Any:
    return handle(event, context, SAGAS)

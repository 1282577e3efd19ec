"""HTTP API: who operates sees sagas, slots and rejected events, and acts on them; owners see and cancel their own."""

from typing import Any

from saga_orchestrator.entrypoints.http_api.function import handle
from sagas import SAGAS


def lambda_handler(event: Any, context: Any) -> Any:
    return handle(event, context, SAGAS)

"""The queue of wakes: looks at waiting sagas as soon as one of their steps is due."""

from typing import Any

from saga_orchestrator.entrypoints.wakes.wake_function import handle
from sagas import SAGAS


def lambda_handler(event: Any, context: Any) -> Any:
    return handle(event, context, SAGAS)

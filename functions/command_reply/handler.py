"""COMMAND_REPLY: a participant's answer to a command of a saga that waits."""

from typing import Any

from saga_orchestrator.entrypoints.saga_functions import handle_replies
from sagas import SAGAS


def lambda_handler(event: Any, context: Any) -> Any:
    return handle_replies(event, context, SAGAS)

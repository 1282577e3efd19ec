"""The table's stream again: publishes the same messages to the Kafka topic, at that topic's own pace."""

from typing import Any

from saga_orchestrator.entrypoints.relay_function import handle
from sagas import SAGAS


def lambda_handler(event: Any, context: Any) -> Any:
    return handle(event, context, SAGAS)

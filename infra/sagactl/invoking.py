"""Calling a function of the stack and waiting for its answer."""

import json
from dataclasses import dataclass
from typing import Any

from saga_orchestrator.application.settling.republishing import FunctionFailedError
from sagactl.deployment import Deployment


@dataclass(frozen=True)
class Answer:
    """What a function returned, and the id of that one invocation."""

    body: Any
    request_id: str


@dataclass(frozen=True)
class CalledDirectly:
    """Implements the application's `Functions` with the caller's own permissions."""

    stack: Deployment

    def call(self, function: str, payload: Any) -> Any:
        return call_function(self.stack, function, payload).body


def call_function(stack: Deployment, function_name: str, payload: Any) -> Answer:
    """Invoke and wait. Raises FunctionFailedError when the function has no answer."""
    reply = stack.client("lambda").invoke(
        FunctionName=function_name, InvocationType="RequestResponse", Payload=json.dumps(payload).encode()
    )
    try:
        body = json.loads(reply["Payload"].read() or b"null")
    except ValueError as error:  # a proxy's page
        raise FunctionFailedError(f"{function_name} was called, and its answer cannot be read") from error
    if "FunctionError" in reply:
        problem = body if isinstance(body, dict) else {}
        kind, text = problem.get("errorType", "unknown error"), problem.get("errorMessage", "")
        raise FunctionFailedError(" ".join(f"{function_name} failed: {kind}: {text}".split())[:500])
    return Answer(body, reply["ResponseMetadata"].get("RequestId", ""))

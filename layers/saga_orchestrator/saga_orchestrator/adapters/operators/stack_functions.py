"""Functions of the stack, called and waited for."""

import json
from dataclasses import dataclass
from typing import Any

from saga_orchestrator.adapters.aws_errors import part_of, retryable
from saga_orchestrator.application.settling.republishing import FunctionFailedError


@dataclass(frozen=True, slots=True)
class StackFunctions:
    client: Any

    def call(self, function: str, payload: Any) -> Any:
        """Its answer. What it says of a failure stays in its own log: the text may be anything."""
        with retryable():
            reply = self.client.invoke(
                FunctionName=function, InvocationType="RequestResponse", Payload=json.dumps(payload).encode()
            )
            content = part_of(reply, "Payload").read()
        try:
            answer = json.loads(content or b"null")
        except ValueError as error:  # a proxy's page
            msg = f"{function} was called, and its answer cannot be read"
            raise FunctionFailedError(msg) from error
        if "FunctionError" in reply:
            kind = answer.get("errorType") if isinstance(answer, dict) else None
            msg = f"{function} failed: {kind or 'unknown error'}"
            raise FunctionFailedError(msg)
        return answer

"""Having a runner begin: an asynchronous invocation, which nobody waits for."""

import json
from dataclasses import dataclass
from typing import Any

from saga_orchestrator.adapters.aws_errors import retryable


@dataclass(frozen=True, slots=True)
class RunnerCall:
    """Called twice, or not at all, it makes no difference but in time: the batch itself says who runs it."""

    functions: Any
    """The client of Lambda."""
    function: str

    def __call__(self, identity: str) -> None:
        """
        Raises:
            RetryableError: it was not taken, or nobody can tell.
            RejectedEvent: it will not be taken.
        """
        payload = json.dumps({"operation": identity}).encode()
        with retryable():
            self.functions.invoke(FunctionName=self.function, InvocationType="Event", Payload=payload)

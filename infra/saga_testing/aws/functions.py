"""Lambda as far as our handlers call it: asynchronous invocations, which somebody plays later or never."""

import json
from typing import Any


class SimulatedFunctions:
    """`invoked`: function and event of each invocation that was taken, in order."""

    def __init__(self) -> None:
        self.invoked: list[tuple[str, Any]] = []

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - as botocore's client names them
        if InvocationType != "Event":
            raise NotImplementedError(InvocationType)
        self.invoked.append((FunctionName, json.loads(Payload)))
        return {"StatusCode": 202}

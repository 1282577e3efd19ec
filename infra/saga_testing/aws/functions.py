"""Lambda as a client object: functions by name, called and waited for, or told and not waited for."""

import io
import json
from collections.abc import Callable
from typing import Any, Final

from saga_testing.aws.errors import check_parameters, client_error

_PARAMETERS: Final = (frozenset({"FunctionName"}), frozenset({"FunctionName", "InvocationType", "Payload"}))

Handler = Callable[[Any], Any]


class SimulatedFunctions:
    """`handlers`: what each function answers to what it is given. One that raises has failed, as Lambda says it.

    `invoked`: function and event of each asynchronous invocation that was taken; somebody plays it later, or never.
    """

    def __init__(self) -> None:
        self.handlers: dict[str, Handler] = {}
        self.called: list[tuple[str, Any]] = []
        self.invoked: list[tuple[str, Any]] = []

    def invoke(self, **request: Any) -> dict[str, Any]:
        check_parameters(request, *_PARAMETERS)
        name, payload = request["FunctionName"], json.loads(request.get("Payload", b"null"))
        if request.get("InvocationType") == "Event":
            self.invoked.append((name, payload))
            return {"StatusCode": 202, "ResponseMetadata": {"HTTPStatusCode": 202, "RequestId": "simulated"}}
        handler = self.handlers.get(name)
        if handler is None:
            raise client_error("Invoke", "ResourceNotFoundException", f"Function not found: {name}", status=404)
        self.called.append((name, payload))
        try:
            return _reply(handler(payload))
        except Exception as error:  # noqa: BLE001 - the boundary between functions, as Lambda has it
            failure = {"errorType": type(error).__name__, "errorMessage": str(error)}
            return {**_reply(failure), "FunctionError": "Unhandled"}


def _reply(answer: Any) -> dict[str, Any]:
    metadata = {"HTTPStatusCode": 200, "RequestId": "simulated", "RetryAttempts": 0}
    return {"StatusCode": 200, "Payload": io.BytesIO(json.dumps(answer).encode()), "ResponseMetadata": metadata}

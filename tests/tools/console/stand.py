"""The console and its API on loopback: the local stack's front, the functions' own code, and tables in memory."""

import base64
import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from local_stack.aws import InvokeReply
from local_stack.http_front.declared import DeclaredApi, Route
from local_stack.http_front.serving import HttpFront
from saga_orchestrator.adapters.saga_codec import encode
from saga_orchestrator.domain.operating.acts import Door
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.entrypoints.console_files import function as console_files
from saga_orchestrator.entrypoints.console_files.files import files_in
from saga_orchestrator.entrypoints.console_files.settings import ConsoleSettings
from saga_orchestrator.entrypoints.http_api.function import HttpApi
from saga_orchestrator.entrypoints.http_api.routes import ROUTES
from saga_testing.deployment import EXECUTIONS_AND_ORDERS, Deployment
from saga_testing.http_door import HttpDoor, flattened
from saga_testing.lambda_context import Context
from saga_testing.telemetry import RecordingTelemetry
from tests.tools.console.issuer import CLIENT, Issuer

Json = dict[str, Any]
SITE: Final = Path(__file__).parents[3] / "functions" / "console" / "site"
OPEN: Final = {"sub": "", "scope": ""}


class Stand:
    """`asked` keeps every request; `instead` may answer one in the API's place."""

    def __init__(self) -> None:
        self.issuer = Issuer()
        self.stack = Deployment(sagas=EXECUTIONS_AND_ORDERS, telemetry=RecordingTelemetry())
        self.door = HttpDoor(self.stack.at, owner_claim="sub")
        self.asked: list[Json] = []
        self.instead: Callable[[Json], Json | None] = lambda _event: None
        self._lock = threading.RLock()
        self._front = HttpFront()
        self.url = self._front.listen()
        self.issuer.origin = self.url
        settings = ConsoleSettings(
            f"{self.issuer.url}/authorize", f"{self.issuer.url}/token", CLIENT, "openid sagas/use"
        )
        self._console = console_files.Console(files_in(SITE), settings)
        routes = [Route(key, "api", signed=False) for key, route in ROUTES.items() if route.door is Door.JWT]
        routes += [Route(key, "console", signed=False) for key in console_files.ROUTES]
        self._front.serve(DeclaredApi(routes=routes), self, "us-east-1")

    def close(self) -> None:
        self._front.close()
        self.issuer.close()

    def store(self, *sagas: Saga) -> None:
        with self._lock:
            for saga in sagas:
                self.stack.aws.dynamodb.put_item(TableName="sagas", Item=encode(saga))

    def deliver(self, *events: Json) -> None:
        with self._lock:
            for event in events:
                self.stack.deliver(event)

    def paths(self) -> list[str]:
        return [event["requestContext"]["http"]["path"] for event in self.asked]

    # -- what the front calls

    def reply(self, function: str, payload: bytes, _invocation_type: str) -> InvokeReply:
        event = json.loads(payload)
        with self._lock:
            self.asked.append(event)
            answer = self._console.answer(event) if function == "console" else self._of_the_api(event)
        return InvokeReply(200, json.dumps(answer).encode())

    def _of_the_api(self, event: Json) -> Json:
        """The gateway has verified the token: here it is looked up among those that were given."""
        token = event["headers"].get("authorization", "").removeprefix("Bearer ")
        if token not in self.issuer.given or token in self.issuer.revoked:
            return {
                "statusCode": 401,
                "headers": {"content-type": "application/json"},
                "body": '{"message":"Unauthorized"}',
            }
        told = {name: flattened(value) for name, value in _claims(token).items()}
        event["requestContext"]["authorizer"] = {"jwt": {"claims": told, "scopes": None}}
        return self.instead(event) or HttpApi(self.door.api).run(event, Context())


def _claims(token: str) -> Mapping[str, Any]:
    part = token.split(".")[1]
    found: Mapping[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found

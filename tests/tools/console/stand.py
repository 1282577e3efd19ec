"""The console and its API on loopback: the local stack's front, the functions' own code, and tables in memory."""

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from local_stack.aws import InvokeReply
from local_stack.http_front import DeclaredApi, HttpFront
from local_stack.issuer import Issuer
from saga_orchestrator.adapters.saga_codec import encode
from saga_orchestrator.domain.operating.acts import Door
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.entrypoints.console_files import function as console_files
from saga_orchestrator.entrypoints.console_files.files import files_in
from saga_orchestrator.entrypoints.console_files.settings import ConsoleSettings
from saga_orchestrator.entrypoints.http_api.function import HttpApi
from saga_orchestrator.entrypoints.http_api.routes import ROUTES
from saga_testing.aws.account import SimulatedAws
from saga_testing.deployment import EXECUTIONS_AND_ORDERS, Deployment
from saga_testing.http_door import HttpDoor, connect
from saga_testing.lambda_context import Context
from saga_testing.telemetry import RecordingTelemetry

Json = dict[str, Any]
SITE: Final = Path(__file__).parents[3] / "functions" / "console" / "site"
TOLD: Final = {"authorize_url": "AuthorizeUrl", "token_url": "TokenUrl", "client_id": "ClientId"}


class Stand:
    """`asked` keeps every request; `instead` may answer one in the API's place."""

    def __init__(self) -> None:
        self.issuer = Issuer()
        self.counted = RecordingTelemetry()
        aws = SimulatedAws(lambda: self.stack.now, owner_index=True)
        self.stack = Deployment(sagas=EXECUTIONS_AND_ORDERS, telemetry=self.counted, aws=aws)
        connect(self.stack, self.stack.aws.functions)
        given = self.issuer.template_values()
        self.door = HttpDoor(
            self.stack.at, role_map=given["RoleMap"], owner_claim=given["OwnerClaim"], owner_index=True
        )
        self.asked: list[Json] = []
        self.instead: Callable[[Json], Json | None] = lambda _event: None
        self._lock = threading.RLock()
        self._front = HttpFront()
        self.url = self._front.listen()
        self.issuer.clients.serve_console_at(self.url)
        told = {f"CONSOLE_{name.upper()}": given[f"Console{named}"] for name, named in TOLD.items()}
        settings = ConsoleSettings.from_environment({**told, "CONSOLE_SCOPES": "openid sagas/use"})
        self._console = console_files.Console(files_in(SITE), settings)
        self._front.serve(_declared(given), self, "us-east-1")

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

    def runs(self, function: Callable[[], object]) -> None:
        """Another of the stack's functions, between two requests."""
        with self._lock:
            function()

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
        return self.instead(event) or self.performed(event)

    def performed(self, event: Json) -> Json:
        """By the API itself."""
        return HttpApi(self.door.api).run(event, Context())


def _declared(given: Mapping[str, str]) -> DeclaredApi:
    """As template.yaml declares it; tests of the template hold it to the code."""
    api = DeclaredApi()
    for function in ("api", "console"):
        uri = f"arn:aws:lambda:us-east-1:123456789012:function:{function}"
        api.add_integration(
            function, {"IntegrationType": "AWS_PROXY", "PayloadFormatVersion": "2.0", "IntegrationUri": uri}
        )
    judged = {"Issuer": given["JwtIssuer"], "Audience": given["JwtAudience"].split(",")}
    source = ["$request.header.Authorization"]
    api.add_authorizer("people", {"AuthorizerType": "JWT", "IdentitySource": source, "JwtConfiguration": judged})
    by_token = {"AuthorizationType": "JWT", "AuthorizerId": "people", "AuthorizationScopes": [given["ApiScope"]]}
    for key, route in ROUTES.items():
        if route.door is Door.JWT:
            api.add_route(key, {"RouteKey": key, "Target": "integrations/api", **by_token})
    for key in console_files.ROUTES:
        api.add_route(key, {"RouteKey": key, "Target": "integrations/console", "AuthorizationType": "NONE"})
    return api

"""The function `api` as the gateway calls it: payload format 2.0, with what the authorizer of that door writes."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from saga_orchestrator.adapters.api_settings import ApiSettings
from saga_orchestrator.api_bootstrap import ApiResources
from saga_orchestrator.bootstrap import Resources
from saga_orchestrator.domain.events import EventType
from saga_orchestrator.domain.operating.acts import Door
from saga_orchestrator.domain.registry import REPLY
from saga_orchestrator.entrypoints.http_api.function import HttpApi
from saga_orchestrator.entrypoints.http_api.routes import route_key
from saga_orchestrator.entrypoints.relay_function import CommandRelay
from saga_testing.aws.functions import SimulatedFunctions
from saga_testing.deployment import Deployment
from saga_testing.lambda_context import Context

Json = dict[str, Any]

ACCOUNT: Final = "123456789012"
ROLES: Final = "role/readers:reader,role/on-call:operator,user/root-of-sagas:admin"
READER: Final = f"arn:aws:sts::{ACCOUNT}:assumed-role/readers/rita"
OPERATOR: Final = f"arn:aws:sts::{ACCOUNT}:assumed-role/on-call/olga"
ADMIN: Final = f"arn:aws:iam::{ACCOUNT}:user/people/root-of-sagas"

OPERATION_RUNNER: Final = "operation-runner"

ROLE_MAP: Final = "readers:reader,on-call:operator,root-of-sagas:admin"

RELAY: Final = "the-relay"
FUNCTIONS: Final = {
    **{str(each): f"takes-{each.lower().replace('_', '-')}" for each in EventType},
    REPLY: "takes-replies",
    "*": "takes-events-of-sagas",
}
"""The stack's functions by the type of event that they take, as template.yaml names them to the API."""


def connect(stack: Deployment, functions: SimulatedFunctions) -> None:
    """The functions that the API may call are those of this deployment."""

    def taking(event_type: str) -> Callable[[Any], Any]:
        return lambda payload: stack.function(event_type).run(payload, Context())

    sagas = next(iter(stack.sagas.routes), None)
    for event_type, name in FUNCTIONS.items():
        if event_type != "*" or sagas is not None:
            functions.handlers[name] = taking(event_type if event_type != "*" else str(sagas))
    functions.handlers[RELAY] = lambda payload: CommandRelay(stack.at).run(payload, Context())


@dataclass(frozen=True)
class Told:
    """What the gateway would pass on."""

    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def json(self) -> Json:
        found: Json = json.loads(self.body)
        return found

    @property
    def code(self) -> str:
        assert self.headers["content-type"] == "application/problem+json", self.body
        return str(self.json["code"])


def signed(route: str, arn: str | None = OPERATOR, **parts: Any) -> Json:
    """An event of the gateway's; `arn` None: nobody's signature was seen."""
    authorizer = {} if arn is None else {"iam": {"accountId": ACCOUNT, "userArn": arn, "userId": "A:b"}}
    return asked(route, authorizer, **parts)


def with_token(route: str, claims: Mapping[str, Any] | None, **parts: Any) -> Json:
    """An event of the gateway's, which verified a token with these claims; None: none was sent."""
    if claims is None:
        return asked(route, {}, **parts)
    told = {"claims": {name: flattened(value) for name, value in claims.items()}, "scopes": None}
    headers = {"authorization": f"Bearer {unsigned_token(claims)}", **(parts.pop("headers", None) or {})}
    return asked(route, {"jwt": told}, headers=headers, **parts)


def claims_of(*groups: str, sub: str = "8c1f-olga", **more: Any) -> Json:
    """Of an access token for this API."""
    return {"sub": sub, "scope": "openid sagas/use", "token_use": "access", "cognito:groups": list(groups), **more}


def unsigned_token(claims: Mapping[str, Any]) -> str:
    """In the shape of one: that it is signed is the gateway's business."""
    parts = (json.dumps(part).encode() for part in ({"alg": "RS256"}, claims))
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), "c2lnbmF0dXJl"])


def flattened(value: Any) -> str:
    """As the gateway makes a text of a claim: an array is its elements between brackets."""
    match value:
        case str():
            return value
        case bool():
            return str(value).lower()
        case list():
            return f"[{' '.join(map(flattened, value))}]"
        case dict():
            return f"map[{' '.join(f'{name}:{flattened(value[name])}' for name in sorted(value))}]"
        case _:
            return json.dumps(value)


def asked(
    route: str,
    authorizer: Mapping[str, Any],
    *,
    path: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
    **more: Any,
) -> Json:
    method, _, template = route.partition(" ")
    return {
        "version": "2.0",
        "routeKey": route,
        "rawPath": template,
        "rawQueryString": "",
        "headers": dict(headers or {}),
        "requestContext": {
            "accountId": ACCOUNT,
            "routeKey": route,
            "stage": "$default",
            "http": {"method": method, "path": template, "sourceIp": "192.0.2.1"},
            "requestId": "r-1",
            **({"authorizer": dict(authorizer)} if authorizer else {}),
        },
        "isBase64Encoded": False,
        **({"pathParameters": dict(path)} if path else {}),
        **({"queryStringParameters": dict(query)} if query else {}),
        **({"body": body} if body is not None else {}),
        **more,
    }


Who = str | Mapping[str, Any] | None
"""An ARN came by the door of signatures; claims came with a token."""


@dataclass
class HttpDoor:
    """One process of the function, on a deployment's resources."""

    at: Resources
    roles: str = ROLES
    cidrs: str = ""
    role_map: str = ROLE_MAP
    owner_claim: str = ""
    owner_index: bool = False
    more: Mapping[str, str] = field(default_factory=dict)
    api: ApiResources = field(init=False)

    def __post_init__(self) -> None:
        given = {
            "ACCOUNT_ID": ACCOUNT,
            "IAM_ROLES": self.roles,
            "ALLOWED_CIDRS": self.cidrs,
            "ROLE_MAP": self.role_map,
            "OWNER_CLAIM": self.owner_claim,
            "OWNER_INDEX": str(self.owner_index).lower(),
            "OPERATION_RUNNER": OPERATION_RUNNER,
            "EVENT_FUNCTIONS": ",".join(f"{event_type}:{name}" for event_type, name in FUNCTIONS.items()),
            "RELAY_FUNCTIONS": RELAY,
            **self.more,
        }
        self.api = ApiResources(self.at, ApiSettings.from_environment(given))

    def send(self, event: Any) -> Told:
        answer = HttpApi(self.api).run(event, Context())
        return Told(answer["statusCode"], answer["headers"], answer.get("body", ""))

    def ask(self, operation: str, who: Who = OPERATOR, **parts: Any) -> Told:
        """An operation such as `GET me`, by the door that such a caller comes through."""
        if who is None or isinstance(who, str):
            return self.send(signed(route_key(Door.IAM, operation), who, **parts))
        return self.send(with_token(route_key(Door.JWT, operation), who, **parts))

    def get(self, template: str, who: Who = OPERATOR, **parts: Any) -> Told:
        return self.ask(f"GET {template}", who, **parts)

    def saga(self, key: str, name: str = "execution_saga", arn: Who = OPERATOR, **parts: Any) -> Told:
        return self.get("sagas/{name}/{key}", arn, path={"name": name, "key": key}, **parts)

    def cancel(self, key: str, name: str = "execution_saga", arn: Who = OPERATOR, **parts: Any) -> Told:
        return self.act("cancel", key, name, arn, **parts)

    def act(self, verb: str, key: str, name: str = "execution_saga", arn: Who = OPERATOR, **parts: Any) -> Told:
        return self.posted(f"sagas/{{name}}/{{key}}/{verb}", arn, path={"name": name, "key": key}, **parts)

    def event(self, verb: str, identifier: str, who: Who = OPERATOR, **parts: Any) -> Told:
        """A verb on a rejected event."""
        return self.posted(f"rejected/{{id}}/{verb}", who, path={"id": identifier}, **parts)

    def posted(
        self,
        template: str,
        who: Who = OPERATOR,
        *,
        idempotency_key: str | None = "k-1",
        if_match: str | None = None,
        headers: Mapping[str, str] | None = None,
        **parts: Any,
    ) -> Told:
        given = {"idempotency-key": idempotency_key, "if-match": if_match, **(headers or {})}
        sent = {header: value for header, value in given.items() if value is not None}
        return self.ask(f"POST {template}", who, headers=sent, **parts)

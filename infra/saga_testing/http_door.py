"""The function `api` as the gateway calls it: payload format 2.0, with what the authorizer of signatures writes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from saga_orchestrator.adapters.api_settings import ApiSettings
from saga_orchestrator.api_bootstrap import ApiResources
from saga_orchestrator.bootstrap import Resources
from saga_orchestrator.entrypoints.http_api.function import HttpApi
from saga_testing.lambda_context import Context

Json = dict[str, Any]

ACCOUNT: Final = "123456789012"
ROLES: Final = "role/readers:reader,role/on-call:operator,user/root-of-sagas:admin"
READER: Final = f"arn:aws:sts::{ACCOUNT}:assumed-role/readers/rita"
OPERATOR: Final = f"arn:aws:sts::{ACCOUNT}:assumed-role/on-call/olga"
ADMIN: Final = f"arn:aws:iam::{ACCOUNT}:user/people/root-of-sagas"


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


def signed(
    route: str,
    arn: str | None = OPERATOR,
    *,
    path: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
    **more: Any,
) -> Json:
    """An event of the gateway's; `arn` None: nobody's signature was seen."""
    authorizer = {} if arn is None else {"authorizer": {"iam": {"accountId": ACCOUNT, "userArn": arn, "userId": "A:b"}}}
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
            **authorizer,
        },
        "isBase64Encoded": False,
        **({"pathParameters": dict(path)} if path else {}),
        **({"queryStringParameters": dict(query)} if query else {}),
        **({"body": body} if body is not None else {}),
        **more,
    }


@dataclass
class HttpDoor:
    """One process of the function, on a deployment's resources."""

    at: Resources
    roles: str = ROLES
    cidrs: str = ""
    api: ApiResources = field(init=False)

    def __post_init__(self) -> None:
        settings = ApiSettings.from_environment(
            {"ACCOUNT_ID": ACCOUNT, "IAM_ROLES": self.roles, "ALLOWED_CIDRS": self.cidrs}
        )
        self.api = ApiResources(self.at, settings)

    def send(self, event: Any) -> Told:
        answer = HttpApi(self.api).run(event, Context())
        return Told(answer["statusCode"], answer["headers"], answer.get("body", ""))

    def get(self, template: str, arn: str | None = OPERATOR, **parts: Any) -> Told:
        return self.send(signed(f"GET /iam/v1/{template}", arn, **parts))

    def saga(self, key: str, name: str = "execution_saga", arn: str | None = OPERATOR, **parts: Any) -> Told:
        return self.get("sagas/{name}/{key}", arn, path={"name": name, "key": key}, **parts)

    def cancel(self, key: str, name: str = "execution_saga", arn: str | None = OPERATOR, **parts: Any) -> Told:
        return self.act("cancel", key, name, arn, **parts)

    def act(
        self,
        verb: str,
        key: str,
        name: str = "execution_saga",
        arn: str | None = OPERATOR,
        *,
        idempotency_key: str | None = "k-1",
        if_match: str | None = None,
        headers: Mapping[str, str] | None = None,
        **parts: Any,
    ) -> Told:
        given = {"idempotency-key": idempotency_key, "if-match": if_match, **(headers or {})}
        sent = {header: value for header, value in given.items() if value is not None}
        route = f"POST /iam/v1/sagas/{{name}}/{{key}}/{verb}"
        return self.send(signed(route, arn, path={"name": name, "key": key}, headers=sent, **parts))

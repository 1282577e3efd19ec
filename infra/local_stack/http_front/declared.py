"""What the template declares of an HTTP API: integrations, routes, and how much its stage takes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

from local_stack.aws import function_name_of
from local_stack.errors import UnsupportedResource

API = "AWS::ApiGatewayV2::Api"
INTEGRATION = "AWS::ApiGatewayV2::Integration"
ROUTE = "AWS::ApiGatewayV2::Route"
STAGE = "AWS::ApiGatewayV2::Stage"
AUTHORIZER = "AWS::ApiGatewayV2::Authorizer"
HTTP_API_TYPES = (API, AUTHORIZER, INTEGRATION, ROUTE, STAGE)


@dataclass(frozen=True)
class TokenRule:
    """Which tokens a route takes: of whom, for whom, and with one of which scopes, if there are any."""

    issuer: str
    audiences: tuple[str, ...]
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Route:
    key: str
    """Method and path, such as `GET /things/{id}`."""
    function: str
    signed: bool
    token: TokenRule | None = None

    def parameters(self, method: str, segments: list[str]) -> dict[str, str] | None:
        """Of a request that it takes, decoded as the gateway decodes them; else None. A segment is what stands between
        two slashes as they were sent: an encoded one parts nothing.
        """
        own_method, _, path = self.key.partition(" ")
        own = path.split("/")[1:]
        if own_method != method or len(own) != len(segments):
            return None
        found: dict[str, str] = {}
        for declared, sent in zip(own, segments, strict=True):
            if declared.startswith("{"):
                if not sent:
                    return None
                found[declared.strip("{}")] = unquote(sent)
            elif declared != sent:
                return None
        return found


@dataclass
class DeclaredApi:
    """One API; `rate` is requests a second, None where the stage sets none."""

    integrations: dict[str, str] = field(default_factory=dict)
    routes: list[Route] = field(default_factory=list)
    rate: float | None = None
    authorizers: dict[str, TokenRule] = field(default_factory=dict)

    def add_authorizer(self, logical_id: str, properties: Mapping[str, Any]) -> None:
        wanted = {"AuthorizerType": "JWT", "IdentitySource": ["$request.header.Authorization"]}
        if {name: properties.get(name) for name in wanted} != wanted:
            why = "the local front knows JWT, from the header Authorization"
            raise UnsupportedResource(AUTHORIZER, logical_id, why)
        judged = properties["JwtConfiguration"]
        self.authorizers[logical_id] = TokenRule(str(judged["Issuer"]), tuple(map(str, judged["Audience"])))

    def add_integration(self, logical_id: str, properties: Mapping[str, Any]) -> None:
        wanted = {"IntegrationType": "AWS_PROXY", "PayloadFormatVersion": "2.0"}
        if {name: properties.get(name) for name in wanted} != wanted:
            raise UnsupportedResource(
                INTEGRATION, logical_id, "the local front calls functions alone, in payload format 2.0"
            )
        self.integrations[logical_id] = function_name_of(properties["IntegrationUri"])

    def add_route(self, logical_id: str, properties: Mapping[str, Any]) -> None:
        authorization = properties.get("AuthorizationType", "NONE")
        key = str(properties["RouteKey"])
        if authorization not in {"NONE", "AWS_IAM", "JWT"} or "+}" in key or " /" not in key:
            why = "the local front knows AWS_IAM, JWT and NONE, and paths that are neither greedy nor default"
            raise UnsupportedResource(ROUTE, logical_id, why)
        integration = str(properties["Target"]).rpartition("/")[2]
        token = None
        if authorization == "JWT":
            scopes = tuple(map(str, properties.get("AuthorizationScopes", ())))
            token = replace(self.authorizers[str(properties["AuthorizerId"])], scopes=scopes)
        self.routes.append(Route(key, self.integrations[integration], authorization == "AWS_IAM", token))

    def add_stage(self, logical_id: str, properties: Mapping[str, Any]) -> None:
        if properties["StageName"] != "$default" or str(properties.get("AutoDeploy", False)).lower() != "true":
            why = "the local front has the stage $default alone, deployed by itself"
            raise UnsupportedResource(STAGE, logical_id, why)
        rate = properties.get("DefaultRouteSettings", {}).get("ThrottlingRateLimit")
        self.rate = None if rate is None else float(rate)

    def route_of(self, method: str, raw_path: str) -> tuple[Route, dict[str, str]] | None:
        """By the path as it was sent. What is declared in full goes before what has parameters."""
        segments = raw_path.split("/")[1:] if raw_path.startswith("/") else [raw_path]
        found = [(route, route.parameters(method, segments)) for route in self.routes]
        taking = [(route, parameters) for route, parameters in found if parameters is not None]
        return min(taking, key=lambda each: len(each[1]), default=None)

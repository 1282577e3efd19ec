"""Payload format 2.0 of an HTTP API (API Gateway Developer Guide, Working with AWS Lambda proxy integrations)."""

import base64
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from local_stack.http_front.declared import Route
from local_stack.http_front.signatures import ACCOUNT, CALLERS, Sent

API_ID: Final = "local"


@dataclass(frozen=True)
class Answer:
    """What goes back over the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of_gateway(cls, status: int, message: str, headers: Mapping[str, str] | None = None) -> "Answer":
        told = {"content-type": "application/json", **(headers or {})}
        return cls(status, told, json.dumps({"message": message}).encode())


def event_of(sent: Sent, route: Route, parameters: Mapping[str, str], authorizer: Mapping[str, Any]) -> dict[str, Any]:
    """Paths and parameters come decoded, several values of one name joined by commas."""
    query: dict[str, str] = {}
    for name, value in parse_qsl(sent.raw_query, keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    path = unquote(sent.raw_path)
    body, encoded = _body(sent)
    return {
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": path,
        "rawQueryString": sent.raw_query,
        "headers": dict(sent.headers),
        **({"queryStringParameters": query} if query else {}),
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": API_ID,
            **({"authorizer": dict(authorizer)} if authorizer else {}),
            "domainName": sent.headers.get("host", ""),
            "domainPrefix": API_ID,
            "http": {
                "method": sent.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": sent.headers.get("user-agent", ""),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": route.key,
            "stage": "$default",
            "timeEpoch": int(time.time() * 1000),
        },
        **({"pathParameters": dict(parameters)} if parameters else {}),
        **({} if body is None else {"body": body}),
        "isBase64Encoded": encoded,
    }


def answer_of(payload: bytes) -> Answer:
    """What a function returned: an answer in format 2.0, or JSON that is the body of one. What is neither is the
    gateway's own 500.
    """
    try:
        told = json.loads(payload)
        if not isinstance(told, dict) or "statusCode" not in told:
            return Answer(200, {"content-type": "application/json"}, payload)
        body = str(told.get("body") or "").encode()
        if told.get("isBase64Encoded"):
            body = base64.b64decode(body)
        headers = {str(name): str(value) for name, value in told.get("headers", {}).items()}
        return Answer(int(told["statusCode"]), headers, body)
    except (ValueError, KeyError, TypeError, AttributeError):
        return Answer.of_gateway(500, "Internal Server Error")


def by_signature(signer: str) -> dict[str, Any]:
    """What the authorizer of signatures writes."""
    return {"iam": _iam(signer)}


def by_token(claims: Mapping[str, Any]) -> dict[str, Any]:
    """What the authorizer of tokens writes: a text of each claim."""
    scopes = str(claims.get("scope", "")).split()
    return {"jwt": {"claims": {name: flattened(value) for name, value in claims.items()}, "scopes": scopes or None}}


def flattened(value: Any) -> str:
    """As Go prints it, which the gateway seems to be written in: `[a b]` of an array, `map[a:b]` of an object."""
    match value:
        case str():
            return value
        case bool():
            return str(value).lower()
        case list():
            return f"[{' '.join(map(flattened, value))}]"
        case dict():
            return f"map[{' '.join(f'{name}:{flattened(value[name])}' for name in sorted(value))}]"
        case None:
            return "<nil>"
        case _:
            return json.dumps(value)


def _iam(signer: str) -> dict[str, Any]:
    return {
        "accessKey": signer,
        "accountId": ACCOUNT,
        "callerId": f"LOCAL:{signer}",
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": CALLERS[signer],
        "userId": f"LOCAL:{signer}",
    }


def _body(sent: Sent) -> tuple[str | None, bool]:
    if not sent.body:
        return None, False
    try:
        return sent.body.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(sent.body).decode(), True

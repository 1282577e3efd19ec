"""The front judges tokens as the gateway does: every step of it, and what it hands over is a text of each claim."""

import base64
import json
import time
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from local_stack.aws import InvokeReply
from local_stack.http_front.declared import DeclaredApi, Route, TokenRule
from local_stack.http_front.gateway_event import by_token
from local_stack.http_front.serving import HttpFront
from local_stack.http_front.signatures import Sent
from local_stack.http_front.tokens import TokenJudge, TokenRefused
from local_stack.issuer.clients import CONSOLE, TERMINAL
from local_stack.issuer.people import PEOPLE, SCOPE
from local_stack.issuer.serving import Issuer
from local_stack.issuer.without_browser import access_token

OPERATOR = PEOPLE["operator"]


def rule_of(issuer: Issuer) -> TokenRule:
    return TokenRule(issuer.url, (CONSOLE, TERMINAL), (SCOPE,))


def claims_of(issuer: Issuer, **more: Any) -> dict[str, Any]:
    now = int(time.time())
    base = {
        "iss": issuer.url,
        "client_id": CONSOLE,
        "scope": f"openid {SCOPE}",
        "exp": now + 60,
        "iat": now,
        "sub": "s",
    }
    return {name: value for name, value in {**base, **more}.items() if value is not None}


def judged(issuer: Issuer, token: str, rule: TokenRule | None = None) -> Any:
    return TokenJudge().claims(f"Bearer {token}", rule or rule_of(issuer))


def unsecured(claims: dict[str, Any], header: dict[str, Any], signature: str = "") -> str:
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims))
    return ".".join([*parts, signature])


def test_a_token_of_its_issuer_is_taken_with_and_without_the_word_before_it(issuer: Issuer) -> None:
    token = issuer.signing.access_token(issuer.url, OPERATOR, CONSOLE, SCOPE)

    for header in (f"Bearer {token}", f"bearer {token}", token):
        assert TokenJudge().claims(header, rule_of(issuer))["cognito:groups"] == ["operators"]
    for more in ({}, {"aud": TERMINAL}, {"aud": ["x", TERMINAL]}, {"scope": None, "scp": [SCOPE]}):
        assert judged(issuer, issuer.signing.signed(claims_of(issuer, **more)))["sub"] == "s"


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "of another issuer": ({"iss": "https://issuer.example.com"}, "issuer"),
    "for another audience": ({"aud": "somebody-else"}, "audience"),
    "for another client": ({"client_id": "somebody-else"}, "audience"),
    "for another audience, by our client": ({"aud": "somebody-else", "client_id": CONSOLE}, "audience"),
    "for nobody": ({"client_id": None}, "audience"),
    "for one whose name begins so": ({"client_id": f"{CONSOLE}2"}, "audience"),
    "expired": ({"exp": int(time.time()) - 1}, "expired"),
    "for ever": ({"exp": None}, "expired"),
    "that expires in words": ({"exp": "tomorrow"}, "expired"),
    "not yet valid": ({"nbf": int(time.time()) + 600}, "not valid yet"),
    "made tomorrow": ({"iat": int(time.time()) + 86_400}, "not valid yet"),
    "without the scope": ({"scope": "openid"}, "scope"),
    "without any": ({"scope": None}, "scope"),
    "with a scope that begins so": ({"scope": f"{SCOPE}r"}, "scope"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_token_with_a_claim_that_is_not_right_is_refused(issuer: Issuer, case: str) -> None:
    more, why = REFUSED[case]

    with pytest.raises(TokenRefused, match=why) as raised:
        judged(issuer, issuer.signing.signed(claims_of(issuer, **more)))

    assert raised.value.status == (403 if "scope" in why else 401)


def test_an_id_token_has_no_scope(issuer: Issuer) -> None:
    with pytest.raises(TokenRefused, match="scope"):
        judged(issuer, issuer.signing.id_token(issuer.url, OPERATOR, CONSOLE, None))


def test_what_is_not_signed_with_a_key_of_the_issuer_is_refused(issuer: Issuer) -> None:
    claims = claims_of(issuer)
    public = issuer.signing.public_keys()["keys"][0]
    kid, stranger = public["kid"], RSAKey.generate_key(2048)
    good = issuer.signing.signed(claims)
    head, payload, signature = good.split(".")
    swapped = unsecured({**claims, "sub": "another"}, {}).split(".")[1]
    forged = {
        "alg none": unsecured(claims, {"alg": "none", "kid": kid}),
        "alg none, with a signature": unsecured(claims, {"alg": "none", "kid": kid}, signature),
        "no alg": unsecured(claims, {"kid": kid}, signature),
        "a stranger's key": jwt.encode({"alg": "RS256", "kid": kid}, claims, stranger),
        "a key that it brings": jwt.encode({"alg": "RS256", "jwk": stranger.as_dict(private=False)}, claims, stranger),
        "an unknown key": jwt.encode({"alg": "RS256", "kid": "another"}, claims, stranger),
        "the public key as a secret": jwt.encode(
            {"alg": "HS256", "kid": kid}, claims, OctKey.import_key(json.dumps(public)), algorithms=["HS256"]
        ),
        "other claims": f"{head}.{swapped}.{signature}",
        "no signature": f"{head}.{payload}.",
        "two parts": f"{head}.{payload}",
        "nothing": "",
        "junk": "x.y.z",
        "two tokens": f"{good},{good}",
    }
    for case, token in forged.items():
        with pytest.raises(TokenRefused) as raised:
            judged(issuer, token)
        assert raised.value.status == 401, case
    with pytest.raises(TokenRefused):
        TokenJudge().claims(f"Basic {good}", rule_of(issuer))
    with pytest.raises(TokenRefused):
        TokenJudge().claims(None, rule_of(issuer))


def test_a_key_without_an_id_verifies_nothing(issuer: Issuer) -> None:
    token = jwt.encode({"alg": "RS256"}, claims_of(issuer), issuer.signing._key)

    with pytest.raises(TokenRefused):
        judged(issuer, token)


def test_keys_are_fetched_once_and_kept_for_two_hours() -> None:
    asked: list[str] = []
    now = [1000.0]
    key = RSAKey.generate_key(2048)
    with_id = {**key.as_dict(private=False), "kid": "k", "use": "sig", "alg": "RS256"}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            jwks = f"http://127.0.0.1:{server.server_address[1]}/keys"
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"jwks_uri": jwks, "keys": [with_id]}).encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's own name
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    rule = TokenRule(f"http://127.0.0.1:{server.server_address[1]}", ("a",))
    judge = TokenJudge(lambda: now[0])
    token = jwt.encode({"alg": "RS256", "kid": "k"}, {"iss": rule.issuer, "aud": "a", "exp": 10**10}, key)
    try:
        for at in (1000.0, 8199.0, 8201.0):
            now[0] = at
            assert judge.claims(token, rule)["aud"] == "a"
    finally:
        server.shutdown()
        server.server_close()

    assert asked == ["/.well-known/openid-configuration", "/keys"] * 2
    with pytest.raises(TokenRefused, match="keys cannot be read"):
        TokenJudge().claims(token, rule)
    with pytest.raises(TokenRefused, match="keys cannot be read"):
        TokenJudge().claims(token, replace(rule, issuer="file:///etc"))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (["admin"], "[admin]"),
        ("[admin]", "[admin]"),
        (["x admin", "b"], "[x admin b]"),
        ([], "[]"),
        ([["a"], {"k": ["v"]}], "[[a] map[k:[v]]]"),
        ({"b": 1, "a": "x"}, "map[a:x b:1]"),
        (True, "true"),
        (1_764_000_000, "1764000000"),
        (None, "<nil>"),
    ],
)
def test_each_claim_becomes_a_text(value: Any, told: str) -> None:
    assert by_token({"claim": value, "scope": "a b"})["jwt"] == {
        "claims": {"claim": told, "scope": "a b"},
        "scopes": ["a", "b"],
    }


class Invoked:
    def __init__(self) -> None:
        self.events: list[Any] = []

    def reply(self, _function: str, payload: bytes, _invocation_type: str) -> InvokeReply:
        self.events.append(json.loads(payload))
        return InvokeReply(200, b'{"statusCode":200}')


def test_only_a_right_token_reaches_the_function(issuer: Issuer) -> None:
    front, invoked = HttpFront(), Invoked()
    routes = [
        Route("GET /v1/me", "api", signed=False, token=rule_of(issuer)),
        Route("GET /iam/v1/me", "api", signed=True),
    ]
    front.serve(DeclaredApi(routes=routes), invoked, "us-east-1")

    def send(path: str, token: str | None) -> Any:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        return front.answer(Sent("GET", path, "", {**headers, "host": "h"}, b""))

    good = access_token(issuer.url, "operator")
    unscoped = issuer.signing.signed(claims_of(issuer, scope="openid"))
    told = {token: send("/v1/me", token) for token in (None, "x.y.z", unscoped)}
    assert [answer.status for answer in told.values()] == [401, 401, 403]
    assert all(answer.headers["www-authenticate"].startswith("Bearer scope=") for answer in told.values())
    for path in ("/iam/v1/me", "//v1/me", "/prod/v1/me", "/console/..%2fv1/me", "/console/%2e%2e/v1/me", "/V1/me"):
        assert send(path, good).status in {403, 404}
    assert invoked.events == []

    assert send("/v1/me", good).status == 200
    (event,) = invoked.events
    claims = event["requestContext"]["authorizer"]["jwt"]["claims"]
    assert (claims["cognito:groups"], claims["username"], claims["client_id"]) == ("[operators]", "operator", TERMINAL)
    assert "iam" not in event["requestContext"]["authorizer"]


def test_an_authorizer_that_is_none_of_the_gateways_stops_the_start() -> None:
    rule: dict[str, Any] = {
        "AuthorizerType": "JWT",
        "IdentitySource": ["$request.header.Authorization"],
        "JwtConfiguration": {"Issuer": "https://i.example", "Audience": ["a"]},
    }
    api = DeclaredApi(integrations={"I": "api"})
    api.add_authorizer("A", rule)
    route = {"RouteKey": "GET /x", "AuthorizationType": "JWT", "AuthorizerId": "A", "Target": "integrations/I"}
    api.add_route("R", {**route, "AuthorizationScopes": ["s"]})

    assert api.routes[0].token == TokenRule("https://i.example", ("a",), ("s",))
    add: Callable[[dict[str, Any]], None] = lambda more: api.add_authorizer("B", {**rule, **more})  # noqa: E731
    for more in ({"AuthorizerType": "REQUEST"}, {"IdentitySource": ["$request.querystring.token"]}):
        with pytest.raises(Exception, match="the local front"):
            add(more)

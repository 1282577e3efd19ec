"""The front of an HTTP API: the template's own routes, signatures that are checked, and what a function is handed."""

import http.client
import json
import socket
import struct
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local_stack.aws import InvokeReply
from local_stack.errors import LocalStackError, UnsupportedResource
from local_stack.http_front.declared import DeclaredApi, Route
from local_stack.http_front.serving import HttpFront
from local_stack.http_front.signatures import CALLERS, SECRET, Sent, signer_of
from local_stack.issuer import Issuer
from local_stack.loopback_server import HOST, LoopbackServer
from local_stack.registry import SchemaRegistry
from tests.tools.local_stack.conftest import Watched

REGION = "us-east-1"
ROUTES = [
    Route("GET /iam/v1/me", "api", signed=True),
    Route("GET /iam/v1/sagas", "api", signed=True),
    Route("GET /iam/v1/sagas/{name}/{key}", "api", signed=True),
    Route("GET /iam/v1/sagas/{name}/mine", "api", signed=True),
    Route("POST /iam/v1/sagas/{name}/{key}/cancel", "api", signed=True),
    Route("GET /open", "api", signed=False),
]


class Invoked:
    """Stands for the functions: keeps what it was handed."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.reply_with = InvokeReply(200, b'{"statusCode":200,"headers":{"etag":"\\"v1\\""},"body":"{}"}')

    def reply(self, function: str, payload: bytes, invocation_type: str) -> InvokeReply:
        assert (function, invocation_type) == ("api", "RequestResponse")
        self.events.append(json.loads(payload))
        return self.reply_with


class Served:
    def __init__(self, rate: float | None = None) -> None:
        self.invoked, self.front = Invoked(), HttpFront()
        self.url = self.front.listen()
        self.front.serve(DeclaredApi(routes=list(ROUTES), rate=rate), self.invoked, REGION)

    def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=20)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        sent = {"Host": urlsplit(self.url).netloc, "Content-Length": str(len(body)), **headers}
        for name, value in sent.items():
            connection.putheader(name, value)
        connection.endheaders()
        connection.send(body)
        reply = connection.getresponse()
        found = reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read()
        connection.close()
        return found

    def signed(self, method: str, path: str, body: bytes = b"", key: str = "operator") -> tuple[int, Any]:
        headers = signature(self.url, method, path, body, key)
        status, _, answer = self.send(method, path, body, **headers)
        return status, json.loads(answer or b"null")


def signature(
    url: str,
    method: str,
    path: str,
    body: bytes = b"",
    key: str = "operator",
    secret: str = SECRET,
    service: str = "execute-api",
    region: str = REGION,
) -> dict[str, str]:
    request = AWSRequest(method, f"{url}{path}", data=body, headers={"Host": urlsplit(url).netloc})
    SigV4Auth(Credentials(key, secret), service, region).add_auth(request)
    return {name: value for name, value in request.headers.items() if name != "Host"}


@pytest.fixture
def served() -> Iterator[Served]:
    served = Served()
    yield served
    served.front.close()


@pytest.mark.parametrize(
    "path",
    [
        "/console/..%2fv1/sagas",
        "/console/%2e%2e/iam/v1/me",
        "//iam/v1/me",
        "/iam//v1/me",
        "/prod/iam/v1/me",
        "/$default/iam/v1/me",
        "/iam/v1/me/",
        "/iam/v1/%6de",
        "/IAM/v1/me",
        "/iam/v1/sagas/execution_saga//cancel",
        "/iam/v1/sagas/execution_saga/",
        "/iam/v1/sagas/a/b/c",
        "/",
        "*",
        "http://elsewhere/iam/v1/me",
    ],
)
def test_what_is_not_declared_reaches_no_function(served: Served, path: str) -> None:
    for method in ("GET", "POST", "HEAD", "DELETE", "OPTIONS"):
        assert served.send(method, path)[0] == 404
    if path.startswith("/"):
        assert served.signed("GET", path) == (404, {"message": "Not Found"})
    assert served.invoked.events == []


def test_a_signed_request_is_handed_over_in_the_gateways_format(served: Served) -> None:
    path = "/iam/v1/sagas/execution_saga/a%2Fb%20c?order=deadlines&order=x&page_token=%3D"
    assert served.signed("GET", path) == (200, {})

    (event,) = served.invoked.events
    assert (event["version"], event["routeKey"]) == ("2.0", "GET /iam/v1/sagas/{name}/{key}")
    assert event["rawPath"] == "/iam/v1/sagas/execution_saga/a/b c"
    assert event["pathParameters"] == {"name": "execution_saga", "key": "a/b c"}
    assert event["queryStringParameters"] == {"order": "deadlines,x", "page_token": "="}
    context = event["requestContext"]
    assert context["authorizer"]["iam"]["userArn"] == CALLERS["operator"]
    assert (context["stage"], context["routeKey"]) == ("$default", event["routeKey"])
    assert "body" not in event


def test_a_route_in_full_goes_before_one_with_parameters(served: Served) -> None:
    served.signed("GET", "/iam/v1/sagas/execution_saga/mine")

    assert served.invoked.events[0]["routeKey"] == "GET /iam/v1/sagas/{name}/mine"


@pytest.mark.parametrize(
    ("body", "text", "encoded"), [(b'{"reason":"x"}', '{"reason":"x"}', False), (b"\xff\x00", "/wA=", True)]
)
def test_a_body_is_text_or_base64(served: Served, body: bytes, text: str, encoded: bool) -> None:
    assert served.signed("POST", "/iam/v1/sagas/a/b/cancel", body)[0] == 200

    (event,) = served.invoked.events
    assert (event["body"], event["isBase64Encoded"]) == (text, encoded)


FORGED: dict[str, dict[str, str]] = {
    "another secret": {"secret": "guessed"},
    "a key that nobody has": {"key": "AKIAEXAMPLE"},
    "another service": {"service": "dynamodb"},
    "another region": {"region": "eu-west-1"},
}


@pytest.mark.parametrize("forgery", FORGED)
def test_a_signature_of_something_else_is_refused(served: Served, forgery: str) -> None:
    headers = signature(served.url, "GET", "/iam/v1/me", **FORGED[forgery])  # type: ignore[arg-type]  # keywords by name

    assert served.send("GET", "/iam/v1/me", b"", **headers)[0] == 403
    assert served.invoked.events == []


def test_a_signature_holds_for_one_request(served: Served) -> None:
    path = "/iam/v1/sagas/a/b/cancel"
    headers = signature(served.url, "POST", path, b'{"reason":"x"}')

    assert served.send("POST", path, b'{"reason":"x"}', **headers)[0] == 200
    for method, other, body in (
        ("POST", path, b'{"reason":"y"}'),
        ("POST", "/iam/v1/sagas/a/c/cancel", b'{"reason":"x"}'),
        ("POST", f"{path}?x=1", b'{"reason":"x"}'),
        ("GET", "/iam/v1/me", b""),
    ):
        assert served.send(method, other, body, **headers)[0] == 403
    unsigned = {name: value for name, value in headers.items() if name != "Authorization"}
    assert served.send("POST", path, b'{"reason":"x"}', **unsigned)[0] == 403
    hashed = {**headers, "X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}
    assert served.send("POST", path, b'{"reason":"z"}', **hashed)[0] == 403
    assert len(served.invoked.events) == 1


@pytest.mark.parametrize(("late", "taken"), [(-400, False), (-200, True), (0, True), (200, True), (400, False)])
def test_a_signature_grows_old(late: int, taken: bool) -> None:
    headers = {name.lower(): value for name, value in signature("http://h", "GET", "/iam/v1/me").items()}
    sent = Sent("GET", "/iam/v1/me", "", {**headers, "host": "h"}, b"")
    now = datetime.now(UTC) + timedelta(seconds=late)

    assert signer_of(sent, REGION, now) == ("operator" if taken else None)
    assert signer_of(Sent("GET", "/iam/v1/me", "", {**headers, "host": "h", "x-amz-date": "now"}, b""), REGION) is None


def test_a_route_without_a_signature_has_no_authorizer(served: Served) -> None:
    assert served.send("GET", "/open")[0] == 200
    assert "authorizer" not in served.invoked.events[0]["requestContext"]


@pytest.mark.parametrize(
    ("reply", "status", "body"),
    [
        (InvokeReply(200, b'{"statusCode":404,"body":"x"}'), 404, b"x"),
        (InvokeReply(200, b'{"statusCode":200,"body":"eA==","isBase64Encoded":true}'), 200, b"x"),
        (InvokeReply(200, b'{"statusCode":304}'), 304, b""),
        (InvokeReply(200, b'{"other":1}'), 200, b'{"other":1}'),
        (InvokeReply(200, b"no json"), 500, b'{"message": "Internal Server Error"}'),
        (InvokeReply(200, b'{"statusCode":"x"}'), 500, b'{"message": "Internal Server Error"}'),
        (InvokeReply(200, b"{}", "Unhandled"), 500, b'{"message": "Internal Server Error"}'),
        (InvokeReply(429), 503, b'{"message": "Service Unavailable"}'),
    ],
)
def test_what_a_function_answers_goes_back(served: Served, reply: InvokeReply, status: int, body: bytes) -> None:
    served.invoked.reply_with = reply

    assert served.send("GET", "/open")[::2] == (status, body)


def test_a_body_beyond_the_gateways_limit_is_not_read(served: Served) -> None:
    assert served.send("POST", "/open", b"", **{"Content-Length": str(10 * 1024 * 1024 + 1)})[0] == 413
    assert served.send("POST", "/open", b"", **{"Content-Length": "x"})[0] == 413


def test_its_throttle_is_the_stages() -> None:
    served = Served(rate=5)
    try:
        statuses = [served.send("GET", "/open")[0] for _ in range(20)]
    finally:
        served.front.close()

    assert statuses[:5] == [200] * 5
    assert 429 in statuses


def test_before_its_functions_can_run_it_says_so() -> None:
    front = HttpFront()
    url = front.listen()
    try:
        with pytest.raises(LocalStackError, match="declares another"):
            front.listen()
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
        connection.request("GET", "/open")
        assert connection.getresponse().status == 503
    finally:
        front.close()
        front.close()


@pytest.mark.parametrize(
    "add",
    [
        lambda api: api.add_integration("I", {"IntegrationType": "HTTP_PROXY", "PayloadFormatVersion": "2.0"}),
        lambda api: api.add_integration("I", {"IntegrationType": "AWS_PROXY", "PayloadFormatVersion": "1.0"}),
        lambda api: api.add_route("R", {"RouteKey": "$default", "Target": "integrations/I"}),
        lambda api: api.add_route("R", {"RouteKey": "GET /{proxy+}", "Target": "integrations/I"}),
        lambda api: api.add_route(
            "R", {"RouteKey": "GET /x", "Target": "integrations/I", "AuthorizationType": "CUSTOM"}
        ),
        lambda api: api.add_stage("S", {"StageName": "prod", "AutoDeploy": True}),
        lambda api: api.add_stage("S", {"StageName": "$default"}),
    ],
    ids=["no function", "format 1.0", "default route", "greedy path", "CUSTOM", "a named stage", "deployed by hand"],
)
def test_what_it_would_have_to_pretend_stops_the_start(add: Any) -> None:
    api = DeclaredApi(integrations={"I": "api"})

    with pytest.raises(UnsupportedResource, match="the local front"):
        add(api)


def test_a_template_with_an_api_is_answered_by_its_function(watched: Watched) -> None:
    url = watched.stack.ready.api
    assert url is not None
    headers = signature(url, "POST", "/things/7", b'{"a":1}', key="reader")
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    connection.request("POST", "/things/7", b'{"a":1}', headers)
    reply = connection.getresponse()
    told = json.loads(reply.read())

    assert reply.status == 200
    assert told["echo"]["pathParameters"] == {"id": "7"}
    assert told["echo"]["requestContext"]["authorizer"]["iam"]["userArn"] == CALLERS["reader"]


@pytest.mark.parametrize("broken", [ConnectionResetError, BrokenPipeError, ValueError])
def test_a_client_that_leaves_before_its_answer_is_no_news_and_a_fault_is(
    broken: type[Exception], capfd: pytest.CaptureFixture[str]
) -> None:
    def handler(*_: object) -> BaseHTTPRequestHandler:
        raise broken("as a write to it does")

    server = LoopbackServer((HOST, 0), handler)
    server.process_request_thread(socket.socket(), (HOST, 1))
    server.server_close()

    assert ("Traceback" in capfd.readouterr().err) is (broken is ValueError)


def test_every_server_of_the_stack_passes_over_a_client_that_left(capfd: pytest.CaptureFixture[str]) -> None:
    served, issuer, registry = Served(), Issuer(), SchemaRegistry()
    for url, path in ((served.url, "/open"), (issuer.url, "/.well-known/jwks.json"), (registry.url, "/schemas/ids/1")):
        with socket.create_connection((HOST, urlsplit(url).port), timeout=20) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # leaves with a reset
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-".encode())
    time.sleep(0.3)
    served.front.close()
    issuer.close()
    registry.close()

    assert "Traceback" not in capfd.readouterr().err

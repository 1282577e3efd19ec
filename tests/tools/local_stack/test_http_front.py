"""The front of an HTTP API: the template's own routes, signatures that are checked, and what a function is handed."""

import http.client
import json
import socket
import struct
import time
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

import pytest

from local_stack.aws import InvokeReply
from local_stack.errors import LocalStackError, UnsupportedResource
from local_stack.http_front.declared import DeclaredApi
from local_stack.http_front.serving import HttpFront
from local_stack.http_front.signatures import CALLERS
from local_stack.issuer import Issuer
from local_stack.loopback_server import HOST, LoopbackServer
from local_stack.registry import SchemaRegistry
from tests.tools.local_stack.conftest import Watched
from tests.tools.local_stack.served_front import Served, signature


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

"""The front of an HTTP API by itself, and a function behind it that keeps what it was handed."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local_stack.aws import InvokeReply
from local_stack.http_front.declared import DeclaredApi, Route
from local_stack.http_front.serving import HttpFront
from local_stack.http_front.signatures import SECRET

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

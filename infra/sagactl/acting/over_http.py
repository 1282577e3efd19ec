"""A verb over the stack's HTTP API: signed with the caller's own credentials, so the record says who it was."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import HTTPClientError, NoCredentialsError
from botocore.httpsession import URLLib3Session

from saga_orchestrator.application.operate import Asked
from sagactl.connection import is_url
from sagactl.deployment import Deployment
from sagactl.errors import CommandError, NotDoneError, NotFoundError, NotUsableError

Facts = dict[str, Any]

_OUTPUT = "ApiUrl"
_MAY_PASS = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Reply:
    """`content` is a problem document where `status` says that nothing was done."""

    status: int
    headers: Mapping[str, str]
    content: Facts

    def part(self, name: str) -> Any:
        """Of an answer that is one."""
        if name not in self.content:
            raise NotDoneError(f"what answered is not the API of a stack: there is no {name} in it; see --api")
        return self.content[name]

    @property
    def told(self) -> str:
        return str(self.content.get("detail") or self.content.get("message") or f"answered with {self.status}.")

    def checked(self) -> "Reply":
        """Raises the command's own error for a problem."""
        if self.status < 400:
            return self
        told, code = self.told, str(self.content.get("code") or self.status)
        raise _error(self.status, f"{code}: {told}" if self.status in {409, 412} else told)


@dataclass(frozen=True)
class HttpApi:
    """The API of one stack."""

    url: str
    stack: Deployment

    @classmethod
    def of(cls, stack: Deployment, url: str | None) -> "HttpApi | None":
        """At `url`, or where the stack says; None where it has none."""
        found = url or stack.outputs.get(_OUTPUT)
        if found is not None and not is_url(found):
            raise NotUsableError(f"--api {found}: a URL is wanted, such as the stack's output {_OUTPUT}")
        return cls(found.rstrip("/"), stack) if found else None

    def get(self, path: str) -> Reply:
        return self._send("GET", path).checked()

    def pages(self, path: str, part: str, limit: int, query: Mapping[str, str]) -> tuple[list[Facts], bool]:
        """The first `limit` of a list, and whether there are more."""
        found: list[Facts] = []
        token: str | None = None
        while True:
            asked = {**query, "page_size": str(min(100, limit)), **({"page_token": token} if token else {})}
            reply = self.get(f"{path}?{urlencode(sorted(asked.items()), quote_via=quote)}")
            found += reply.part(part)
            token = reply.part("next_page_token")
            if token is None or len(found) >= limit:
                return found[:limit], token is not None or len(found) > limit

    def names_of(self, execution_id: str) -> list[str]:
        """The sagas of an execution, at least one."""
        sagas = self.get(f"executions/{quote(execution_id, safe='')}").part("sagas")
        return [str(saga["saga_name"]) for saga in sagas]

    def perform(self, asked: Asked) -> Reply:
        """The verb; where a version is given, on the saga that has it now and on no other."""
        place = f"sagas/{quote(asked.saga_name, safe='')}/{quote(asked.execution_id, safe='')}"
        tag = self._tag(place, asked.version) if asked.version is not None else None
        body = {"reason": asked.hand.reason, **({"step": asked.step} if asked.step is not None else {})}
        return self.post(f"{place}/{asked.deed}", body, asked.hand.key, tag)

    def post(self, path: str, body: Facts, key: str, tag: str | None = None) -> Reply:
        """Under a key: the same again does nothing twice. `tag`: only of what it was decided on."""
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        if tag is not None:
            headers["If-Match"] = tag
        again = f"the same again with --key {key} is safe, and does what is left"
        try:
            reply = self._send("POST", path, json.dumps(body).encode(), headers)
        except HTTPClientError as lost:
            raise NotDoneError(f"{lost}; {again}") from lost
        if reply.status in _MAY_PASS:
            raise NotDoneError(f"{reply.told} {again}")
        return reply.checked()

    def _tag(self, place: str, version: int) -> str:
        """An ETag says when the saga began, too. A version that it has no more is told by the API: the same key may
        stand for what made the new one.
        """
        tag = str(self.get(place).part("etag"))
        return f'"v{version}-{tag.strip(chr(34)).rpartition("-")[2]}"'

    def _send(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Reply:
        request = AWSRequest(method, f"{self.url}/iam/v1/{path}", data=body, headers=dict(headers or {}))
        credentials = self.stack.connection.credentials
        if credentials is None:
            raise NoCredentialsError
        SigV4Auth(credentials, "execute-api", self.stack.connection.region).add_auth(request)
        answer = URLLib3Session(timeout=30).send(request.prepare())
        return Reply(answer.status_code, {name.lower(): text for name, text in answer.headers.items()}, _facts(answer))


def _facts(answer: Any) -> Facts:
    try:
        found = json.loads(answer.content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _error(status: int, told: str) -> CommandError:
    match status:
        case 404:
            return NotFoundError(told)
        case 409 | 412:
            return NotDoneError(told)
        case 401 | 403:
            return NotUsableError(f"{told} IamRoles and the policy of ApiCallerPolicyArn let somebody in.")
        case status if status in _MAY_PASS:
            return NotDoneError(told)
        case _:
            return NotUsableError(told)

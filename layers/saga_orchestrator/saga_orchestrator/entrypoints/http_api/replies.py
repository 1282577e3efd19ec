"""What somebody is told: JSON, never kept by anybody on the way."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from .problems import CONTENT_TYPE, Problem

_HEADERS: Final = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


@dataclass(frozen=True, slots=True)
class Reply:
    """`content` is None where there is no body."""

    content: Mapping[str, Any] | None
    status: HTTPStatus = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"

    @classmethod
    def of_problem(cls, problem: Problem) -> "Reply":
        return cls(problem.document(), problem.status, problem.headers, CONTENT_TYPE)

    def as_gateway_wants(self) -> dict[str, Any]:
        """Payload format 2.0 of an HTTP API."""
        headers = {**_HEADERS, **self.headers}
        if self.content is None:
            return {"statusCode": int(self.status), "headers": headers}
        body = json.dumps(self.content, separators=(",", ":"), ensure_ascii=False)
        headers["content-type"] = self.content_type
        return {"statusCode": int(self.status), "headers": headers, "body": body}

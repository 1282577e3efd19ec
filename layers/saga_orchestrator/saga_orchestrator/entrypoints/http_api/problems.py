"""What somebody is told who does not get what he asked for: problem documents (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):
    """Ends a request. Nothing in it repeats what was sent: codes, names of our own fields, and limits.

    Args:
        code: stable, for programs.
        detail: one sentence, for people: what is wrong, and what to do.
        more: further members of the document.
    """

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.detail = status, code, detail
        self.headers, self.more = dict(headers or {}), more

    def document(self) -> dict[str, Any]:
        return {
            "type": f"urn:saga-orchestrator:problem:{self.code}",
            "title": self.status.phrase,
            "status": int(self.status),
            "code": self.code,
            "detail": self.detail,
            **self.more,
        }


def unknown() -> Problem:
    """The one answer for what is not there and for what may not be seen: byte for byte the same."""
    return Problem(HTTPStatus.NOT_FOUND, "not_found", "There is nothing of that name that you may see.")


def forbidden() -> Problem:
    return Problem(HTTPStatus.FORBIDDEN, "forbidden", "Your role does not do this.")


def bad_request(code: str, detail: str, **more: Any) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, code, detail, **more)


def store_refuses() -> Problem:
    """So does one whose index is missing, or still being built: never an empty list instead."""
    return unavailable("store_refuses", "A store or its index cannot be used as it is: ask an administrator.")


def unavailable(code: str, detail: str) -> Problem:
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, code, detail, headers={"retry-after": "2"})

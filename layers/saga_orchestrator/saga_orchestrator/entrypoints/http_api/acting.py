"""The routes that act: each a verb on one saga, judged and recorded by the application."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from saga_orchestrator.api_bootstrap import ApiResources
from saga_orchestrator.application.operate import Answer, Answered, Asked
from saga_orchestrator.domain.errors import RejectReason
from saga_orchestrator.domain.operating.authority import DEMANDS, Deed

from .callers import Caller
from .problems import Problem, bad_request, store_refuses, unknown
from .reading import shown
from .replies import Reply
from .requests import Body, Request, etag


class Reasoned(Body):
    """Why, for whoever looks at it later: one line, 200 bytes at most."""

    reason: str = ""


def cancel(api: ApiResources, request: Request, caller: Caller) -> Reply:
    _check_right(Deed.CANCEL, caller)
    request.only(())
    body = request.parsed(Reasoned)
    return _performed(api, request, caller, Deed.CANCEL, body.reason)


def _check_right(deed: Deed, caller: Caller) -> None:
    """Before anything of the request is looked at."""
    if caller.role not in DEMANDS[deed].roles:
        raise _forbidden()


def _performed(api: ApiResources, request: Request, caller: Caller, deed: Deed, reason: str) -> Reply:
    matched = request.if_match
    asked = Asked(
        execution_id=request.path.get("key", ""),
        saga_name=request.path.get("name", ""),
        deed=deed,
        actor=caller.actor,
        role=caller.role,
        door=caller.door,
        key=request.idempotency_key,
        reason=reason,
        version=matched[0] if matched else None,
        created=matched[1] if matched else None,
    )
    return _told(api, api.operate.perform(asked))


def _told(api: ApiResources, answer: Answer) -> Reply:
    saga = answer.saga
    if answer.answered in {Answered.DONE, Answered.REPLAYED} and saga is not None:
        content = {"saga": shown(api, saga), "replayed": answer.answered is Answered.REPLAYED}
        return Reply(content, headers={"etag": etag(saga)})
    tag = {"etag": etag(saga)} if saga is not None else {}
    match answer.answered:
        case Answered.FORBIDDEN:
            raise _forbidden()
        case Answered.MALFORMED:
            raise bad_request("malformed", f"This is not taken: {answer.code}.")
        case Answered.VERSION_NEEDED:
            raise Problem(
                HTTPStatus.PRECONDITION_REQUIRED,
                "if_match_needed",
                "This cannot be taken back: send If-Match with the ETag of the saga that you decided on.",
            )
        case Answered.KEY_REUSED:
            raise Problem(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "key_reused",
                "You have used this Idempotency-Key on this saga for something else: take a new one.",
            )
        case Answered.CHANGED:
            raise Problem(
                HTTPStatus.PRECONDITION_FAILED,
                "changed",
                "The saga is not as it was when you decided: look at it again.",
                headers=tag,
                **tag,
            )
        case Answered.REFUSED:
            code = str(answer.code or "refused")
            if code == RejectReason.REFUSED_BY_AWS:
                raise store_refuses()
            raise Problem(HTTPStatus.CONFLICT, code, _REFUSALS.get(code, _UNEXPECTED), headers=tag, **tag)
        case _:
            raise unknown()


def _forbidden() -> Problem:
    return Problem(HTTPStatus.FORBIDDEN, "forbidden", "Your role does not do this.")


_UNEXPECTED: Final = "As the saga stands this cannot be done to it."
_REFUSALS: Final[Mapping[str, str]] = {
    "already_ended": "The saga has ended: nothing is left to cancel.",
    "compensating": "The saga is being taken back already, and ends when that is done.",
    "too_late": "The saga is past its point of no return: it goes on, or parks and waits for an operator.",
    "already_cancelled": "A cancel waits already for what starts this saga.",
    "unknown_definition": "This release has no definition of that name and version: deploy one that has.",
    "corrupt_saga": "The stored saga cannot be read: see `sagactl reconcile --dry-run`.",
}

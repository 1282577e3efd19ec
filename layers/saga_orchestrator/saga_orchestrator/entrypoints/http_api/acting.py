"""The routes that act: each a verb on one saga, judged and recorded by the application."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final

from saga_orchestrator.api_bootstrap import ApiResources
from saga_orchestrator.application.operate import Answer, Answered, Asked
from saga_orchestrator.application.refusals import SENTENCES
from saga_orchestrator.domain.errors import RejectReason
from saga_orchestrator.domain.operating.acts import Role
from saga_orchestrator.domain.operating.authority import DEMANDS, Deed

from .callers import Caller
from .problems import Problem, bad_request, forbidden, store_refuses, unknown
from .replies import Reply
from .requests import Body, Request, etag
from .seeing import shown


class Reasoned(Body):
    """Why, for whoever looks at it later: one line, 200 bytes at most."""

    reason: str = ""


class Stepped(Reasoned):
    """`step` may be left out where only one is parked."""

    step: str | None = None


BODIES: Final[Mapping[Deed, type[Reasoned]]] = {
    deed: Reasoned if deed in {Deed.CANCEL, Deed.NOTE} else Stepped for deed in Deed
}


def performing(deed: Deed) -> Callable[[ApiResources, Request, Caller], Reply]:
    """The route of one verb."""

    def perform(api: ApiResources, request: Request, caller: Caller) -> Reply:
        if caller.role is not Role.OWNER and caller.role not in DEMANDS[deed].roles:
            # Before anything of the request is looked at. What an owner may do is told of his own sagas alone.
            raise forbidden()
        request.only(())
        return _performed(api, request, caller, deed, request.parsed(BODIES[deed]))

    return perform


def _performed(api: ApiResources, request: Request, caller: Caller, deed: Deed, body: Reasoned) -> Reply:
    matched = request.if_match
    asked = Asked(
        execution_id=request.path.get("key", ""),
        saga_name=request.path.get("name", ""),
        deed=deed,
        actor=caller.actor,
        role=caller.role,
        door=caller.door,
        key=request.idempotency_key,
        reason=body.reason,
        step=body.step if isinstance(body, Stepped) else None,
        version=matched[0] if matched else None,
        created=matched[1] if matched else None,
        owner=caller.owner,
    )
    return _told(api, api.operate.perform(asked), caller)


def _told(api: ApiResources, answer: Answer, caller: Caller) -> Reply:
    saga = answer.saga
    if answer.answered in {Answered.DONE, Answered.REPLAYED} and saga is not None:
        content = {"saga": shown(api, saga, caller), "replayed": answer.answered is Answered.REPLAYED}
        return Reply(content, headers={"etag": etag(saga)})
    tag = {"etag": etag(saga)} if saga is not None else {}
    match answer.answered:
        case Answered.FORBIDDEN:
            raise forbidden()
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
            raise Problem(HTTPStatus.CONFLICT, code, _sentence(code), headers=tag, **tag)
        case _:
            raise unknown()


def _sentence(code: str) -> str:
    said = SENTENCES.get(code, "as the saga stands this cannot be done to it")
    return f"{said[0].upper()}{said[1:]}."

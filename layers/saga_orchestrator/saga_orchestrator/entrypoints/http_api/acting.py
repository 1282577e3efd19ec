"""The routes that act: each a verb on one saga, judged and recorded by the application."""

from collections.abc import Callable, Mapping
from typing import Final

from saga_orchestrator.api_bootstrap import ApiResources
from saga_orchestrator.application.operate import Answer, Answered, Asked
from saga_orchestrator.application.refusals import SENTENCES
from saga_orchestrator.domain.operating.acts import Role
from saga_orchestrator.domain.operating.authority import DEMANDS, Deed

from .callers import Caller
from .not_done import not_done
from .problems import forbidden
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
    raise not_done(answer.answered, answer.code, "saga", tag, _sentence)


def _sentence(code: str) -> str:
    said = SENTENCES.get(code, "as the saga stands this cannot be done to it")
    return f"{said[0].upper()}{said[1:]}."

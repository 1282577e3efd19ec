"""The routes that act: each a verb on one saga, judged and recorded by the application."""

from collections.abc import Callable, Mapping
from typing import Final

from saga_orchestrator.api_bootstrap import ApiResources
from saga_orchestrator.application.judging import Answered
from saga_orchestrator.application.operate import Answer, Asked
from saga_orchestrator.application.refusals import SENTENCES
from saga_orchestrator.domain.operating.acts import Role
from saga_orchestrator.domain.operating.authority import DEMANDS, Deed

from .callers import Caller
from .hands import Reasoned, hand_of, only, seen_by
from .not_done import not_done
from .replies import Reply
from .requests import Request, etag
from .seeing import shown


class Stepped(Reasoned):
    """`step` may be left out where only one is parked."""

    step: str | None = None


BODIES: Final[Mapping[Deed, type[Reasoned]]] = {
    deed: Reasoned if deed in {Deed.CANCEL, Deed.NOTE} else Stepped for deed in Deed
}


def performing(deed: Deed) -> Callable[[ApiResources, Request, Caller], Reply]:
    """The route of one verb."""

    def perform(api: ApiResources, request: Request, caller: Caller) -> Reply:
        # What an owner may do he is told of his own sagas alone.
        only(DEMANDS[deed].roles | {Role.OWNER}, caller)
        request.only(())
        return _performed(api, request, caller, deed, request.parsed(BODIES[deed]))

    return perform


def _performed(api: ApiResources, request: Request, caller: Caller, deed: Deed, body: Reasoned) -> Reply:
    version, created = seen_by(request)
    asked = Asked(
        hand=hand_of(request, caller, body.reason),
        execution_id=request.path.get("key", ""),
        saga_name=request.path.get("name", ""),
        deed=deed,
        step=body.step if isinstance(body, Stepped) else None,
        version=version,
        created=created,
        owner=caller.owner,
    )
    return _told(api, api.operate.perform(asked), caller)


def _told(api: ApiResources, answer: Answer, caller: Caller) -> Reply:
    saga = answer.saga
    if answer.answered.is_done and saga is not None:
        content = {"saga": shown(api, saga, caller), "replayed": answer.answered is Answered.REPLAYED}
        return Reply(content, headers={"etag": etag(saga)})
    tag = {"etag": etag(saga)} if saga is not None else {}
    raise not_done(answer.answered, answer.code, "saga", tag, _sentence)


def _sentence(code: str) -> str:
    said = SENTENCES.get(code, "as the saga stands this cannot be done to it")
    return f"{said[0].upper()}{said[1:]}."

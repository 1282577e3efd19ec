"""The route that publishes again what one saga has emitted."""

from collections.abc import Mapping
from typing import Final

from saga_orchestrator.api_bootstrap import ApiResources
from saga_orchestrator.application.judging import Answered
from saga_orchestrator.application.settling.republish_desk import Emission, Emitted
from saga_orchestrator.application.settling.results import FUNCTION_FAILED
from saga_orchestrator.domain.operating.acts import Role
from saga_orchestrator.domain.operating.other_targets import OTHER_DEMANDS, REPUBLISH

from .callers import Caller
from .hands import Reasoned, hand_of, only, seen_by
from .not_done import not_done
from .replies import Reply
from .requests import Request, etag
from .seeing import seen, shown

SENTENCES: Final[Mapping[str, str]] = {
    FUNCTION_FAILED: "A relay did not finish; its log says why. The same request again does what is left.",
}


def republish(api: ApiResources, request: Request, caller: Caller) -> Reply:
    if caller.role is Role.OWNER:
        # That it is not his to do is told him of his own; of all else, as with every verb, that there is nothing.
        seen(api, request, caller)
    only(OTHER_DEMANDS[REPUBLISH].roles, caller)
    request.only(())
    body = request.parsed(Reasoned)
    version, created = seen_by(request)
    wanted = Emission(
        hand=hand_of(request, caller, body.reason),
        execution_id=request.path.get("key", ""),
        saga_name=request.path.get("name", ""),
        version=version,
        created=created,
    )
    return _told(api, caller, api.republish_desk.perform(wanted))


def _told(api: ApiResources, caller: Caller, emitted: Emitted) -> Reply:
    saga = emitted.saga
    tag = {"etag": etag(saga)} if saga is not None else {}
    match emitted.answered:
        case Answered.DONE | Answered.REPLAYED if saga is not None:
            told = {
                "saga": shown(api, saga, caller),
                "replayed": emitted.answered is Answered.REPLAYED,
                "published": list(emitted.done.published),
                "skipped": list(emitted.done.skipped),
            }
            return Reply(told, headers=tag)
        case refused:
            raise not_done(refused, emitted.code, "saga", tag, SENTENCES.__getitem__)

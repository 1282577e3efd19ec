"""The route that publishes again what one saga has emitted."""

from http import HTTPStatus

from saga_orchestrator.api_bootstrap import ApiResources
from saga_orchestrator.application.operate import Answered
from saga_orchestrator.application.settling.desk import FUNCTION_FAILED
from saga_orchestrator.application.settling.republish_desk import Emission, Emitted
from saga_orchestrator.domain.operating.other_targets import OTHER_DEMANDS, REPUBLISH

from .acting import Reasoned
from .callers import Caller
from .problems import Problem, bad_request, forbidden, unknown
from .replies import Reply
from .requests import Request, etag
from .seeing import shown


def republish(api: ApiResources, request: Request, caller: Caller) -> Reply:
    if caller.role not in OTHER_DEMANDS[REPUBLISH].roles:
        raise forbidden()
    request.only(())
    body, matched = request.parsed(Reasoned), request.if_match
    wanted = Emission(
        execution_id=request.path.get("key", ""),
        saga_name=request.path.get("name", ""),
        actor=caller.actor,
        role=caller.role,
        door=caller.door,
        key=request.idempotency_key,
        reason=body.reason,
        version=matched[0] if matched else None,
        created=matched[1] if matched else None,
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
        case Answered.FORBIDDEN:
            raise forbidden()
        case Answered.MALFORMED:
            raise bad_request("malformed", f"This is not taken: {emitted.code}.")
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
            raise Problem(
                HTTPStatus.CONFLICT,
                FUNCTION_FAILED,
                "A relay did not finish; its log says why. The same request again does what is left.",
                headers=tag,
                **tag,
            )
        case _:
            raise unknown()

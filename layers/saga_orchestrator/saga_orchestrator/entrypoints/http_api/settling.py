"""The routes that act on a rejected event: it is delivered again, or dropped."""

from collections.abc import Callable, Mapping
from typing import Final

from saga_orchestrator.api_bootstrap import ApiResources
from saga_orchestrator.application.judging import Answered
from saga_orchestrator.application.settling.desk import DROPPED, Handled, Ordered
from saga_orchestrator.application.settling.facts import rejected_facts
from saga_orchestrator.application.settling.redriving import BYTES_EXPIRED, Fate
from saga_orchestrator.application.settling.results import FUNCTION_FAILED
from saga_orchestrator.domain.operating.other_targets import OTHER_DEMANDS, EventDeed

from .by_time import etag, names_an_event
from .callers import Caller
from .hands import Reasoned, hand_of, only, seen_by
from .not_done import not_done
from .problems import unknown
from .replies import Reply
from .requests import Request

SENTENCES: Final[Mapping[str, str]] = {
    "already_dropped": "It was dropped: its acts say by whom and why. It opens by itself when it comes again.",
    "already_redriven": "It was redriven and took effect: nothing is left to do.",
    "already_settled": "It is settled already: see its acts.",
    BYTES_EXPIRED: "The bucket keeps bytes for 30 days: let the producer send it again, and drop this.",
    FUNCTION_FAILED: "The function did not finish; its log says why. The same request again does what is left.",
    "not_redrivable": "It cannot be turned back into a delivery: see its reason and source, then drop it.",
}


def settling(deed: EventDeed) -> Callable[[ApiResources, Request, Caller], Reply]:
    """The route of one verb."""

    def perform(api: ApiResources, request: Request, caller: Caller) -> Reply:
        only(OTHER_DEMANDS[deed].roles, caller)
        request.only(())
        body = request.parsed(Reasoned)
        version, since = seen_by(request)
        identifier = request.path.get("id", "")
        ordered = Ordered(
            hand=hand_of(request, caller, body.reason),
            id=identifier,
            deed=deed,
            version=version,
            since=since,
        )
        if not names_an_event(identifier):
            raise unknown()
        return _told(api.desk.perform(ordered))

    return perform


def _told(handled: Handled) -> Reply:
    kept = handled.kept
    tag = {"etag": etag(kept)} if kept is not None else {}
    match handled.answered:
        case Answered.DONE | Answered.REPLAYED if kept is not None:
            return Reply(
                {
                    "rejected": {**rejected_facts(kept), **tag},
                    "replayed": handled.answered is Answered.REPLAYED,
                    "result": handled.fate.replace(" ", "_"),
                },
                headers=tag,
            )
        case refused:
            changed = "It has come again, or was settled, since you looked: look at it again."
            raise not_done(refused, handled.code, "event", tag, SENTENCES.__getitem__, changed)


RESULTS: Final = (Fate.DONE, Fate.REJECTED_AGAIN.replace(" ", "_"), DROPPED)
"""What `result` may be."""

"""The routes of operations: one verb for many sagas, prepared, begun, looked at, aborted."""

from http import HTTPStatus
from typing import Any, Final

from saga_orchestrator.api_bootstrap import ApiResources
from saga_orchestrator.application.batches.choosing import NotChosen
from saga_orchestrator.application.batches.desk import NotNow, Told
from saga_orchestrator.application.judging import Answered
from saga_orchestrator.domain.errors import RejectedEvent
from saga_orchestrator.domain.instants import rfc3339
from saga_orchestrator.domain.operating.acts import Role
from saga_orchestrator.domain.operating.batches import Batch, names_a_batch

from .callers import Caller
from .hands import hand_of, only
from .instants import millis_of
from .not_done import not_done
from .objects_as_text import decoded, encoded
from .operation_bodies import Aborting, Preparing, Starting
from .operation_facts import page_of_items, shown, tag
from .page_tokens import LONGEST, instant_of, no_token
from .problems import bad_request, unknown
from .reading import page_size
from .replies import Reply
from .requests import Request

FIRST_ITEMS: Final = 50
_LOOKERS: Final = frozenset({Role.READER, Role.OPERATOR, Role.ADMIN})
_HANDS: Final = frozenset({Role.OPERATOR, Role.ADMIN})

SENTENCES: Final[dict[str, str]] = {
    NotChosen.TOO_MANY: "More than 1,000 sagas fit: narrow the filter, or take an earlier cut-off.",
    NotChosen.TOO_MUCH_TO_READ: "The list is too long to be read to its end: take an earlier cut-off, and go in turns.",
    NotChosen.NOTHING_FITS: "No saga of that list fits and stood there before the cut-off: look at its groups.",
    NotNow.ALREADY_STARTED: "The operation was started before: look at how far it is.",
    NotNow.ALREADY_ENDED: "The operation is over: prepare another one for what is left.",
    NotNow.EXPIRED: "The operation was prepared more than an hour ago: prepare it again, by what is there now.",
}


def prepare(api: ApiResources, request: Request, caller: Caller) -> Reply:
    """A set is read to its end and frozen; nothing is done to any saga yet."""
    only(_HANDS, caller)
    request.only(())
    body = request.parsed(Preparing)
    if not body.filter.parts:
        raise bad_request("empty_filter", "Name at least one part of the filter: none at all would be everything.")
    hand = hand_of(request, caller, body.reason)
    told = api.batch_desk.prepare(hand, body.deed, body.order, body.filter.parts, millis_of(body.before))
    batch = _done(told)
    content = {"operation": shown(api, batch), "replayed": told.answered is Answered.REPLAYED}
    content |= page_of_items(api, batch, 0, FIRST_ITEMS)
    return Reply(content, HTTPStatus.CREATED, {"etag": tag(batch)})


def start(api: ApiResources, request: Request, caller: Caller) -> Reply:
    only(_HANDS, caller)
    request.only(())
    hand = hand_of(request, caller, request.parsed(Starting).reason)
    return _moved(api, api.batch_desk.start(_identity(request), hand, request.if_match), HTTPStatus.ACCEPTED)


def abort(api: ApiResources, request: Request, caller: Caller) -> Reply:
    only(_HANDS, caller)
    request.only(())
    hand = hand_of(request, caller, request.parsed(Aborting).reason)
    return _moved(api, api.batch_desk.abort(_identity(request), hand, request.if_match), HTTPStatus.OK)


def one(api: ApiResources, request: Request, caller: Caller) -> Reply:
    only(_LOOKERS, caller)
    request.only(())
    batch = _found(api, request)
    return Reply(shown(api, batch), headers={"etag": tag(batch)})


def items(api: ApiResources, request: Request, caller: Caller) -> Reply:
    """The set in its order, each saga with what became of it."""
    only(_LOOKERS, caller)
    request.only(("page_size", "page_token"))
    size, token = page_size(request.query.get("page_size")), request.query.get("page_token")
    batch = _found(api, request)
    begin = _position(token, batch) if token is not None else 0
    return Reply({"as_of": rfc3339(api.at.clock()), **page_of_items(api, batch, begin, size)})


def newest(api: ApiResources, request: Request, caller: Caller) -> Reply:
    only(_LOOKERS, caller)
    request.only(("page_size", "page_token"))
    size, token = page_size(request.query.get("page_size")), request.query.get("page_token")
    found, more = api.batches.newest(size, _behind(token) if token is not None else None)
    last = found[-1] if more and found else None
    return Reply(
        {
            "as_of": rfc3339(api.at.clock()),
            "operations": [shown(api, batch) for batch in found],
            "next_page_token": encoded({"at": last.prepared.at, "operation": last.id}) if last is not None else None,
        }
    )


def _identity(request: Request) -> str:
    return request.path.get("operation_id", "")


def _found(api: ApiResources, request: Request) -> Batch:
    identity = _identity(request)
    batch = api.batches.find(identity) if names_a_batch(identity) else None
    if batch is None:
        raise unknown()
    return batch


def _moved(api: ApiResources, told: Told, status: HTTPStatus) -> Reply:
    batch = _done(told)
    content = {"operation": shown(api, batch), "replayed": told.answered is Answered.REPLAYED}
    return Reply(content, status, {"etag": tag(batch)})


def _done(told: Told) -> Batch:
    """What it was done to, as it stands now.

    Raises:
        Problem: it was not done.
    """
    if told.answered.is_done and told.batch is not None:
        return told.batch
    tagged = {"etag": tag(told.batch)} if told.batch is not None else {}
    raise not_done(told.answered, told.code, "operation", tagged, SENTENCES.__getitem__)


def _position(token: str, batch: Batch) -> int:
    """Of this very set, and within it."""
    fields = _fields(token, {"operation", "next"})
    position = fields["next"]
    if fields["operation"] != batch.id or type(position) is not int or not 0 < position < batch.count:
        raise no_token()
    return position


def _behind(token: str) -> tuple[str, str]:
    fields = _fields(token, {"at", "operation"})
    try:
        at, identity = rfc3339(instant_of(fields["at"])), fields["operation"]
    except ValueError:
        raise no_token() from None
    if not isinstance(identity, str) or not names_a_batch(identity):
        raise no_token()
    return at, identity


def _fields(token: str, members: set[str]) -> dict[str, Any]:
    try:
        fields = decoded(token, LONGEST)
    except (ValueError, RejectedEvent):
        raise no_token() from None
    if fields.keys() != members:
        raise no_token()
    return fields

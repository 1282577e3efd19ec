"""The routes about limits: what is taken of which, by whom, and what an administrator puts in a setting's place."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from saga_orchestrator.api_bootstrap import ApiResources
from saga_orchestrator.application.judging import Answered
from saga_orchestrator.application.limiting.overriding import (
    CLOSED_BY_SETTING,
    NO_OVERRIDE,
    UNLIMITED,
    Granted,
    Standing,
    Wished,
)
from saga_orchestrator.application.limiting.slots import holders_of, override_facts, page_of_slots, slot_facts
from saga_orchestrator.domain.counters import Head, Reading
from saga_orchestrator.domain.errors import RejectedEvent, RetryableError
from saga_orchestrator.domain.instants import rfc3339
from saga_orchestrator.domain.operating.other_targets import OTHER_DEMANDS, LimitDeed
from saga_orchestrator.domain.policy import names_a_resource

from .callers import Caller
from .hands import Reasoned, hand_of, only, seen_by
from .instants import millis_of
from .not_done import not_done
from .objects_as_text import decoded, encoded
from .page_tokens import no_token
from .problems import bad_request, unknown
from .reading import page_size
from .replies import Reply
from .requests import Request

_LONGEST_TOKEN: Final = 120

SENTENCES: Final[Mapping[str, str]] = {
    UNLIMITED: "It has no limit: set one in LanguageLimits first.",
    CLOSED_BY_SETTING: "LanguageLimits closes it: open it there.",
    NO_OVERRIDE: "Nothing stands there that could be taken away.",
}


class Closing(Reasoned):
    """`until` may be left out: then it stays closed until somebody opens it."""

    until: str | None = None


class Overriding(Closing):
    limit: int | None = None


BODIES: Final[Mapping[LimitDeed, type[Reasoned]]] = {
    LimitDeed.CLOSE: Closing,
    LimitDeed.OPEN: Reasoned,
    LimitDeed.OVERRIDE: Overriding,
}


def slots(api: ApiResources, request: Request, _caller: Caller) -> Reply:
    """All languages that were ever limited."""
    request.only(("page_size", "page_token"))
    size, token = page_size(request.query.get("page_size")), request.query.get("page_token")
    page = page_of_slots(api.slot_table, _language_of(token) if token is not None else None, size)
    now = api.at.clock()
    shown = [_shown(api, language, reading, now) for language, reading in page.readings.items()]
    all_of_them = {"override": override_facts(page.over_all.override, now), "etag": etag(page.over_all)}
    return Reply(
        {
            "as_of": rfc3339(now),
            "all": all_of_them,
            "slots": shown,
            "next_page_token": _token_of(page.next) if page.next is not None else None,
        }
    )


def one_language(api: ApiResources, request: Request, _caller: Caller) -> Reply:
    """With those who hold its slots."""
    request.only(())
    language = request.path.get("language", "")
    head = api.slot_table.heads([language], None).get(language) if names_a_resource(language) else None
    if head is None:
        raise unknown()
    if not isinstance(head, Head):
        raise head
    reading = api.slot_table.readings({language: head})[language]
    if not isinstance(reading, Reading):
        raise reading
    now = api.at.clock()
    holders = holders_of(api.lists, language)
    shown = _shown(api, language, reading, now)
    by_owner = [{"owner": owner, "count": count, "sample": sample} for owner, count, sample in holders.by_owner]
    told = {"as_of": rfc3339(now), "holders": by_owner, "counted": holders.counted, "more": holders.more}
    return Reply({**shown, **told}, headers={"etag": shown["etag"]})


def limiting(deed: LimitDeed) -> Callable[[ApiResources, Request, Caller], Reply]:
    """The route of one verb."""

    def perform(api: ApiResources, request: Request, caller: Caller) -> Reply:
        only(OTHER_DEMANDS[deed].roles, caller)
        request.only(())
        body = request.parsed(BODIES[deed])
        version, seen = seen_by(request)
        until = body.until if isinstance(body, Closing) else None
        wished = Wished(
            hand=hand_of(request, caller, body.reason),
            language=request.path.get("language", ""),
            deed=deed,
            limit=body.limit if isinstance(body, Overriding) else None,
            until=_until(until) if until is not None else None,
            version=version,
            seen=seen,
        )
        return _told(api, api.override_limits.perform(wished))

    return perform


def etag(standing: Standing) -> str:
    """Of the overrides, and the limit in force: what is claimed and given back meanwhile is no other state."""
    return f'"v{standing.version}-{standing.limit or 0}"'


def _shown(api: ApiResources, language: str, reading: Reading | RetryableError, now: int) -> dict[str, Any]:
    """A counter that cannot be read is shown as that, and hides no other."""
    if not isinstance(reading, Reading):
        return {"language": language, "unreadable": str(reading)}
    head = reading.head
    standing = Standing(language, head.version, head.override, head.limit)
    return {**slot_facts(language, reading, api.at.settings.policy(), now), "etag": etag(standing)}


def _told(api: ApiResources, granted: Granted) -> Reply:
    standing = granted.standing
    tag = {"etag": etag(standing)} if standing is not None else {}
    match granted.answered:
        case Answered.DONE | Answered.REPLAYED if standing is not None:
            told = {
                "language": standing.language,
                "override": override_facts(standing.override, api.at.clock()),
                "limit": standing.limit,
                "effective": "at the next check",
                "replayed": granted.answered is Answered.REPLAYED,
            }
            return Reply({**told, **tag}, headers=tag)
        case refused:
            raise not_done(refused, granted.code, "limit", tag, SENTENCES.__getitem__)


def _until(value: str) -> int:
    try:
        return millis_of(value)
    except ValueError:
        raise bad_request("malformed", "until is an instant with its offset, such as 2026-05-01T12:00:00Z.") from None


def _token_of(language: str) -> str:
    return encoded({"slots": language})


def _language_of(token: str) -> str:
    try:
        fields = decoded(token, _LONGEST_TOKEN)
    except (ValueError, RejectedEvent):
        raise no_token() from None
    match fields:
        case {"slots": str(language), **others} if not others and names_a_resource(language):
            return language
        case _:
            raise no_token()

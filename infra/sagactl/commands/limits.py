"""`sagactl slots close | open | override`: what an administrator puts in the place of a limit's setting."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import quote

import typer

from saga_orchestrator.application.limiting.overriding import ALL
from sagactl.acting.over_http import Facts, HttpApi
from sagactl.acting.ways import Api, Key, Why, api_of, needed
from sagactl.asking import tell_stack
from sagactl.connection import Target
from sagactl.deployment import deployment
from sagactl.errors import NotUsableError
from sagactl.options import on_stack
from sagactl.outlet import show

Language = Annotated[str, typer.Argument(help="The language, or `all`.", metavar="LANGUAGE")]
IfMatch = Annotated[
    str | None, typer.Option("--if-match", help="The ETag that you decided on; by default the one of this moment.")
]
Until = Annotated[str | None, typer.Option("--until", help="RFC 3339 with offset, or 30m, 2h, 1d from now.")]
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@on_stack
def close(
    target: Target,
    language: Language,
    reason: Why,
    until: Until = None,
    if_match: IfMatch = None,
    api: Api = None,
    key: Key = None,
) -> None:
    """Take all new work away, until then or until it is opened. What runs, and every undo, goes on."""
    body = {"reason": reason, **({"until": _instant(until)} if until is not None else {})}
    _limit(target, language, "close", body, if_match, api, key)


@on_stack
def open_(
    target: Target,
    language: Language,
    reason: Why = "",
    if_match: IfMatch = None,
    api: Api = None,
    key: Key = None,
) -> None:
    """Take away what was put in the place of the setting: it holds again."""
    _limit(target, language, "open", {"reason": reason}, if_match, api, key)


@on_stack
def override(
    target: Target,
    language: Language,
    limit: Annotated[int, typer.Argument(help="How many may run at the same time.", min=1)],
    until: Annotated[str, typer.Option("--until", help="RFC 3339 with offset, or 30m, 2h, 1d from now.")],
    reason: Why,
    if_match: IfMatch = None,
    api: Api = None,
    key: Key = None,
) -> None:
    """Put another limit in the place of the setting until then."""
    body = {"reason": reason, "limit": limit, "until": _instant(until)}
    _limit(target, language, "override", body, if_match, api, key)


def _limit(
    target: Target, language: str, verb: str, body: Facts, tag: str | None, url: str | None, key: str | None
) -> None:
    stack = deployment(target)
    api = needed(api_of(stack, url, direct=False), stack)
    found = tag if tag is not None else _tag(api, language)
    tell_stack(stack)
    path = f"slots/{quote(language, safe='')}/{verb}"
    told = api.post(path, body, key or uuid.uuid4().hex, found)
    stands = told.part("override")
    now = f"limit {stands['limit']} until {stands['until'] or 'it is opened'}" if stands else "the setting holds again"
    before = ", as it was before" if told.part("replayed") else ""
    show(target.output, told.content, f"{language}: {verb} done{before}; {now}; effective {told.part('effective')}")


def _tag(api: HttpApi, language: str) -> str:
    if language == ALL:
        return str(api.get("slots?page_size=1").part("all")["etag"])
    return str(api.get(f"slots/{quote(language, safe='')}").part("etag"))


def _instant(text: str) -> str:
    """From now on where it is a duration; else as it is, for the API to judge."""
    number, unit = text[:-1], text[-1:]
    if not (number.isascii() and number.isdecimal() and unit in _UNITS):
        return text
    try:
        return (datetime.now(UTC) + timedelta(**{_UNITS[unit]: int(number)})).isoformat()
    except OverflowError:
        raise NotUsableError(f"--until {text}: beyond all time") from None

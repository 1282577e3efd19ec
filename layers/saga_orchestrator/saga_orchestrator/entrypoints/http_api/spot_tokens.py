"""Where a list by time goes on, as a token: opaque to whoever holds it, and checked when it comes back.

It carries no right: whoever may read the list may read it from anywhere. So it is not signed, only believed in nothing.
"""

import re
from collections.abc import Collection
from typing import Any, Final

from saga_orchestrator.application.paging import Spot
from saga_orchestrator.domain.errors import RejectedEvent

from .objects_as_text import decoded, encoded
from .page_tokens import no_token

_LONGEST: Final = 1_200
_LONGEST_KEY: Final = 400
_MEMBERS: Final = {"list", "at", "partition", "key"}
_INSTANT: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z", re.ASCII)


def token_of(of: str, last: Spot) -> str:
    """`of` names the list and its order, `last` is the last that was looked at."""
    return encoded({"list": of, "at": last.at, "partition": last.partition, "key": last.key})


def spot_of(token: str, of: str, partitions: Collection[str], kind: str) -> Spot:
    """`kind` is how the keys of the list begin, such as `act#`.

    Raises:
        Problem: it is no token of this list.
    """
    try:
        return _parsed(token, of, partitions, kind)
    except (ValueError, RejectedEvent):
        raise no_token() from None


def _parsed(token: str, of: str, partitions: Collection[str], kind: str) -> Spot:
    fields = decoded(token, _LONGEST)
    if fields.keys() != _MEMBERS or fields["list"] != of or fields["partition"] not in partitions:
        raise ValueError
    return Spot(_instant(fields["at"]), fields["partition"], _key(fields["key"], kind))


def _instant(value: Any) -> str:
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise ValueError
    return value


def _key(value: Any, kind: str) -> tuple[str, str]:
    match value:
        case [str() as pk, str() as sk] if pk.startswith(kind) and sk and len(pk) + len(sk) <= _LONGEST_KEY:
            sk.encode()  # raises ValueError for half of a surrogate pair, which DynamoDB does not take
            pk.encode()
            return pk, sk
        case _:
            raise ValueError

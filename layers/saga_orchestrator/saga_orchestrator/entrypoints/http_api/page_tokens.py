"""Where a list goes on, as a token: opaque to whoever holds it, and checked when it comes back.

It carries no right: whoever may read the list may read it from anywhere. So it is not signed, only believed in nothing.
"""

from collections.abc import Collection
from typing import Any, Final

from saga_orchestrator.application.listing import Key, Order, Place
from saga_orchestrator.domain.errors import RejectedEvent
from saga_orchestrator.domain.instants import LAST_INSTANT
from saga_orchestrator.domain.operating.acts import names_a_saga

from .objects_as_text import decoded, encoded
from .problems import Problem, bad_request

LONGEST: Final = 500
_MEMBERS: Final = {"order", "at", "partition", "key"}


def token_of(order: Order, last: Place) -> str:
    """`last` is the last place that was shown."""
    return encoded({"order": order, "at": last.at, "partition": last.partition, "key": last.key})


def place_of(token: str, order: Order, partitions: Collection[str]) -> Place:
    """
    Raises:
        Problem: it is no token of this list.
    """
    try:
        return _parsed(token, order, partitions)
    except (ValueError, RejectedEvent):
        raise no_token() from None


def no_token() -> Problem:
    return bad_request("bad_page_token", "That is no next_page_token of this list: begin it anew.")


def _parsed(token: str, order: Order, partitions: Collection[str]) -> Place:
    fields = decoded(token, LONGEST)
    if fields.keys() != _MEMBERS or fields["order"] != order or fields["partition"] not in partitions:
        raise ValueError
    return Place(instant_of(fields["at"]), fields["partition"], _key(fields["key"]))


def instant_of(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= LAST_INSTANT:
        raise ValueError
    return value


def _key(value: Any) -> Key:
    match value:
        case [str() as execution_id, str() as saga_name] if names_a_saga(saga_name, execution_id):
            return execution_id, saga_name
        case _:
            raise ValueError

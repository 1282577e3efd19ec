"""What every route that acts takes of a request: who acts, why, and what he says that he saw."""

from collections.abc import Container

from saga_orchestrator.application.judging import Hand
from saga_orchestrator.domain.operating.acts import Role

from .callers import Caller
from .problems import forbidden
from .requests import Body, Request


class Reasoned(Body):
    """Why, for whoever looks at it later: one line, 200 bytes at most."""

    reason: str = ""


def only(roles: Container[Role], caller: Caller) -> None:
    """Before anything of the request is looked at.

    Raises:
        Problem: his role is none of them.
    """
    if caller.role not in roles:
        raise forbidden()


def hand_of(request: Request, caller: Caller, reason: str) -> Hand:
    """
    Raises:
        Problem: the request has no key under which the same again would do nothing twice.
    """
    return Hand(actor=caller.actor, role=caller.role, door=caller.door, key=request.idempotency_key, reason=reason)


def seen_by(request: Request) -> tuple[int | None, int | None]:
    """Both numbers of the ETag that it was decided on; none where no If-Match was sent.

    Raises:
        Problem: the If-Match is no ETag.
    """
    return request.if_match or (None, None)

"""Which authorizer is believed: that of the door which the route belongs to, and no other."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from saga_orchestrator.adapters.api_settings import ApiSettings
from saga_orchestrator.domain.operating.acts import Door

from .callers import Caller, part, text
from .people import person
from .problems import Problem
from .signers import signer

_JUDGES: Final[Mapping[Door, Callable[[Any, Mapping[str, Any], ApiSettings], Caller]]] = {
    Door.IAM: signer,
    Door.JWT: person,
}


def caller_of(event: Mapping[str, Any], door: Door, settings: ApiSettings) -> Caller:
    """From where the gateway writes it, and no caller can. What another door's authorizer wrote beside it is nothing.

    Raises:
        Problem: the gateway names nobody, or somebody who has no role here.
    """
    context = part(event, "requestContext")
    caller = _JUDGES[door](part(context, "authorizer"), event, settings)
    if not settings.takes_from(text(part(context, "http"), "sourceIp")):
        raise Problem(
            HTTPStatus.FORBIDDEN, "not_from_here", "Requests are not taken from your address: see AllowedCidrs."
        )
    return caller

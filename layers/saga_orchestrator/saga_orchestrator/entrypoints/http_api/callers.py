"""Who asks: as the gateway's authorizer says, and as nothing else does."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final

from saga_orchestrator.adapters.api_settings import ApiSettings
from saga_orchestrator.domain.operating.acts import Door, Role

from .problems import Problem

_ARN: Final = re.compile(
    r"arn:aws[a-z-]*:(?:sts::(?P<account>\d{12}):assumed-role/(?P<role>[^/\s]+)/(?P<session>[^/\s]+)"
    r"|iam::(?P<of_user>\d{12}):user/(?:[^\s]*/)?(?P<user>[^/\s]+))",
    re.ASCII,
)
_LONGEST: Final = 128
"""Of an actor, as acts keep it."""


@dataclass(frozen=True, slots=True)
class Caller:
    actor: str
    """`role/on-call/olga` or `user/olga`: by which door he came says the rest."""
    door: Door
    role: Role


def caller_of(event: Mapping[str, Any], settings: ApiSettings) -> Caller:
    """
    Raises:
        Problem: the gateway names nobody, or somebody who has no role here.
    """
    arn = _written(event, "authorizer", "iam", "userArn")
    if arn is None:
        raise Problem(HTTPStatus.UNAUTHORIZED, "unauthenticated", "Sign the request with credentials of AWS.")
    if not settings.takes_from(_written(event, "http", "sourceIp")):
        raise Problem(
            HTTPStatus.FORBIDDEN, "not_from_here", "Requests are not taken from your address: see AllowedCidrs."
        )
    found = _ARN.fullmatch(arn)
    account = found["account"] or found["of_user"] if found else None
    if found is None or account != settings.account_id:
        raise _nobody()
    principal = f"role/{found['role']}" if found["role"] else f"user/{found['user']}"
    role = settings.iam_roles.get(principal)
    if role is None:
        raise _nobody()
    return Caller(_actor(f"{principal}/{found['session']}" if found["session"] else principal), Door.IAM, role)


def _written(event: Mapping[str, Any], *names: str) -> str | None:
    """Only from where the gateway writes it, and no caller can."""
    place: Any = event
    for name in ("requestContext", *names):
        place = place.get(name) if isinstance(place, Mapping) else None
    return place if isinstance(place, str) else None


def _actor(name: str) -> str:
    """The longest role with the longest session does not fit: its end becomes a hash, so that no two are one."""
    if len(name) <= _LONGEST:
        return name
    tail = sha256(name.encode()).hexdigest()[:16]
    return f"{name[: _LONGEST - 17]}~{tail}"


def _nobody() -> Problem:
    """Also of this account's administrators: who may do what is said by name."""
    return Problem(HTTPStatus.FORBIDDEN, "no_role", "You have no role here: IamRoles names who has one.")

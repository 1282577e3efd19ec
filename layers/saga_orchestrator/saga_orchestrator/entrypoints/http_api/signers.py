"""Who signed with credentials of AWS: a role or a user of this account, if he is named."""

import re
from collections.abc import Mapping
from typing import Any, Final

from saga_orchestrator.adapters.api_settings import ApiSettings
from saga_orchestrator.domain.operating.acts import Door

from .callers import Caller, fitting, no_role, part, text, unauthenticated
from .problems import Problem

_ARN: Final = re.compile(
    r"arn:aws[a-z-]*:(?:sts::(?P<account>\d{12}):assumed-role/(?P<role>[^/\s]+)/(?P<session>[^/\s]+)"
    r"|iam::(?P<of_user>\d{12}):user/(?:[^\s]*/)?(?P<user>[^/\s]+))",
    re.ASCII,
)


def signer(authorizer: Any, _event: Mapping[str, Any], settings: ApiSettings) -> Caller:
    """
    Raises:
        Problem: nobody's signature was seen, or that of somebody who has no role here.
    """
    arn = text(part(authorizer, "iam"), "userArn")
    if arn is None:
        raise unauthenticated("Sign the request with credentials of AWS.")
    found = _ARN.fullmatch(arn)
    account = found["account"] or found["of_user"] if found else None
    if found is None or account != settings.account_id:
        raise _nobody()
    kind, name = ("role", found["role"]) if found["role"] else ("user", found["user"])
    role = settings.iam_roles.get(f"{kind}/{name}")
    if role is None:
        raise _nobody()
    return Caller(fitting(kind, f"{name}/{found['session']}" if found["session"] else name), Door.IAM, role)


def _nobody() -> Problem:
    return no_role("IamRoles names who has one.")

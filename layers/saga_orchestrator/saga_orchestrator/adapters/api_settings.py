"""The settings of the function `api` alone: whom it lets in, as template.yaml says."""

import os
import re
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from saga_orchestrator.domain.operating.acts import Role

from .settings import read_environment

_PRINCIPAL: Final = re.compile(r"(?:role|user)/[A-Za-z0-9+=.@_-]{1,64}", re.ASCII)
_WORD: Final = re.compile(r"[A-Za-z0-9+=.@_:/-]{1,128}", re.ASCII)
_CLAIM: Final = r"^[A-Za-z0-9_:./-]{0,128}$"
_GIVEN: Final = frozenset({Role.READER, Role.OPERATOR, Role.ADMIN})
"""The others are what somebody is: nobody is made owner by a setting."""


def _roles(value: Any) -> Any:
    """Raises ValueError, which says what is expected and never what was given."""
    wanted = "role/NAME:ROLE or user/NAME:ROLE, each name once, ROLE being reader, operator or admin"
    return _given(value, _PRINCIPAL, wanted)


def _words(value: Any) -> Any:
    """Raises ValueError, which says what is expected and never what was given."""
    return _given(value, _WORD, "WORD:ROLE, each word once and without a space, ROLE being reader, operator or admin")


def _given(value: Any, name: re.Pattern[str], wanted: str) -> Any:
    if not isinstance(value, str):
        return value
    roles: dict[str, Role] = {}
    for entry in filter(None, (part.strip() for part in value.split(","))):
        found, _, role = entry.rpartition(":")
        if not name.fullmatch(found) or role not in _GIVEN or found in roles:
            msg = f"must be {wanted}"
            raise ValueError(msg)
        roles[found] = Role(role)
    return roles


def _networks(value: Any) -> Any:
    """Raises ValueError, which says what is expected and never what was given."""
    if not isinstance(value, str):
        return value
    try:
        return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())
    except ValueError:
        msg = "must be networks such as 192.0.2.0/24 or 2001:db8::/32, separated by commas"
        raise ValueError(msg) from None


def _functions(value: Any) -> Any:
    """Raises ValueError, which says what is expected and never what was given."""
    if not isinstance(value, str):
        return value
    named = dict(entry.partition(":")[::2] for entry in value.split(",") if entry)
    if not all(event_type and name for event_type, name in named.items()):
        msg = "must be TYPE:NAME, separated by commas"
        raise ValueError(msg)
    return named


def _names(value: Any) -> Any:
    return tuple(filter(None, value.split(","))) if isinstance(value, str) else value


class ApiSettings(BaseModel):
    """Field names are the environment variables in lower case."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    account_id: str = Field(pattern=r"^\d{12}$")
    iam_roles: Annotated[dict[str, Role], BeforeValidator(_roles)] = Field(default_factory=dict)
    """By principal, such as `role/on-call`: a role or a user of this account."""
    allowed_cidrs: Annotated[tuple[IPv4Network | IPv6Network, ...], BeforeValidator(_networks)] = ()
    """From where requests are taken; empty is from anywhere."""
    api_scope: str = Field(default="sagas/use", pattern=r"^[A-Za-z0-9_:./-]{1,128}$")
    """Without it in an access token nobody is anybody."""
    role_claim: str = Field(default="cognito:groups", pattern=_CLAIM)
    role_map: Annotated[dict[str, Role], BeforeValidator(_words)] = Field(default_factory=dict)
    """By a whole word of that claim."""
    owner_claim: str = Field(default="", pattern=_CLAIM)
    """The claim that says whose sagas are one's own; empty: nobody's are."""
    operation_runner: str = Field(min_length=1)
    """The name of the function that runs operations."""

    owner_index: bool = False
    """Whether the saga table has the index by which one owner's sagas are listed."""
    event_functions: Annotated[dict[str, str], BeforeValidator(_functions)] = Field(default_factory=dict)
    """The names of the stack's functions by the type of event that they take; `*` takes those of other sagas. To these
    alone is anything redriven.
    """
    relay_functions: Annotated[tuple[str, ...], BeforeValidator(_names)] = ()
    """One for each target."""

    def takes_from(self, address: object) -> bool:
        """What is no address comes from nowhere that could be allowed."""
        if not self.allowed_cidrs:
            return True
        try:
            found = ip_address(address) if isinstance(address, str) else None
        except ValueError:
            return False
        return found is not None and any(found in network for network in self.allowed_cidrs)

    def functions_for(self, of_sagas: Iterable[str]) -> dict[str, str]:
        """By type of event; `of_sagas` are the types that other sagas name."""
        named = {event_type: name for event_type, name in self.event_functions.items() if event_type != "*"}
        others = self.event_functions.get("*")
        return {**named, **(dict.fromkeys(of_sagas, others) if others else {})}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read and check every variable.

        Raises:
            InvalidSettings: naming each variable that is missing or wrong, but not its value.
        """
        return read_environment(cls, environment)

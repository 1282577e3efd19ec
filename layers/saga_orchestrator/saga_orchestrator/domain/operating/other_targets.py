"""Verbs whose target is no saga's state: rejected events, limits, what was emitted. Whose they are, as with sagas."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from .acts import Role
from .authority import Demands


class EventDeed(StrEnum):
    """What somebody may do with a rejected event."""

    REDRIVE = "redrive"
    DROP = "drop"


class LimitDeed(StrEnum):
    """What somebody may do to the limit of a language, or of all."""

    CLOSE = "close"
    OPEN = "open"
    OVERRIDE = "override"


REPUBLISH: Final = "republish"
"""Of a saga: what it has emitted is published again."""

_OPERATORS: Final = frozenset({Role.OPERATOR, Role.ADMIN, Role.BREAK_GLASS})
_ADMINS: Final = frozenset({Role.ADMIN})

OTHER_DEMANDS: Final[Mapping[str, Demands]] = MappingProxyType(
    {
        EventDeed.REDRIVE: Demands(roles=_OPERATORS),
        EventDeed.DROP: Demands(roles=_OPERATORS, reason=True),
        REPUBLISH: Demands(roles=_OPERATORS),
        LimitDeed.CLOSE: Demands(roles=_ADMINS, version=True, reason=True),
        LimitDeed.OPEN: Demands(roles=_ADMINS, version=True),
        LimitDeed.OVERRIDE: Demands(roles=_ADMINS, version=True, reason=True),
    }
)


def rejected_target(identifier: str) -> str:
    """As acts name it."""
    return f"rejected:{identifier}"

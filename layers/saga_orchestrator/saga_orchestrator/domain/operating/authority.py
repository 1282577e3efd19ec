"""The verbs that people have, whose they are, and what each needs to be told."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from .acts import Role


class Deed(StrEnum):
    """What somebody may do to one saga."""

    CANCEL = "cancel"
    """Owners have it too, on their own. Not past the doors: in an emergency it goes by the operators' own source."""
    RETRY = "retry"
    RESOLVE = "resolve"
    SKIP = "skip"
    UNDO = "undo"
    NOTE = "note"
    """"I have it": changes nothing, and everybody sees who has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """`version`: it must name the version that it was decided on, for it cannot be taken back."""

    roles: frozenset[Role]
    version: bool = False
    reason: bool = False


_OPERATORS: Final = frozenset({Role.OPERATOR, Role.ADMIN, Role.BREAK_GLASS})
_ADMINS: Final = frozenset({Role.ADMIN, Role.BREAK_GLASS})
_BY_THE_DOORS: Final = frozenset({Role.OWNER, Role.OPERATOR, Role.ADMIN})

DEMANDS: Final[Mapping[Deed, Demands]] = MappingProxyType(
    {
        Deed.CANCEL: Demands(roles=_BY_THE_DOORS),
        Deed.RETRY: Demands(roles=_OPERATORS),
        Deed.RESOLVE: Demands(roles=_OPERATORS, version=True, reason=True),
        Deed.SKIP: Demands(roles=_ADMINS, version=True, reason=True),
        Deed.UNDO: Demands(roles=_ADMINS, version=True, reason=True),
        Deed.NOTE: Demands(roles=_OPERATORS, reason=True),
    }
)

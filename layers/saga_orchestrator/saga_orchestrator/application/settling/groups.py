"""Rejected events in groups: four hundred failures have two causes. Counted by what the list shows, and no further."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from saga_orchestrator.application.counts import MAX_COUNTED
from saga_orchestrator.application.paging import MAX_KEYS_READ, Shelf, Spot, page_of

from .kept import Kept


@dataclass(frozen=True, slots=True)
class Group:
    """What was rejected for one reason, by one function, of one type."""

    reason: str
    function: str
    event_type: str | None
    oldest: str
    newest: str
    sample: str
    count: int = 0
    copies: int = 0


def groups_of(shelf: Shelf[Kept]) -> tuple[Sequence[Group], bool]:
    """The newest, the largest group first; and whether there are more of them than were counted."""
    groups: dict[tuple[str, str, str | None], Group] = {}
    counted, begun = 0, False
    behind: Spot | None = None
    while counted < MAX_COUNTED and (behind is not None or not begun):
        begun = True
        page = page_of(shelf, behind, min(MAX_KEYS_READ, MAX_COUNTED - counted), newest_first=True)
        for kept in page.contents:
            _count(groups, kept)
        counted, behind = counted + len(page.contents), page.next
    return sorted(groups.values(), key=lambda group: (-group.count, group.reason, group.sample)), behind is not None


def _count(groups: dict[tuple[str, str, str | None], Group], kept: Kept) -> None:
    """The newest come first."""
    event_type = kept.names.get("event_type")
    kind = kept.reason, kept.function, event_type
    known = groups.get(kind) or Group(*kind, kept.at, kept.at, kept.id)
    groups[kind] = replace(known, oldest=kept.at, count=known.count + 1, copies=known.copies + kept.copies)

"""Which rejected events a command is about, read straight from the stack."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from saga_orchestrator.application.settling.kept import Kept, Kind
from sagactl.deployment import Deployment
from sagactl.errors import NotFoundError, NotUsableError
from sagactl.rejected.items import item_of, open_items
from sagactl.rejected.on_failure import undelivered
from sagactl.rejected.queues import dead_letters

_MOST = 10_000


@dataclass(frozen=True)
class Choice:
    """Which of them a command is about."""

    ids: frozenset[str]
    reason: str | None
    execution_id: str | None

    def takes(self, kept: Kept) -> bool:
        """Every condition that was given must hold."""
        return (
            (not self.ids or kept.id in self.ids)
            and self.reason in {None, kept.reason}
            and self.execution_id in {None, kept.names.get("execution_id")}
        )


def choice_of(ids: list[str] | None, reason: str | None, execution: str | None, *, everything: bool) -> Choice:
    """A condition that is forgotten must never mean all of them."""
    if not (ids or reason or execution or everything):
        raise NotUsableError("name ids, --reason CODE or --execution ID; --all means every one")
    if everything and (ids or reason or execution):
        raise NotUsableError("--all stands alone")
    return Choice(frozenset(ids or ()), reason, execution)


def found_by(stack: Deployment, choice: Choice, limit: int) -> list[Kept]:
    others = [*undelivered(stack), *dead_letters(stack)]
    return [
        *open_items(stack, limit, choice.reason, choice.execution_id),
        *(each for each in others if choice.takes(each)),
    ]


def chosen_by(stack: Deployment, choice: Choice) -> list[Kept]:
    if choice.ids:
        items = [item for each in sorted(choice.ids) if (item := item_of(stack, each)) is not None]
        found = [item for item in items if item.state == "open"]
        if len(items) < len(choice.ids):
            found += [*undelivered(stack), *dead_letters(stack)]
    else:
        found = found_by(stack, choice, _MOST)
    chosen = [each for each in found if choice.takes(each)]
    if missing := choice.ids - {each.id for each in chosen}:
        raise NotFoundError(f"not on the list: {' '.join(sorted(missing))}; see `sagactl rejected list`")
    return chosen


def one_of(stack: Deployment, identifier: str) -> Kept:
    found = [each for each in (*undelivered(stack), *dead_letters(stack)) if each.id == identifier]
    if not found:
        raise NotFoundError(f"{identifier} is not on the list; see `sagactl rejected list`")
    return found[0]


def newest_of_each_kind(found: list[Kept], limit: int) -> list[Kept]:
    shown = [each for kind in Kind for each in [every for every in found if every.kind is kind][:limit]]
    return sorted(shown, key=lambda each: each.at, reverse=True)


def groups_of(found: Sequence[Kept]) -> list[dict[str, Any]]:
    """By reason, source and kind: four hundred failures have two causes."""
    groups: dict[tuple[str, str, str], list[Kept]] = {}
    for each in found:
        groups.setdefault((each.reason, each.source, each.kind.value), []).append(each)
    rows = [
        {
            "reason": reason,
            "source": source,
            "kind": kind,
            "count": len(members),
            "copies": sum(each.copies for each in members),
            "oldest": min(each.at for each in members),
            "sample": members[0].id,
        }
        for (reason, source, kind), members in groups.items()
    ]
    return sorted(rows, key=lambda row: -int(str(row["count"])))

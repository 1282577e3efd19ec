"""Rejected events in the stack's own table, read and settled past the API: by the same code as there."""

from heapq import nlargest
from typing import Final

from saga_orchestrator.adapters.operators.rejected_items import RejectedItems
from saga_orchestrator.application.judging import Written
from saga_orchestrator.application.paging import Spot, page_of
from saga_orchestrator.application.settling.kept import Kept
from saga_orchestrator.domain.operating.acts import Act
from sagactl.acting.records import act_table, as_aws_said
from sagactl.deployment import Deployment

_PAGE: Final = 500


def rejected_items(stack: Deployment) -> RejectedItems:
    return RejectedItems(act_table(stack))


def open_items(stack: Deployment, limit: int, reason: str | None = None, execution_id: str | None = None) -> list[Kept]:
    """The newest, from every partition of the index; at most `limit`, so one more tells that there are others."""

    def takes(kept: Kept) -> bool:
        return reason in {None, kept.reason} and execution_id in {None, kept.names.get("execution_id")}

    shelf, found = rejected_items(stack).open, list[Kept]()
    behind: Spot | None = None
    with as_aws_said():
        while True:
            wanted = min(_PAGE, limit - len(found))
            page = page_of(shelf, behind, wanted, newest_first=True, takes=takes)
            found += page.contents
            behind = page.next
            if behind is None or len(found) >= limit:
                return nlargest(limit, found, key=lambda each: each.at)


def item_of(stack: Deployment, identifier: str) -> Kept | None:
    """One, settled or not, strongly consistent."""
    with as_aws_said():
        return rejected_items(stack).find_event(identifier)


def settle(stack: Deployment, kept: Kept, state: str, act: Act) -> bool:
    """Take it off the list, in one transaction with the act. False when it has come again, or is settled already."""
    with as_aws_said():
        return rejected_items(stack).settle(kept, state, act) is not Written.CHANGED

"""Where a saga stands, in one line: what two stories that differ in their times alone have in common."""

import re
from typing import Final

from saga_orchestrator.domain.saga import Saga

_TIMES: Final = re.compile(r"[m@]\d+")


def standing_of(saga: Saga | None) -> str:
    """Its state, its ledger, and what moved it in which order, with what each sent."""
    if saga is None:
        return "unknown"
    moved = (" ".join([str(entry.cause), *entry.messages]) for entry in saga.timeline)
    return f"{saga.state}; {_TIMES.sub('', str(saga.ledger))}; {', '.join(moved)}"

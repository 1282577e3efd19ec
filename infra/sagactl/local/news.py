"""What people who watch a stack wait for, read from what its functions write: an event rejected, a saga ended."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from local_stack import EventKind, StackEvent
from saga_orchestrator.adapters.rejected_events import item_id
from saga_orchestrator.adapters.targets.event_bus import SOURCE
from saga_orchestrator.domain.states import SagaState

REJECTED: Final = "rejected"
ENDED: Final = "ended"
_STYLE_OF_END: Final = {SagaState.COMPLETED: "bold green"}


@dataclass(frozen=True)
class News:
    """One line of the view."""

    at: datetime
    kind: str
    subject: str
    detail: str
    style: str


def news_of(event: StackEvent) -> News | None:
    """What a function's log line tells, or None where nobody waits for it."""
    match event.detail, event.fields:
        case "rejected", {"reason": str(reason), "detail": str(why), **more}:
            told = f"{reason}: {why}{_where(more)}"
            return News(event.at, REJECTED, str(more.get("event_type") or event.function), told, "bold magenta")
        case "event applied", {"state": str(state), "execution_id": str(one), **more} if _is_end(state):
            return _ended(event, one, SagaState(state), more)
        case "deadline passed", {"execution_id": str(one), **more}:
            return _ended(event, one, SagaState.TIMEOUT, more)
        case _:
            return None


def is_own_message(event: StackEvent) -> bool:
    """Announcements that nobody has subscribed to are no mistake of anybody."""
    return event.kind is EventKind.UNTAKEN and event.fields.get("source") == SOURCE


def _ended(event: StackEvent, execution_id: str, state: SagaState, more: dict[str, Any]) -> News:
    told = f"{state}: {more.get('reason') or 'no reason'}"
    return News(event.at, ENDED, execution_id, told, _STYLE_OF_END.get(state, "bold yellow"))


def _is_end(state: str) -> bool:
    return state in {str(each) for each in SagaState if each.is_terminal}


def _where(more: dict[str, Any]) -> str:
    key = more.get("kept_as")
    return f"; sagactl rejected show {item_id(key)}" if isinstance(key, str) else ""

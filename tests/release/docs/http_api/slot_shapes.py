"""JSON Schemas of what the API answers of limits, and what their routes take."""

from typing import Any, Final

from saga_orchestrator.domain.operating.other_targets import OTHER_DEMANDS, LimitDeed
from saga_orchestrator.entrypoints.http_api.slots import BODIES
from tests.release.docs.http_api.parts import (
    ANY_READ,
    BOOLEAN,
    ETAG,
    MAYBE_MOMENT,
    MAYBE_TEXT,
    MAYBE_WHOLE,
    MOMENT,
    TEXT,
    WHOLE,
    Schema,
    Write,
    closed,
    listed,
    maybe,
    named,
)

_OVERRIDE: Final = closed(limit=WHOLE, at=MOMENT, until=MAYBE_MOMENT, by=TEXT, reason=TEXT, stands=BOOLEAN)
_SLOTS: Final[dict[str, Schema]] = {
    "language": TEXT,
    "used": WHOLE,
    "limit": WHOLE,
    "setting": {"anyOf": [WHOLE, {"type": "string", "enum": ["unlimited", "closed"]}]},
    "closed": BOOLEAN,
    "full": BOOLEAN,
    "settled": BOOLEAN,
    "override": maybe(_OVERRIDE),
    "shards": listed(closed(used=WHOLE, cap=WHOLE)),
    "etag": ETAG,
}
SHAPES: Final[dict[str, Schema]] = {
    "Slots": closed(**_SLOTS),
    "UnreadableSlots": closed(language=TEXT, unreadable=TEXT),
    "SlotsPage": closed(
        as_of=MOMENT,
        all=closed(override=maybe(_OVERRIDE), etag=ETAG),
        slots=listed({"anyOf": [named("Slots"), named("UnreadableSlots")]}),
        next_page_token=MAYBE_TEXT,
    ),
    "OneLanguage": closed(
        **_SLOTS,
        as_of=MOMENT,
        holders=listed(closed(owner=MAYBE_TEXT, count=WHOLE, sample=TEXT)),
        counted=WHOLE,
        more=BOOLEAN,
    ),
    "Overridden": closed(
        language=TEXT,
        override=maybe(_OVERRIDE),
        limit=MAYBE_WHOLE,
        effective=TEXT,
        replayed=BOOLEAN,
        etag=ETAG,
    ),
}
READS: Final[dict[str, tuple[str, str, tuple[int, ...]]]] = {
    "GET slots": ("Every language that was ever limited: what is taken of what", "SlotsPage", ANY_READ),
    "GET slots/{language}": ("One, and who holds its slots", "OneLanguage", (*ANY_READ, 404)),
}
_SUMMARIES: Final = {
    LimitDeed.CLOSE: "Take all new work away from a language, or from all",
    LimitDeed.OPEN: "Take away what was put in the place of the setting",
    LimitDeed.OVERRIDE: "Put another limit in the place of the setting, until an instant",
}
WRITES: Final = {
    f"POST slots/{{language}}/{deed}": Write(summary, "Overridden", OTHER_DEMANDS[deed], BODIES[deed])
    for deed, summary in _SUMMARIES.items()
}


def query_of(operation: str, pages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return pages if operation == "GET slots" else []

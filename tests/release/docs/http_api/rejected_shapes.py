"""JSON Schemas of what the API answers of rejected events and of acts by time, and what their routes take."""

from typing import Any, Final

from saga_orchestrator.domain.operating.other_targets import OTHER_DEMANDS, REPUBLISH, EventDeed
from saga_orchestrator.entrypoints.http_api.by_time import ORDERS
from saga_orchestrator.entrypoints.http_api.hands import Reasoned
from saga_orchestrator.entrypoints.http_api.reading import DEFAULT_PAGE, LARGEST_PAGE
from saga_orchestrator.entrypoints.http_api.settling import RESULTS
from tests.release.docs.http_api import slot_shapes
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
    named,
)

_REJECTED: Final[dict[str, Schema]] = {
    "id": {"type": "string", "pattern": "^[0-9a-f]{12}$"},
    "state": {"type": "string", "enum": ["open", "redriven", "dropped"]},
    "reason": TEXT,
    "field": MAYBE_TEXT,
    "rule": MAYBE_TEXT,
    "source": TEXT,
    "position": {"type": "object", "additionalProperties": TEXT},
    "function": TEXT,
    "event_type": MAYBE_TEXT,
    "execution_id": MAYBE_TEXT,
    "event_id": MAYBE_TEXT,
    "first_at": MOMENT,
    "last_at": MOMENT,
    "copies": WHOLE,
    "size": MAYBE_WHOLE,
    "digest": MAYBE_TEXT,
    "bytes_kept_until": MAYBE_MOMENT,
    "settled_at": MAYBE_MOMENT,
    "settled_by": MAYBE_TEXT,
    "etag": ETAG,
}
SHAPES: Final[dict[str, Schema]] = {
    "RejectedEvent": closed(**_REJECTED),
    "RejectedPage": closed(
        order={"type": "string", "enum": list(ORDERS)},
        as_of=MOMENT,
        rejected=listed(named("RejectedEvent")),
        next_page_token=MAYBE_TEXT,
    ),
    "OneRejectedEvent": closed(**_REJECTED, acts=listed(named("Act"))),
    "RejectedGroups": closed(
        as_of=MOMENT,
        counted=WHOLE,
        more=BOOLEAN,
        groups=listed(
            closed(
                reason=TEXT,
                function=TEXT,
                event_type=MAYBE_TEXT,
                count=WHOLE,
                copies=WHOLE,
                oldest=MOMENT,
                newest=MOMENT,
                sample=TEXT,
            )
        ),
    ),
    "Settled": closed(
        rejected=named("RejectedEvent"),
        replayed=BOOLEAN,
        result={"type": "string", "enum": [str(result) for result in RESULTS]},
    ),
    "Republished": closed(saga=named("Saga"), replayed=BOOLEAN, published=listed(TEXT), skipped=listed(TEXT)),
    "ActsPage": closed(as_of=MOMENT, acts=listed(named("Act")), next_page_token=MAYBE_TEXT),
}
READS: Final[dict[str, tuple[str, str, tuple[int, ...]]]] = {
    "GET rejected": ("Rejected events that nobody has settled", "RejectedPage", ANY_READ),
    "GET rejected/groups": ("Them by reason, function and type", "RejectedGroups", ANY_READ),
    "GET rejected/{id}": ("One, and what people did with it", "OneRejectedEvent", (*ANY_READ, 404)),
    "GET acts": ("What people did to anything, the newest first", "ActsPage", ANY_READ),
}
_SUMMARIES: Final = {
    EventDeed.REDRIVE: "Deliver it again, to the function that its source implies",
    EventDeed.DROP: "Take it off the list without delivering",
}


WRITES: Final = {
    **{
        f"POST rejected/{{id}}/{deed}": Write(summary, "Settled", OTHER_DEMANDS[deed], Reasoned)
        for deed, summary in _SUMMARIES.items()
    },
    "POST sagas/{name}/{key}/republish": Write(
        "Publish again what a saga has emitted", "Republished", OTHER_DEMANDS[REPUBLISH], Reasoned
    ),
}


def query_of(operation: str) -> list[dict[str, Any]]:
    def parameter(name: str, schema: Schema) -> dict[str, Any]:
        return {"name": name, "in": "query", "required": False, "schema": schema}

    size = {"type": "integer", "minimum": 1, "default": DEFAULT_PAGE, "description": f"{LARGEST_PAGE} at most"}
    pages = [parameter("page_size", size), parameter("page_token", TEXT)]
    if operation == "GET rejected":
        served = {"type": "string", "enum": list(ORDERS), "default": ORDERS[0]}
        return [parameter("order", served), parameter("reason", TEXT), parameter("execution", TEXT), *pages]
    if operation == "GET acts":
        return [parameter("since", MOMENT), parameter("actor", TEXT), parameter("verb", TEXT), *pages]
    return slot_shapes.query_of(operation, pages)

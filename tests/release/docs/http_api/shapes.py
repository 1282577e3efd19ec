"""JSON Schemas of what the API answers. Closed: whatever is added to an answer is added here, or a test fails."""

from typing import Final

from saga_orchestrator.application.batches.choosing import BATCHED
from saga_orchestrator.domain.operating.acts import Door, Role
from saga_orchestrator.domain.operating.authority import Deed
from saga_orchestrator.domain.operating.batches import BatchState, Fate
from saga_orchestrator.domain.operating.other_targets import OTHER_DEMANDS
from saga_orchestrator.domain.saga import Cause
from saga_orchestrator.domain.states import SagaState
from saga_orchestrator.entrypoints.http_api.counting import PARTS
from saga_orchestrator.entrypoints.http_api.operation_facts import PARTS_OF_A_FILTER
from tests.release.docs.http_api.parts import (
    BOOLEAN,
    ETAG,
    MAYBE_MOMENT,
    MAYBE_TEXT,
    MAYBE_WHOLE,
    MOMENT,
    TEXT,
    TEXTS,
    WHOLE,
    Schema,
    closed,
    listed,
    maybe,
    named,
)
from tests.release.docs.http_api.rejected_shapes import SHAPES as REJECTED_SHAPES
from tests.release.docs.http_api.slot_shapes import SHAPES as SLOT_SHAPES

_SUMMARY: Final[dict[str, Schema]] = {
    "execution_id": TEXT,
    "saga_name": TEXT,
    "state": {"type": "string", "enum": [str(state) for state in SagaState]},
    "reason": MAYBE_TEXT,
    "parked": TEXTS,
    "parked_since": MAYBE_MOMENT,
    "language": MAYBE_TEXT,
    "owner": MAYBE_TEXT,
    "created_at": MOMENT,
    "ended_at": MAYBE_MOMENT,
    "deadline": MAYBE_MOMENT,
}
_CAUSE: Final[Schema] = {"type": "string", "enum": [cause.name.lower() for cause in Cause]}
_STEP: Final = closed(
    step=TEXT,
    standing=TEXT,
    attempts=WHOLE,
    unanswered=listed(WHOLE),
    undos=WHOLE,
    looked_at=MAYBE_MOMENT,
    parked_since=MAYBE_MOMENT,
    reason=MAYBE_TEXT,
)
_DETAILS: Final[dict[str, Schema]] = {
    "saga_id": TEXT,
    "version": WHOLE,
    "definition_version": WHOLE,
    "correlation_id": TEXT,
    "slot": maybe(closed(language=TEXT, shard=WHOLE)),
    "start_before": MAYBE_MOMENT,
    "exit_code": MAYBE_WHOLE,
    "error_type": MAYBE_TEXT,
    "ended_by": MAYBE_TEXT,
    "failed_step": MAYBE_TEXT,
    "outcome": MAYBE_TEXT,
    "errors": listed(closed(at=MOMENT, message=TEXT, reason=TEXT)),
    "must_end_by": MAYBE_MOMENT,
    "invalid": TEXTS,
    "image": MAYBE_TEXT,
    "limits": maybe(closed(cpu=TEXT, memory=TEXT, seconds=WHOLE)),
    "waits_for": MAYBE_TEXT,
    "waits_until": MAYBE_MOMENT,
    "shown": listed(closed(step=MAYBE_TEXT, name=TEXT, value={})),
    "steps": listed(_STEP),
    "declared_steps": listed(closed(step=TEXT, undo=BOOLEAN, pivot=BOOLEAN, waits=BOOLEAN)),
    "shadow": BOOLEAN,
    "traceparent": MAYBE_TEXT,
    "pod_name": MAYBE_TEXT,
    "node_name": MAYBE_TEXT,
    "kept_until": MAYBE_MOMENT,
    "completed_steps": TEXTS,
    "compensated_steps": TEXTS,
    "messages": TEXTS,
    "timeline": listed(
        closed(at=MOMENT, cause=_CAUSE, event_id=TEXT, messages=TEXTS, late=BOOLEAN),
    ),
    "early_events": listed(
        closed(at=MOMENT, cause=_CAUSE, event_id=TEXT, actor=MAYBE_TEXT, trusted=BOOLEAN),
    ),
}
_UNREADABLE: Final = closed(execution_id=TEXT, saga_name=TEXT, unreadable=TEXT)
_ACT: Final = closed(
    at=MOMENT,
    target=TEXT,
    verb=TEXT,
    actor=TEXT,
    verified=BOOLEAN,
    door={"type": "string", "enum": [str(door) for door in Door]},
    role=TEXT,
    reason=TEXT,
    result=TEXT,
    version_before=MAYBE_WHOLE,
    version_after=MAYBE_WHOLE,
    key=TEXT,
    operation=MAYBE_TEXT,
)
_GROUP: Final = closed(
    reason=MAYBE_TEXT,
    step=MAYBE_TEXT,
    saga_name=TEXT,
    language=MAYBE_TEXT,
    unreadable=BOOLEAN,
    count=WHOLE,
    oldest=MOMENT,
    newest=MOMENT,
    sample=closed(execution_id=TEXT, saga_name=TEXT),
)
_COUNTED: Final = closed(saga_name=TEXT, state=TEXT, language=MAYBE_TEXT, count=WHOLE)
_BY: Final = maybe(
    closed(at=MOMENT, actor=TEXT, door={"type": "string", "enum": [str(door) for door in Door]}, role=TEXT, reason=TEXT)
)
_OPERATION: Final = closed(
    id=TEXT,
    verb={"type": "string", "enum": [str(deed) for deed in BATCHED]},
    of=TEXT,
    filter=closed(**dict.fromkeys(PARTS_OF_A_FILTER, MAYBE_TEXT)),
    before=MOMENT,
    state={"type": "string", "enum": [str(state) for state in BatchState]},
    count=WHOLE,
    unreadable=WHOLE,
    progress=closed(**dict.fromkeys(map(str, Fate), WHOLE), left=WHOLE),
    prepared=_BY,
    started=_BY,
    aborted=_BY,
    start_before=MAYBE_MOMENT,
    moved_at=MOMENT,
    ended_at=MAYBE_MOMENT,
    etag=ETAG,
)
_PROBLEM: Final[Schema] = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "pattern": "^urn:saga-orchestrator:problem:[a-z_]+$"},
        "title": TEXT,
        "status": WHOLE,
        "code": TEXT,
        "detail": TEXT,
        "etag": ETAG,
        "errors": listed(closed(field=TEXT, problem=TEXT)),
    },
    "required": ["type", "title", "status", "code", "detail"],
    "additionalProperties": False,
}

COMPONENTS: Final[dict[str, Schema]] = {
    "OwnSaga": closed(
        **{name: _SUMMARY[name] for name in ("execution_id", "saga_name", "state", "reason")},
        position=MAYBE_WHOLE,
        **{name: _SUMMARY[name] for name in ("created_at", "ended_at", "deadline")},
        etag=ETAG,
    ),
    "Me": closed(
        actor=TEXT,
        door={"type": "string", "enum": [str(Door.IAM), str(Door.JWT)]},
        role={"type": "string", "enum": [str(role) for role in (Role.READER, Role.OPERATOR, Role.ADMIN, Role.OWNER)]},
        may=listed({"type": "string", "enum": [str(deed) for deed in (*Deed, *OTHER_DEMANDS)]}),
    ),
    "SagaSummary": closed(**_SUMMARY, etag=ETAG),
    "Saga": closed(**_SUMMARY, **_DETAILS, etag=ETAG),
    "OneSaga": {"anyOf": [named("Saga"), named("OwnSaga")]},
    "UnreadableSaga": _UNREADABLE,
    "Execution": closed(
        execution_id=TEXT, sagas=listed({"anyOf": [named("Saga"), named("OwnSaga"), named("UnreadableSaga")]})
    ),
    "Page": closed(
        order=TEXT,
        as_of=MOMENT,
        sagas=listed({"anyOf": [named("SagaSummary"), named("OwnSaga"), named("UnreadableSaga")]}),
        next_page_token=MAYBE_TEXT,
    ),
    "Operation": _OPERATION,
    "OperationItem": closed(
        position=WHOLE,
        execution_id=TEXT,
        saga_name=TEXT,
        step=MAYBE_TEXT,
        seen=ETAG,
        outcome={"enum": [*map(str, Fate), None]},
        code=MAYBE_TEXT,
    ),
    "PreparedOperation": closed(
        operation=named("Operation"),
        replayed=BOOLEAN,
        items=listed(named("OperationItem")),
        next_page_token=MAYBE_TEXT,
    ),
    "MovedOperation": closed(operation=named("Operation"), replayed=BOOLEAN),
    "OperationItems": closed(as_of=MOMENT, items=listed(named("OperationItem")), next_page_token=MAYBE_TEXT),
    "Operations": closed(as_of=MOMENT, operations=listed(named("Operation")), next_page_token=MAYBE_TEXT),
    "Groups": closed(of=TEXT, as_of=MOMENT, read=WHOLE, more=BOOLEAN, groups=listed(_GROUP)),
    "Statistics": closed(
        as_of=MOMENT,
        open=closed(
            counts=listed(_COUNTED),
            unreadable=WHOLE,
            more=BOOLEAN,
        ),
        ended=closed(namespace=TEXT, service=TEXT, metrics=listed(closed(name=TEXT, by=listed(listed(TEXT))))),
    ),
    "OwnStatistics": closed(as_of=MOMENT, open=listed(_COUNTED), ended=listed(_COUNTED), more=BOOLEAN),
    "AnyStatistics": {"anyOf": [named("Statistics"), named("OwnStatistics")]},
    "Summary": closed(as_of=MOMENT, **dict.fromkeys(PARTS, named("Count"))),
    "Count": closed(
        count=MAYBE_WHOLE,
        more={"type": ["boolean", "null"]},
        oldest=MAYBE_MOMENT,
        newest=MAYBE_MOMENT,
        unavailable=maybe(closed(code=TEXT, detail=TEXT)),
    ),
    "Act": _ACT,
    "Acts": closed(acts=listed(named("Act"))),
    "Acted": closed(saga={"anyOf": [named("Saga"), named("OwnSaga")]}, replayed=BOOLEAN),
    **REJECTED_SHAPES,
    **SLOT_SHAPES,
    "Problem": _PROBLEM,
}

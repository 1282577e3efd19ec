"""Delivers what was kept once more, past the API: with the caller's own permissions, by the same code as there."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from saga_orchestrator.adapters.operators.rejected_bytes import RejectedBytes
from saga_orchestrator.application.judging import Answered, Hand
from saga_orchestrator.application.settling.desk import Ordered, RejectedDesk
from saga_orchestrator.application.settling.envelopes import implied_function, saga_keys
from saga_orchestrator.application.settling.kept import Kept, Kind, NotRedrivableError
from saga_orchestrator.application.settling.redriving import Fate, Redriving
from saga_orchestrator.application.settling.republishing import FunctionFailedError, Relays
from saga_orchestrator.application.settling.results import result_key
from saga_orchestrator.domain.operating.acts import Act, Door, Role
from saga_orchestrator.domain.operating.other_targets import EventDeed
from sagactl.acting.quiet import Quiet
from sagactl.acting.records import act_of, as_aws_said, now_ms, record
from sagactl.commands.republish import republish_sagas
from sagactl.deployment import Deployment
from sagactl.errors import REFUSALS, NotDoneError
from sagactl.invoking import CalledDirectly
from sagactl.options import explain
from sagactl.rejected.items import rejected_items
from sagactl.rejected.on_failure import PREFIX, payload_of, record_of
from sagas import SAGAS

LOOKING_AGAIN: Final = ("TimeoutCheckerFunctionName", "SagaWakeFunctionName", "OperationRunnerFunctionName")
"""Outputs that name functions whose own next look makes good what one of them has missed."""


@dataclass(frozen=True)
class Redriven:
    """One line of the result."""

    id: str
    fate: Fate
    detail: str = ""


def redriven(stack: Deployment, kept: Kept, actor: str, body: str = "") -> Redriven:
    """Deliver one. Its act is written before the call and the result after; `body` is a dead letter's content."""
    try:
        if kept.kind is Kind.REJECTED:
            return _rejected(stack, kept, actor)
        return _other(stack, kept, actor, body)
    except NotDoneError as error:
        return Redriven(kept.id, Fate.FAILED, str(error))
    except REFUSALS as error:
        return Redriven(kept.id, Fate.FAILED, explain(error))  # the record of it may be refused too


def redriving(stack: Deployment) -> Redriving:
    return Redriving(
        CalledDirectly(stack),
        RejectedBytes(stack.client("s3"), stack.payload_bucket),
        stack.event_functions_for(SAGAS.routes),
        Relays(CalledDirectly(stack), stack.relay_functions),
    )


def _rejected(stack: Deployment, kept: Kept, actor: str) -> Redriven:
    """As it was looked at: what has come again since is looked at again first."""
    desk = RejectedDesk(rejected_items(stack), lambda: redriving(stack), now_ms, Quiet())
    ordered = Ordered(
        hand=Hand(actor=actor, role=Role.OPERATOR, door=Door.DIRECT, key=uuid.uuid4().hex),
        id=kept.id,
        deed=EventDeed.REDRIVE,
        version=kept.version,
        since=kept.first_at,
    )
    with as_aws_said():
        handled = desk.perform(ordered)
    if handled.answered.is_done:
        return Redriven(kept.id, Fate(handled.fate))
    if handled.answered is Answered.CHANGED:
        return Redriven(kept.id, Fate.FAILED, "it has come again meanwhile: look at it again")
    return Redriven(kept.id, Fate.FAILED, handled.detail or str(handled.code or handled.answered))


def _other(stack: Deployment, kept: Kept, actor: str, body: str) -> Redriven:
    """What no function has rejected, and stands in no table."""
    act = act_of(f"rejected:{kept.id}", "redrive", actor)
    deliver: dict[Kind, Callable[[], None]] = {
        Kind.UNDELIVERED: lambda: _undelivered(stack, kept),
        Kind.DEAD_LETTER: lambda: _dead_letter(stack, body),
    }
    try:
        record(stack, act)
        deliver[kept.kind]()
        result = Redriven(kept.id, Fate.DONE)
    except (FunctionFailedError, NotRedrivableError, NotDoneError) as error:
        result = Redriven(kept.id, Fate.FAILED, str(error))
    record(stack, _result_of(act, result.fate))
    return result


def _result_of(act: Act, fate: Fate) -> Act:
    return replace(act, id=result_key(act.id), result=fate.value, at=now_ms())


def _undelivered(stack: Deployment, kept: Kept) -> None:
    """What its function rejects is listed as rejected from then on, so the object has done its work."""
    if not kept.key.startswith(PREFIX):
        raise NotRedrivableError("it is no on-failure object")
    payload = payload_of(record_of(stack, kept.key) or {})
    if payload is None:
        raise NotRedrivableError("the record carries no payload")
    if kept.source == "stream":
        republish_sagas(stack, saga_keys(payload))
    elif kept.function not in {stack.outputs.get(name) for name in LOOKING_AGAIN}:
        # A missed tick of the schedule is made good by the next one, and so is a wake.
        _call(stack, payload, kept.function)
    stack.client("s3").delete_object(Bucket=stack.payload_bucket, Key=kept.key)


def _dead_letter(stack: Deployment, body: str) -> None:
    try:
        payload = json.loads(body)
    except ValueError as error:
        raise NotRedrivableError("it is no JSON") from error
    if isinstance(payload, dict) and "detail-type" in payload:
        _call(stack, payload)


def _call(stack: Deployment, payload: Any, fallback: str = "") -> None:
    way = redriving(stack)
    way.call(implied_function(way.event_functions, payload, fallback=fallback), payload)

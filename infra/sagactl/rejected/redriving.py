"""Delivers what was kept once more: to the function that its source implies, from the stack's own bucket."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from saga_orchestrator.domain.operating.acts import Act
from sagactl.acting.records import act_of, now_ms, record
from sagactl.commands.republish import republish_sagas
from sagactl.deployment import Deployment
from sagactl.errors import REFUSALS, NotDoneError
from sagactl.invoking import FunctionFailedError, call_function
from sagactl.options import explain
from sagactl.rejected.envelopes import envelope, implied_function, saga_keys
from sagactl.rejected.items import item_of, settle
from sagactl.rejected.kept import Kept, Kind, NotRedrivableError
from sagactl.rejected.on_failure import PREFIX, payload_of, record_of

LOOKING_AGAIN: Final = ("TimeoutCheckerFunctionName", "SagaWakeFunctionName", "OperationRunnerFunctionName")
"""Outputs that name functions whose own next look makes good what one of them has missed."""


class Fate(StrEnum):
    """What became of one thing that was redriven."""

    DONE = "redriven"
    REJECTED_AGAIN = "rejected again"
    FAILED = "failed"


@dataclass(frozen=True)
class Redriven:
    """One line of the result."""

    id: str
    fate: Fate
    detail: str = ""


def redriven(stack: Deployment, kept: Kept, actor: str, body: str = "") -> Redriven:
    """Deliver one. Its act is written before the call and the result after; `body` is a dead letter's content."""
    act = act_of(f"rejected:{kept.id}", "redrive", actor)
    deliver: dict[Kind, Callable[[], bool]] = {
        Kind.REJECTED: lambda: _rejected(stack, kept, act),
        Kind.UNDELIVERED: lambda: _undelivered(stack, kept),
        Kind.DEAD_LETTER: lambda: _dead_letter(stack, body),
    }
    try:
        record(stack, act)
        accepted = deliver[kept.kind]()
        result = Redriven(kept.id, Fate.DONE if accepted else Fate.REJECTED_AGAIN)
    except (FunctionFailedError, NotRedrivableError, NotDoneError) as error:
        result = Redriven(kept.id, Fate.FAILED, str(error))
    except REFUSALS as error:
        return Redriven(kept.id, Fate.FAILED, explain(error))  # the record of it may be refused too
    if result.fate is not Fate.DONE or kept.kind is not Kind.REJECTED:
        record(stack, _result_of(act, result.fate))
    return result


def _result_of(act: Act, fate: Fate) -> Act:
    return replace(act, id=replace(act.id, key=f"{act.id.key}.result"), result=fate.value, at=now_ms())


def _rejected(stack: Deployment, kept: Kept, act: Act) -> bool:
    """True when it took effect: a function that rejects it again counts one more copy of the same item."""
    if not kept.key.startswith("rejected/"):
        raise NotRedrivableError("its item names no object of its own")
    original = _content(stack, kept.key)
    if kept.source == "stream":
        accepted = _published_again(stack, original)
    elif kept.source == "deadline":
        raise NotRedrivableError(
            "the checker meets it at each run: mend the saga (`sagactl reconcile`), then drop this"
        )
    elif kept.source == "wake":
        raise NotRedrivableError("it names no saga, and the checker finds whatever is due: drop it")
    else:
        payload = envelope(kept, original)
        _call(stack, implied_function(stack, payload, fallback=kept.key.split("/")[1]), payload)
        now = item_of(stack, kept.id)
        accepted = now is None or now.copies == kept.copies
    return accepted and settle(stack, kept, "redriven", _result_of(act, Fate.DONE))


def _undelivered(stack: Deployment, kept: Kept) -> bool:
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
        _call(stack, implied_function(stack, payload, fallback=kept.function), payload)
    stack.client("s3").delete_object(Bucket=stack.payload_bucket, Key=kept.key)
    return True


def _dead_letter(stack: Deployment, body: str) -> bool:
    try:
        payload = json.loads(body)
    except ValueError as error:
        raise NotRedrivableError("it is no JSON") from error
    if isinstance(payload, dict) and "detail-type" in payload:
        _call(stack, implied_function(stack, payload), payload)
    return True


def _published_again(stack: Deployment, original: bytes) -> bool:
    """True when the relay could publish: the message, or everything that the saga of a whole record still may send."""
    try:
        kept = json.loads(original)
    except ValueError as error:
        raise NotRedrivableError("the kept bytes name no saga") from error
    done = republish_sagas(stack, saga_keys(kept))
    message_id = kept.get("message_id")
    if message_id is None:
        return not any(": " in each for each in done.skipped)  # with a reason: it cannot be made, or read
    return message_id in done.published


def _call(stack: Deployment, function: str, payload: Any) -> None:
    """A batch whose failures are listed rather than raised is as unfinished as a raised one."""
    answer = call_function(stack, function, payload)
    if isinstance(answer.body, dict) and answer.body.get("batchItemFailures"):
        raise FunctionFailedError(f"{function} could not finish; its cause may pass, try again later")


def _content(stack: Deployment, key: str) -> bytes:
    try:
        content: bytes = stack.client("s3").get_object(Bucket=stack.payload_bucket, Key=key)["Body"].read()
    except stack.client("s3").exceptions.NoSuchKey as error:
        raise NotRedrivableError("bytes_expired: the bucket has kept the event for its 30 days") from error
    return content

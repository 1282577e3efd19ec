"""`sagactl rejected list | redrive`: look at what was set aside, and give it to its function once more."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

import typer
from botocore.exceptions import ClientError

from sagactl.commands.republish import republish_sagas
from sagactl.connection import Target
from sagactl.deployment import Deployment, deployment
from sagactl.envelopes import NotRedrivableError, envelope, saga_keys
from sagactl.errors import NotDoneError, NotFoundError, NotUsableError
from sagactl.invoking import FunctionFailedError, call_function
from sagactl.options import on_stack
from sagactl.outlet import show, table
from sagactl.set_aside import Rejected, RejectedQueue, Undelivered, undelivered

_LOOK_SECONDS = 20
_WORK_SECONDS = 900
_COLUMNS = ("kind", "reason", "detail", "at", "copies", "key")
"""The key names function, source and position; it is what `redrive --key` takes, so it gets the room."""


class Fate(StrEnum):
    """What became of one thing that was redriven."""

    DONE = "redriven"
    REJECTED_AGAIN = "rejected again"
    FAILED = "failed"


@dataclass(frozen=True)
class Redriven:
    """One line of the result."""

    key: str
    fate: Fate
    detail: str = ""


@on_stack
def list_rejected(target: Target) -> None:
    """List rejected events, and deliveries that Lambda gave up; nothing is consumed."""
    stack = deployment(target)
    with RejectedQueue(stack).held(_LOOK_SECONDS) as rejected:
        facts = [*(each.facts() for each in rejected), *(each.facts() for each in undelivered(stack))]
    rows = [[fact[column] for column in _COLUMNS] for fact in facts]
    show(target.output, facts, table(f"{len(facts)} set aside", _COLUMNS, rows))


@on_stack
def redrive(
    target: Target,
    key: Annotated[str | None, typer.Option("--key", help="One of the keys that `rejected list` shows.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Whatever `rejected list` shows; the default.")] = False,
) -> None:
    """Deliver again. What succeeds is removed from the list; what is rejected or fails again stays on it."""
    if key is not None and everything:
        raise NotUsableError("name either --key KEY or --all")
    stack = deployment(target)
    queue = RejectedQueue(stack)
    with queue.held(_WORK_SECONDS) as rejected:
        results = [_redrive_rejected(stack, queue, each) for each in rejected if key in {None, each.key}]
    results += [_redrive_undelivered(stack, each) for each in undelivered(stack) if key in {None, each.key}]
    if key is not None and not results:
        raise NotFoundError(f"nothing with the key {key} is set aside; see `sagactl rejected list`")
    facts = [{"key": each.key, "result": each.fate.value, "detail": each.detail} for each in results]
    show(target.output, facts, table("Redrive", ("key", "result", "detail"), [tuple(fact.values()) for fact in facts]))
    left = sum(each.fate is not Fate.DONE for each in results)
    if left:
        raise NotDoneError(f"{left} of {len(results)} are still set aside")


def _redrive_rejected(stack: Deployment, queue: RejectedQueue, rejected: Rejected) -> Redriven:
    """A pointer goes once the function is through with the event; one that parks it again has made a new pointer."""

    def work() -> bool:
        original = _content(stack, rejected.key)
        if rejected.source == "stream":
            return _publish_again(stack, original)
        return _invoke_again(stack, rejected, original)

    result = _tried(rejected.key, work)
    if result.fate is not Fate.FAILED:
        queue.remove(rejected)
    return result


def _redrive_undelivered(stack: Deployment, item: Undelivered) -> Redriven:
    """An object goes once its function is through with the payload; what that rejects is listed as rejected from then
    on.
    """

    def work() -> bool:
        if item.payload is None:
            raise NotRedrivableError("the record carries no payload")
        if item.source == "stream":
            republish_sagas(stack, saga_keys(item.payload))
        elif item.function != stack.outputs.get("TimeoutCheckerFunctionName"):
            # A missed tick of the schedule is made good by the next one.
            _call(stack, item.function, item.payload)
        return True

    result = _tried(item.key, work)
    if result.fate is Fate.DONE:
        stack.client("s3").delete_object(Bucket=stack.payload_bucket, Key=item.key)
    return result


def _tried(key: str, work: Callable[[], bool]) -> Redriven:
    try:
        accepted = work()
    except (FunctionFailedError, NotRedrivableError, NotDoneError) as error:
        return Redriven(key, Fate.FAILED, str(error))
    except ClientError as error:
        return Redriven(key, Fate.FAILED, f"{error.operation_name}: {error.response['Error'].get('Code')}")
    return Redriven(key, Fate.DONE if accepted else Fate.REJECTED_AGAIN)


def _publish_again(stack: Deployment, original: bytes) -> bool:
    """True when the relay could publish; a message that the bus still refuses is not among the published."""
    parked = json.loads(original)
    done = republish_sagas(stack, saga_keys(parked))
    message_id = parked.get("message_id")
    return message_id is None or message_id in done.published


def _invoke_again(stack: Deployment, rejected: Rejected, original: bytes) -> bool:
    """False when the function parked the event again: the object under its key is then younger than it was."""
    payload = envelope(rejected, original)
    before = _wait_until_older_than_a_second(stack, rejected.key)
    answer = _call(stack, rejected.function, payload)
    if rejected.source == "invocation":
        # Such an event has no place of its own, so it is parked under the id of the invocation that met it.
        again = rejected.key.rpartition("/")[0] + f"/{answer}"
        return not answer or _last_modified(stack, again) is None
    return _last_modified(stack, rejected.key) == before


def _call(stack: Deployment, function: str, payload: Any) -> str:
    """Returns the invocation's id. A batch whose failures are listed rather than raised is as unfinished as a raised
    one.
    """
    answer = call_function(stack, function, payload)
    if isinstance(answer.body, dict) and answer.body.get("batchItemFailures"):
        raise FunctionFailedError(f"{function} could not finish; its cause may pass, try again later")
    return answer.request_id


def _content(stack: Deployment, key: str) -> bytes:
    try:
        content: bytes = stack.client("s3").get_object(Bucket=stack.payload_bucket, Key=key)["Body"].read()
    except stack.client("s3").exceptions.NoSuchKey as error:
        raise NotRedrivableError("the parked event has expired from the bucket") from error
    return content


def _wait_until_older_than_a_second(stack: Deployment, key: str) -> datetime | None:
    """S3 tells times in whole seconds: only then does writing the object again show."""
    modified = _last_modified(stack, key)
    if modified is not None:
        time.sleep(max(0.0, (modified + timedelta(seconds=1.1) - datetime.now(UTC)).total_seconds()))
    return modified


def _last_modified(stack: Deployment, key: str) -> datetime | None:
    try:
        modified: datetime = stack.client("s3").head_object(Bucket=stack.payload_bucket, Key=key)["LastModified"]
    except ClientError as error:
        if error.response["Error"]["Code"] in {"404", "NoSuchKey"}:
            return None
        raise
    return modified

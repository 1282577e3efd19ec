"""Repairs that make moto behave as AWS documents, where a saga engine depends on it.

moto is written for single-threaded tests. Each function below restores one documented statement, quoted in its
docstring, and is tested in `tests/tools/local_stack/test_moto_*.py` or by a case in `tests/contracts`.
The patches touch internals of moto 5.2.5, hence the exact pin and the check in `install`.
"""

import time
from collections.abc import Callable
from typing import Any

import moto
from moto.events.exceptions import ValidationException
from moto.events.models import EventsBackend, Rule
from moto.events.utils import EventMessageType
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeKey, S3Backend

from local_stack.aws.moto_repairs.conditions import repair_conditions
from local_stack.aws.moto_repairs.dynamodb import repair_dynamodb
from local_stack.aws.moto_repairs.expression_copies import copy_expressions_cheaply
from local_stack.aws.moto_repairs.indexes import find_items_by_their_keys
from local_stack.aws.moto_repairs.schema_validation import validate_requests_by_schema
from local_stack.aws.moto_repairs.sqs import repair_sqs
from local_stack.aws.moto_repairs.state import CLOSING, replace_method
from local_stack.aws.moto_repairs.validation import validate_requests

PINNED_MOTO = "5.2.5"
MAX_PUT_EVENTS_BYTES = 1024 * 1024
MAX_OBJECT_KEY_BYTES = 1024
NOT_AUTHORIZED = {
    "ErrorCode": "NotAuthorizedForSourceException",
    "ErrorMessage": "Not authorized for the source.",
}
RuleDispatch = Callable[[Rule, dict[str, Any]], None]
_dispatch_to_targets: RuleDispatch | None = None
_tell_untaken: Callable[[dict[str, Any]], None] | None = None
_taken: set[str] = set()
"""Ids of the events of one PutEvents that some rule has matched."""
_installed = False


def install() -> None:
    """Patch moto once in this process. Refuses any other version than the one the patches were written against."""
    global _installed  # noqa: PLW0603 - class patches are process-wide, so is the knowledge that they are in place
    CLOSING.clear()
    if moto.__version__ != PINNED_MOTO:
        msg = f"the repairs are written against moto {PINNED_MOTO}, not {moto.__version__}"
        raise RuntimeError(msg)
    if _installed:
        return
    _installed = True
    find_items_by_their_keys()
    copy_expressions_cheaply()
    repair_dynamodb()
    repair_conditions()
    validate_requests_by_schema()
    validate_requests()
    _limit_object_keys()
    repair_sqs()
    _limit_put_events_size()
    _hand_matched_events_to_us()


def dispatch_rules_to(dispatch: RuleDispatch | None, untaken: Callable[[dict[str, Any]], None] | None = None) -> None:
    """Who delivers an event that a rule matched: called under STATE with the rule and the event as AWS would send it,
    so it must not block. `untaken` gets each entry that a bus accepted and no rule matched: AWS tells nobody."""
    global _dispatch_to_targets, _tell_untaken
    _dispatch_to_targets, _tell_untaken = dispatch, untaken


def end_long_polls() -> None:
    """Whoever still waits for a message gets an empty answer now; in force until the next `install`."""
    CLOSING.set()


# ---- S3 -------------------------------------------------------------------------------------------------------------


def _limit_object_keys() -> None:
    """ "Object key names ... up to 1,024 bytes long" (S3 User Guide, Naming Amazon S3 objects). moto takes
    any length."""
    moto_put = S3Backend.put_object

    def put_object(self: S3Backend, bucket_name: str, key_name: str, *args: Any, **kwargs: Any) -> FakeKey:
        if len(key_name.encode()) > MAX_OBJECT_KEY_BYTES:
            raise S3ClientError("KeyTooLongError", "Your key is too long")
        return moto_put(self, bucket_name, key_name, *args, **kwargs)

    replace_method(S3Backend, "put_object", put_object)


# ---- EventBridge ----------------------------------------------------------------------------------------------------


def put_events_size(entries: list[dict[str, Any]]) -> int:
    """User Guide, Calculating PutEvents event entry size: 14 bytes for a time, plus source, detail type, detail and
    resources in UTF-8."""
    size = 0
    for entry in entries:
        size += 14 if entry.get("Time") is not None else 0
        texts = [entry.get("Source"), entry.get("DetailType"), entry.get("Detail"), *(entry.get("Resources") or [])]
        size += sum(len(text.encode()) for text in texts if isinstance(text, str))
    return size


def _limit_put_events_size() -> None:
    """ "The total entry size must be less than 1MB", and a call has 1 to 10 entries (API Reference, PutEvents); an
    entry whose source begins with `aws.` fails alone (PutEventsResultEntry). moto takes them all."""
    moto_put_events = EventsBackend.put_events

    def put_events(self: EventsBackend, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if put_events_size(events) >= MAX_PUT_EVENTS_BYTES:
            raise ValidationException("Total size of the entries in the request is over the limit.")
        if not events:
            raise ValidationException("Member must have length greater than or equal to 1")
        own = [not (event.get("Source") or "").startswith("aws.") for event in events]
        sent = [event for event, ours in zip(events, own, strict=True) if ours]
        _taken.clear()
        answered = moto_put_events(self, sent)
        for event, answer in zip(sent, answered, strict=True):
            if _tell_untaken is not None and answer.get("EventId", "") not in {"", *_taken}:
                _tell_untaken(event)
        answers = iter(answered)
        return [next(answers) if ours else dict(NOT_AUTHORIZED) for ours in own]

    replace_method(EventsBackend, "put_events", put_events)


def _hand_matched_events_to_us() -> None:
    """PutEvents answers when the bus has the event; delivery to targets, and its failure, is never the publisher's
    (User Guide, How EventBridge retries delivering events). A disabled rule matches nothing (API Reference,
    DisableRule).

    moto delivers inside PutEvents, answers 500 for a Lambda target, ignores a rule's state and adds a field of its own
    to the event.
    """
    moto_send = Rule.send_to_targets

    def send_to_targets(self: Rule, original_event: EventMessageType, transform_input: bool = True) -> None:
        if self.state == "DISABLED":
            return
        if _dispatch_to_targets is None:
            moto_send(self, original_event, transform_input)
        elif self.event_pattern.matches_event(original_event):
            _taken.add(original_event["id"])
            _dispatch_to_targets(self, _as_aws_sends_it(original_event))

    replace_method(Rule, "send_to_targets", send_to_targets)


def _as_aws_sends_it(event: EventMessageType) -> dict[str, Any]:
    """User Guide, AWS service event metadata: the envelope has exactly these fields, time in RFC 3339 with seconds."""
    envelope = {name: value for name, value in event.items() if name != "ingestion-time"}
    envelope["time"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(float(event["time"])))
    return envelope

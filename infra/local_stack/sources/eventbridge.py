"""Delivery of the events that a rule matched.

Two layers on AWS, and here. Delivery to a target is EventBridge's: only its failures reach the rule's dead-letter queue
(User Guide, Using dead-letter queues to process undelivered events). For a function it succeeds when Lambda has
accepted the event; what the function then does with it is the business of Lambda's asynchronous retries and the
function's own destination (Lambda Developer Guide, Invoking a function asynchronously).

Lambda's queue on this machine always accepts, so a rule's RetryPolicy has nothing to retry. The failures that remain
(no such target, event too large) are those that AWS does not retry either ("some types of errors ... are sent to the
dead-letter queue immediately").
"""

import json
from typing import Any

from moto.events.models import Rule
from moto.sqs.models import sqs_backends

from local_stack.aws import function_name_of
from local_stack.functions import MAX_ASYNC_BYTES, LambdaService, service_of
from local_stack.stack_event import EventKind, EventSink, happening


class _UndeliverableError(Exception):
    """EventBridge could not hand the event over; `code` is what its dead-letter queue is told."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class RuleDelivery:
    """Called by moto for each rule that matched an event, while the emulator's lock is held: it hands over and returns,
    and talks to moto directly, because a request over HTTP would wait for that very lock."""

    def __init__(self, functions: LambdaService, sink: EventSink) -> None:
        self._functions, self._sink = functions, sink

    def __call__(self, rule: Rule, event: dict[str, Any]) -> None:
        body = json.dumps(event)
        for target in rule.targets:
            try:
                self._deliver(target, rule, body)
            except _UndeliverableError as exc:
                self._give_up(target, rule, body, exc)

    def untaken(self, entry: dict[str, Any]) -> None:
        """A bus accepted it and no rule matched: its sender has got no error, and nothing will come of it."""
        source, detail_type = str(entry.get("Source")), str(entry.get("DetailType"))
        detail = f"{detail_type} from source {source}"
        self._sink(happening(EventKind.UNTAKEN, None, detail, source=source, detail_type=detail_type))

    def _deliver(self, target: dict[str, Any], rule: Rule, body: str) -> None:
        arn = target["Arn"]
        service = service_of(arn)
        if service == "lambda":
            self._to_function(function_name_of(arn), body)
        elif service == "sqs":
            self._to_queue(arn, rule, body, target.get("SqsParameters", {}).get("MessageGroupId"))
        else:
            raise _UndeliverableError(
                "UNSUPPORTED_TARGET", f"the local stack delivers to functions and queues, not to {service}"
            )

    def _to_function(self, name: str, body: str) -> None:
        if not self._functions.has(name):
            raise _UndeliverableError("RESOURCE_NOT_FOUND", f"Function not found: {name}")
        payload = body.encode()
        if len(payload) > MAX_ASYNC_BYTES:
            raise _UndeliverableError("INVALID_PARAMETER", "the event is larger than an asynchronous invocation may be")
        self._functions.invoke_async(name, payload)

    def _to_queue(
        self, arn: str, rule: Rule, body: str, group: str | None = None, attributes: dict[str, str] | None = None
    ) -> None:
        encoded = {name: {"DataType": "String", "StringValue": value} for name, value in (attributes or {}).items()}
        try:
            sqs_backends[rule.account_id][rule.region_name].send_message(
                queue_name=arn.split(":")[5], message_body=body, message_attributes=encoded, group_id=group
            )
        except Exception as exc:  # moto's errors for a missing queue and for an oversized message have no common type
            raise _UndeliverableError("SQS_FAILURE", str(exc)) from exc

    def _give_up(self, target: dict[str, Any], rule: Rule, body: str, why: _UndeliverableError) -> None:
        facts = {"rule": rule.name, "target": target["Arn"], "code": why.code}
        dead_letters = target.get("DeadLetterConfig", {}).get("Arn")
        if dead_letters is None:
            self._sink(
                happening(
                    EventKind.DROPPED, None, f"rule {rule.name} could not deliver to {target['Arn']}: {why}", **facts
                )
            )
            return
        attributes = {
            "RULE_ARN": rule.arn,
            "TARGET_ARN": target["Arn"],
            "ERROR_CODE": why.code,
            "ERROR_MESSAGE": str(why),
            "EXHAUSTED_RETRY_CONDITION": "NotRetryable",
            "RETRY_ATTEMPTS": "0",
        }
        try:
            self._to_queue(dead_letters, rule, body, attributes=attributes)
        except _UndeliverableError as exc:
            self._sink(
                happening(
                    EventKind.DROPPED, None, f"rule {rule.name}: its dead-letter queue refused an event: {exc}", **facts
                )
            )
            return
        self._sink(
            happening(
                EventKind.REJECTED,
                None,
                f"rule {rule.name}: {why.code} for {target['Arn']}",
                **facts,
                destination=dead_letters,
            )
        )

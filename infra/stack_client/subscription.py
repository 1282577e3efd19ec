"""A subscription of one's own on the bus: a rule and a queue behind it, both removed at the end."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_SOURCE = "saga-orchestrator"
_BATCH = 10


@dataclass(frozen=True)
class Delivery:
    """One message of the queue: the message's body, and what it takes to remove it."""

    body: Any
    receipt_handle: str


class Subscription:
    """A queue that receives what a rule on the bus matches."""

    def __init__(self, sqs: Any, queue_url: str) -> None:
        self._sqs = sqs
        self.queue_url = queue_url

    def receive(self, wait_seconds: int) -> list[Delivery]:
        """Up to ten deliveries, waiting for the first; a message that is not JSON arrives with the body None."""
        answer = self._sqs.receive_message(
            QueueUrl=self.queue_url, MaxNumberOfMessages=_BATCH, WaitTimeSeconds=wait_seconds, VisibilityTimeout=60
        )
        return [Delivery(_detail(item["Body"]), item["ReceiptHandle"]) for item in answer.get("Messages", [])]

    def remove(self, deliveries: Sequence[Delivery]) -> None:
        """Acknowledge; a delivery whose removal fails comes again, which whoever takes it must absorb."""
        if deliveries:
            entries = [{"Id": str(i), "ReceiptHandle": item.receipt_handle} for i, item in enumerate(deliveries)]
            self._sqs.delete_message_batch(QueueUrl=self.queue_url, Entries=entries)


@contextmanager
def subscription(events: Any, sqs: Any, event_bus: str, name: str, pattern: dict[str, Any]) -> Iterator[Subscription]:
    """Create rule and queue under `name`, and leave nothing of them behind."""
    queue_url = sqs.create_queue(QueueName=name)["QueueUrl"]
    try:
        queue_arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        rule_arn = events.put_rule(Name=name, EventBusName=event_bus, EventPattern=json.dumps(pattern))["RuleArn"]
        try:
            sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"Policy": _policy(queue_arn, rule_arn)})
            events.put_targets(Rule=name, EventBusName=event_bus, Targets=[{"Id": "queue", "Arn": queue_arn}])
            yield Subscription(sqs, queue_url)
        finally:
            events.remove_targets(Rule=name, EventBusName=event_bus, Ids=["queue"])
            events.delete_rule(Name=name, EventBusName=event_bus)
    finally:
        sqs.delete_queue(QueueUrl=queue_url)


def commands_of_the_orchestrator(types: Iterable[str]) -> dict[str, Any]:
    """A pattern for these commands, and nobody but the orchestrator as their sender."""
    return {"source": [_SOURCE], "detail-type": list(types)}


def _detail(body: str) -> Any:
    try:
        return json.loads(body)["detail"]
    except (ValueError, KeyError, TypeError):
        return None


def _policy(queue_arn: str, rule_arn: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

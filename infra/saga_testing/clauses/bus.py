"""Over EventBridge: messages go onto a bus, and a rule of the kit's own brings back what is said there."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from saga_testing.clauses.channel import Inbox, Json
from saga_testing.clauses.refusals import CannotPlay

SENDER: Final = "saga-orchestrator"
RULE_PREFIX: Final = "saga-contract-"


class BusChannel:
    """Rule and queue exist from the first moment to `close`, and nothing of them is left behind."""

    def __init__(self, clients: Any, bus: str, source: str, hear: Sequence[str], run: str) -> None:
        self.inbox = Inbox()
        self._clients, self._bus = clients, bus
        self._closing = threading.Event()
        self._subscription = _subscription(clients, bus, source, hear, f"{RULE_PREFIX}{run}")
        self._queue = self._subscription.__enter__()
        self._listener = threading.Thread(target=self._listen, name="contract-listener", daemon=True)
        self._listener.start()

    def send(self, message: Json) -> None:
        entry = {
            "EventBusName": self._bus,
            "Source": SENDER,
            "DetailType": str(message.get("message_type", "UNKNOWN")),
            "Detail": json.dumps(message),
        }
        answer = self._clients.events.put_events(Entries=[entry])
        if answer["FailedEntryCount"]:
            raise CannotPlay(f"bus {self._bus} refuses a command: {answer['Entries'][0].get('ErrorCode')}")

    def close(self) -> None:
        self._closing.set()
        self._listener.join()
        self._subscription.__exit__(None, None, None)

    def _listen(self) -> None:
        sqs = self._clients.sqs
        while not self._closing.is_set():
            try:
                answer = sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            except (ClientError, BotoCoreError):
                self._closing.wait(0.5)
                continue
            found = answer.get("Messages", [])
            for item in found:
                self.inbox.add(json.loads(item["Body"]).get("detail"))
            if found:
                handles = [{"Id": str(n), "ReceiptHandle": item["ReceiptHandle"]} for n, item in enumerate(found)]
                sqs.delete_message_batch(QueueUrl=self._queue, Entries=handles)


@contextmanager
def _subscription(clients: Any, bus: str, source: str, hear: Sequence[str], name: str) -> Iterator[str]:
    events, sqs = clients.events, clients.sqs
    url: str = sqs.create_queue(QueueName=name)["QueueUrl"]
    try:
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        pattern = {"source": [source], "detail-type": list(hear)}
        rule = events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern))["RuleArn"]
        try:
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": _policy(arn, rule)})
            events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "kit", "Arn": arn}])
            yield url
        finally:
            events.remove_targets(Rule=name, EventBusName=bus, Ids=["kit"])
            events.delete_rule(Name=name, EventBusName=bus)
    finally:
        sqs.delete_queue(QueueUrl=url)


def _policy(queue: str, rule: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

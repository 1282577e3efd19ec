"""Polls an SQS queue into a function, as the event source mapping does (Developer Guide, Using Lambda with Amazon SQS).

What the function has done is deleted; what it failed at, or could not be given, comes again when its visibility
time-out has passed. Delays, time-outs and redrives are the queue's own.
"""

import json
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from local_stack.aws import AwsClients
from local_stack.background_thread import BackgroundThread
from local_stack.errors import StackClosedError
from local_stack.functions import LambdaService, Outcome
from local_stack.sources.mapping_config import QueueMapping
from local_stack.stack_event import EventKind, EventSink, happening

#: One look of the poller; when the stack closes it waits no longer than this.
WAIT_SECONDS: Final = 1
#: "Lambda polls up to five batches of your queue at once, with five concurrent invocations of your function".
FIRST_CONCURRENCY: Final = 5

Message = Mapping[str, Any]


class QueuePoller(BackgroundThread):
    """One thread receives, and others wait for the function. Batches have no order between each other."""

    def __init__(self, mapping: QueueMapping, functions: LambdaService, clients: AwsClients, sink: EventSink) -> None:
        super().__init__(f"queue-{mapping.function}")
        self._mapping, self._functions, self._sink = mapping, functions, sink
        self._sqs = clients("sqs")
        self._region = clients.region
        self._at_once = min(mapping.max_concurrency or FIRST_CONCURRENCY, FIRST_CONCURRENCY)
        self._free = threading.BoundedSemaphore(self._at_once)

    def work(self) -> None:
        with ThreadPoolExecutor(self._at_once, thread_name_prefix=f"queue-{self._mapping.function}") as pool:
            while not self._stop.is_set():
                self._free.acquire()
                messages = self._received()
                if messages:
                    pool.submit(self._batch, messages)
                else:
                    self._free.release()

    def _received(self) -> Sequence[Message]:
        answer = self._sqs.receive_message(
            QueueUrl=self._mapping.queue_url,
            MaxNumberOfMessages=self._mapping.batch_size,
            WaitTimeSeconds=WAIT_SECONDS,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        found: Sequence[Message] = answer.get("Messages", ())
        return found

    def _batch(self, messages: Sequence[Message]) -> None:
        try:
            records = [self._record(message) for message in messages]
            outcome = self._functions.invoke(self._mapping.function, json.dumps({"Records": records}).encode())
            failed = self._failed(outcome, [message["MessageId"] for message in messages])
            if failed:
                detail = f"{len(failed)} of {len(messages)} messages, when they are visible again"
                self._sink(happening(EventKind.RETRY, self._mapping.function, detail, records=len(failed)))
            done = [message for message in messages if message["MessageId"] not in failed]
            if done:
                entries = [
                    {"Id": str(place), "ReceiptHandle": message["ReceiptHandle"]} for place, message in enumerate(done)
                ]
                self._sqs.delete_message_batch(QueueUrl=self._mapping.queue_url, Entries=entries)
        except StackClosedError:
            return
        finally:
            self._free.release()

    def _failed(self, outcome: Outcome, ids: Sequence[str]) -> frozenset[str]:
        if outcome.error_type is not None:
            return frozenset(ids)
        return failures(outcome.payload, ids) if self._mapping.partial_responses else frozenset()

    def _record(self, message: Message) -> dict[str, Any]:
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": {},
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self._mapping.queue_arn,
            "awsRegion": self._region,
        }


def failures(response: bytes, ids: Sequence[str]) -> frozenset[str]:
    """Developer Guide, Implementing partial batch responses: an empty or null response, list or `batchItemFailures` is
    a complete success; an identifier that is empty, null, unknown or under another name a complete failure."""
    answer = json.loads(response or b"null")
    reported = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if not reported:
        return frozenset()
    if not isinstance(reported, list):
        return frozenset(ids)
    named = [item.get("itemIdentifier") if isinstance(item, dict) else None for item in reported]
    if any(name not in ids for name in named):
        return frozenset(ids)
    return frozenset(str(name) for name in named)

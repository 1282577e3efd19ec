"""SQS standard queues as a client object."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from saga_testing.aws.errors import check_parameters, client_error

MAX_MESSAGE_BYTES: Final = 1024 * 1024
MAX_RECEIVED: Final = 10
MAX_SENT: Final = 10
MAX_DELAY_SECONDS: Final = 900
DEFAULT_VISIBILITY_SECONDS: Final = 30

_EMPTY: Final = "AWS.SimpleQueueService.EmptyBatchRequest"
_TOO_MANY: Final = "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"
_METADATA: Final = {"HTTPStatusCode": 200, "HTTPHeaders": {}, "RequestId": "simulated", "RetryAttempts": 0}
# "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF" (API Reference, SendMessage)
_NOT_ALLOWED: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SEND_PARAMETERS: Final = (
    frozenset({"QueueUrl", "MessageBody"}),
    frozenset({"QueueUrl", "MessageBody", "DelaySeconds", "MessageAttributes"}),
)
_BATCH_PARAMETERS: Final = (frozenset({"QueueUrl", "Entries"}), frozenset({"QueueUrl", "Entries"}))
_RECEIVE_PARAMETERS: Final = (
    frozenset({"QueueUrl"}),
    frozenset({"QueueUrl", "MaxNumberOfMessages", "VisibilityTimeout", "WaitTimeSeconds", "AttributeNames"}),
)
_DELETE_PARAMETERS: Final = (frozenset({"QueueUrl", "ReceiptHandle"}), frozenset({"QueueUrl", "ReceiptHandle"}))
_ATTRIBUTE_PARAMETERS: Final = (frozenset({"QueueUrl"}), frozenset({"QueueUrl", "AttributeNames"}))


@dataclass
class _Message:
    message_id: str
    body: str
    visible_at_ms: int = 0
    received: int = 0


class SimulatedSqs:
    """`clock` gives epoch milliseconds; it only decides when a delayed or received message shows itself."""

    def __init__(self, clock: Callable[[], int] = lambda: 0) -> None:
        self._clock = clock
        self._queues: dict[str, dict[str, _Message]] = {}
        self._sent = 0

    def create_queue(self, **request: Any) -> dict[str, Any]:
        url = f"https://sqs.us-east-1.amazonaws.com/123456789012/{request['QueueName']}"
        self._queues.setdefault(url, {})
        return _reply(QueueUrl=url)

    def bodies(self, queue_url: str) -> list[str]:
        """Everything on the queue, hidden or not, for oracles."""
        return [message.body for message in self._queues[queue_url].values()]

    def send_message(self, **request: Any) -> dict[str, Any]:
        check_parameters(request, *_SEND_PARAMETERS)
        queue, body = self._queue("SendMessage", request["QueueUrl"]), request["MessageBody"]
        delay = request.get("DelaySeconds", 0)
        if not 0 <= delay <= MAX_DELAY_SECONDS:
            message = (
                f"Value {delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."
            )
            raise client_error("SendMessage", "InvalidParameterValue", message)
        if not body:
            raise client_error("SendMessage", "MissingParameter", "The request must contain the parameter MessageBody.")
        if _NOT_ALLOWED.search(body):
            message = "The message contains characters outside the allowed set."
            raise client_error("SendMessage", "InvalidMessageContents", message)
        if len(body.encode()) > MAX_MESSAGE_BYTES:
            message = (
                f"One or more parameters are invalid. Reason: Message must be shorter than {MAX_MESSAGE_BYTES} bytes."
            )
            raise client_error("SendMessage", "InvalidParameterValue", message)
        self._sent += 1
        message_id = f"00000000-0000-4000-8000-{self._sent:012d}"
        queue[message_id] = _Message(message_id, body, visible_at_ms=self._clock() + 1000 * delay)
        return _reply(MessageId=message_id, MD5OfMessageBody=_md5(body))

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        """Ten at most, each with a fate of its own."""
        check_parameters(request, *_BATCH_PARAMETERS)
        self._queue("SendMessageBatch", request["QueueUrl"])
        entries = request["Entries"]
        if not entries:
            raise client_error("SendMessageBatch", _EMPTY, "There should be at least one SendMessageBatchRequestEntry.")
        if len(entries) > MAX_SENT:
            message = f"Maximum number of entries per request are {MAX_SENT}. You have sent {len(entries)}."
            raise client_error("SendMessageBatch", _TOO_MANY, message)
        taken: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        for entry in entries:
            own = {name: value for name, value in entry.items() if name != "Id"}
            try:
                sent = self.send_message(QueueUrl=request["QueueUrl"], **own)
            except ClientError as refused:
                error = refused.response["Error"]
                failed.append(
                    {"Id": entry["Id"], "SenderFault": True, "Code": error["Code"], "Message": error["Message"]}
                )
            else:
                answer = {name: sent[name] for name in ("MessageId", "MD5OfMessageBody")}
                taken.append({"Id": entry["Id"], **answer})
        return _reply(Successful=taken, **({"Failed": failed} if failed else {}))

    def receive_message(self, **request: Any) -> dict[str, Any]:
        """Hides what it returns for the visibility timeout. Never waits: nobody else could send meanwhile."""
        check_parameters(request, *_RECEIVE_PARAMETERS)
        queue, now = self._queue("ReceiveMessage", request["QueueUrl"]), self._clock()
        count = request.get("MaxNumberOfMessages", 1)
        if not 1 <= count <= MAX_RECEIVED:
            message = f"Value {count} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10."
            raise client_error("ReceiveMessage", "InvalidParameterValue", message)
        visible = [message for message in queue.values() if message.visible_at_ms <= now][:count]
        for taken in visible:
            taken.visible_at_ms = now + 1000 * request.get("VisibilityTimeout", DEFAULT_VISIBILITY_SECONDS)
            taken.received += 1
        if not visible:
            return _reply()
        return _reply(Messages=[_received(message) for message in visible])

    def delete_message(self, **request: Any) -> dict[str, Any]:
        """Deleting what is gone succeeds."""
        check_parameters(request, *_DELETE_PARAMETERS)
        self._queue("DeleteMessage", request["QueueUrl"]).pop(request["ReceiptHandle"].partition("#")[0], None)
        return _reply()

    def get_queue_attributes(self, **request: Any) -> dict[str, Any]:
        check_parameters(request, *_ATTRIBUTE_PARAMETERS)
        queue, now = self._queue("GetQueueAttributes", request["QueueUrl"]), self._clock()
        hidden = [message for message in queue.values() if message.visible_at_ms > now]
        delayed = sum(not message.received for message in hidden)
        counts = {
            "ApproximateNumberOfMessages": str(len(queue) - len(hidden)),
            "ApproximateNumberOfMessagesDelayed": str(delayed),
            "ApproximateNumberOfMessagesNotVisible": str(len(hidden) - delayed),
        }
        wanted = request.get("AttributeNames", ())
        return _reply(Attributes={name: counts[name] for name in counts if name in wanted or "All" in wanted})

    def _queue(self, operation: str, url: str) -> dict[str, _Message]:
        if url not in self._queues:
            code, message = "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist."
            raise client_error(operation, code, message)
        return self._queues[url]


def _received(message: _Message) -> dict[str, Any]:
    return {
        "MessageId": message.message_id,
        "ReceiptHandle": f"{message.message_id}#{message.received}",
        "Body": message.body,
        "MD5OfBody": _md5(message.body),
    }


def _md5(body: str) -> str:
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()


def _reply(**members: Any) -> dict[str, Any]:
    return {**members, "ResponseMetadata": _METADATA}

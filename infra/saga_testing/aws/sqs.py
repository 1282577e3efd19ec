"""SQS standard queues as a client object."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from saga_testing.aws.errors import check_parameters, client_error

MAX_MESSAGE_BYTES: Final = 1024 * 1024
MAX_RECEIVED: Final = 10
DEFAULT_VISIBILITY_SECONDS: Final = 30

_METADATA: Final = {"HTTPStatusCode": 200, "HTTPHeaders": {}, "RequestId": "simulated", "RetryAttempts": 0}
# "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF" (API Reference, SendMessage)
_NOT_ALLOWED: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SEND_PARAMETERS: Final = (
    frozenset({"QueueUrl", "MessageBody"}),
    frozenset({"QueueUrl", "MessageBody", "DelaySeconds", "MessageAttributes"}),
)
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
    """`clock` gives epoch milliseconds; it only decides when a received message shows itself again."""

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
        queue[message_id] = _Message(message_id, body)
        return _reply(MessageId=message_id, MD5OfMessageBody=_md5(body))

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
        visible = sum(message.visible_at_ms <= now for message in queue.values())
        counts = {
            "ApproximateNumberOfMessages": str(visible),
            "ApproximateNumberOfMessagesNotVisible": str(len(queue) - visible),
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

"""Repairs of moto's SQS: what it refuses, how it waits, and what a call costs. See `moto_repairs`."""

import re
import time
from typing import Any, Final

from moto.sqs import models
from moto.sqs.exceptions import InvalidParameterValue, MissingParameter, ReceiptHandleIsInvalid, SQSException
from moto.sqs.models import Message, Queue, SQSBackend

from local_stack.aws.moto_repairs.state import CLOSING, STATE, replace_method

MAX_MESSAGE_BYTES: Final = 1024 * 1024
#: SQS API Reference, SendMessage: #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF.
NOT_IN_A_MESSAGE: Final = re.compile("[^\\t\\n\\r\\u0020-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
#: Attributes of a queue that are counted, each over all its messages, and the property that counts them.
COUNTED: Final = {
    "ApproximateNumberOfMessages": "approximate_number_of_messages",
    "ApproximateNumberOfMessagesDelayed": "approximate_number_of_messages_delayed",
    "ApproximateNumberOfMessagesNotVisible": "approximate_number_of_messages_not_visible",
}


def repair_sqs() -> None:
    _refuse_messages_that_sqs_refuses()
    _let_receive_message_wait_without_blocking_others()
    _count_messages_only_when_asked()
    _find_a_deleted_message_once()
    _read_the_clock_cheaply()


def _let_receive_message_wait_without_blocking_others() -> None:
    """Long polling (SQS Developer Guide) delays its caller alone. With one lock round all requests it would delay
    everybody, so the wait gives the lock up between two looks at the queue."""
    moto_receive = SQSBackend.receive_message

    def receive_message(
        self: SQSBackend,
        queue_name: str,
        count: int,
        wait_seconds_timeout: int,
        visibility_timeout: int,
        names: list[str] | None = None,
    ) -> list[Any]:
        until = time.monotonic() + wait_seconds_timeout
        with STATE:
            while True:
                messages: list[Any] = moto_receive(self, queue_name, count, 0, visibility_timeout, names)
                left = until - time.monotonic()
                if messages or left <= 0 or CLOSING.is_set():
                    return messages
                STATE.wait(min(0.05, left))

    replace_method(SQSBackend, "receive_message", receive_message)


def _refuse_messages_that_sqs_refuses() -> None:
    """ "The minimum size is one character", the maximum counts bytes, and characters outside the listed ranges are
    refused (API Reference, SendMessage). moto counts characters and takes every one of them."""
    moto_validate = SQSBackend._validate_message  # noqa: SLF001 - the one place that single and batch sends share

    def validate(self: SQSBackend, queue: Queue, message_body: str, *args: Any, **kwargs: Any) -> None:
        if not message_body:
            raise MissingParameter("MessageBody")
        if len(message_body.encode("utf-8", "surrogatepass")) > MAX_MESSAGE_BYTES:
            raise InvalidParameterValue("One or more parameters are invalid. Reason: Message must be shorter.")
        if NOT_IN_A_MESSAGE.search(message_body):
            raise SQSException("InvalidMessageContents", "The message contains characters outside the allowed set.")
        moto_validate(self, queue, message_body, *args, **kwargs)

    replace_method(SQSBackend, "_validate_message", validate)


# ---- costs: the answers are moto's own -------------------------------------------------------------------------------


def _count_messages_only_when_asked() -> None:
    """moto counts all messages of a queue, three times over, whenever it looks at any attribute: on each send, and for
    each message received. The counts are left to those who ask for them (API Reference, GetQueueAttributes)."""
    moto_get = SQSBackend.get_queue_attributes

    def get_queue_attributes(self: SQSBackend, queue_name: str, attribute_names: list[str]) -> dict[str, Any]:
        others = [name for name in attribute_names if name not in COUNTED]
        attributes: dict[str, Any] = moto_get(self, queue_name, others)
        queue = self.get_queue(queue_name)
        asked = COUNTED if "All" in attribute_names else [name for name in COUNTED if name in attribute_names]
        return attributes | {name: getattr(queue, COUNTED[name]) for name in asked}

    Queue.BASE_ATTRIBUTES = [name for name in Queue.BASE_ATTRIBUTES if name not in COUNTED]
    replace_method(SQSBackend, "get_queue_attributes", get_queue_attributes)


def _find_a_deleted_message_once() -> None:
    """moto reads all messages twice and copies the queue for each message that is deleted."""

    def delete_message(self: Queue, receipt_handle: str) -> None:
        if receipt_handle in self.deleted_messages:
            return
        for position, message in enumerate(self._messages):
            if message.had_receipt_handle(receipt_handle):
                self.pending_messages.discard(message)
                self.deleted_messages.update(filter(None, message.all_receipt_handles))
                del self._messages[position]
                return
        raise ReceiptHandleIsInvalid

    def had_receipt_handle(self: Message, receipt_handle: str) -> bool:
        return receipt_handle == self.receipt_handle or receipt_handle in self._old_receipt_handles

    replace_method(Queue, "delete_message", delete_message)
    replace_method(Message, "had_receipt_handle", had_receipt_handle)


def _read_the_clock_cheaply() -> None:
    """moto makes three dates to learn the time, for each message that it looks at."""

    replace_method(models, "unix_time", time.time)
    replace_method(models, "unix_time_millis", lambda: time.time() * 1000.0)

"""What was set aside: pointers to rejected events on their queue, and Lambda's on-failure objects in the payload
bucket.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sagactl.deployment import Deployment

ON_FAILURE_PREFIX = "aws/lambda/"
_POINTER_FIELDS = ("reason", "detail", "source", "position", "function", "bucket", "key", "rejected_at")
_PER_CALL = 10


class Kind(StrEnum):
    """Who set it aside."""

    REJECTED = "rejected"
    """A function found that it will never work."""
    UNDELIVERED = "undelivered"
    """Lambda gave up delivering it to a function."""


@dataclass(frozen=True)
class Rejected:
    """One rejected event. The same event may have been parked several times, under the same key."""

    key: str
    reason: str
    detail: str
    source: str
    position: dict[str, Any]
    function: str
    rejected_at: str
    receipts: tuple[str, ...] = field(repr=False)

    def facts(self) -> dict[str, Any]:
        """What a list shows."""
        return {
            "kind": Kind.REJECTED.value,
            "key": self.key,
            "reason": self.reason,
            "detail": self.detail,
            "source": self.source,
            "position": self.position,
            "function": self.function,
            "at": self.rejected_at,
            "copies": len(self.receipts),
        }


@dataclass(frozen=True)
class Undelivered:
    """One on-failure object."""

    key: str
    at: str
    record: dict[str, Any] = field(repr=False)

    @property
    def function(self) -> str:
        """The name in the function's ARN, which may end with a qualifier."""
        return str(self._context.get("functionArn", "")).split(":function:")[-1].partition(":")[0]

    @property
    def source(self) -> str:
        """Which of the three kinds of records this is."""
        if "requestPayload" in self.record:
            return "asynchronous"
        return "stream" if "DDBStreamBatchInfo" in self.record else "kafka"

    @property
    def payload(self) -> Any:
        """What the function was given; a batch is written as a string. None when the record carries metadata alone."""
        given = self.record.get("requestPayload", self.record.get("payload"))
        return json.loads(given) if isinstance(given, str) else given

    @property
    def _context(self) -> dict[str, Any]:
        context = self.record.get("requestContext")
        return context if isinstance(context, dict) else {}

    def facts(self) -> dict[str, Any]:
        """What a list shows; never the payload."""
        return {
            "kind": Kind.UNDELIVERED.value,
            "key": self.key,
            "reason": self._context.get("condition", "unknown"),
            "detail": f"{self._context.get('approximateInvokeCount', '?')} attempts",
            "source": self.source,
            "position": {"request_id": self._context.get("requestId")},
            "function": self.function,
            "at": self.at,
            "copies": 1,
        }


class RejectedQueue:
    """The queue of pointers, read without consuming: what is taken becomes visible again."""

    def __init__(self, stack: Deployment) -> None:
        self._sqs = stack.client("sqs")
        self._url = stack.rejected_queue_url
        # A long poll asks all of the queue's servers, so that an empty answer means an empty queue. Here there is one.
        self._wait_seconds = 0 if stack.connection.is_local else 1

    @contextmanager
    def held(self, seconds: int) -> Iterator[list[Rejected]]:
        """Every pointer, hidden from other readers for the length of the block, at most `seconds`; then shown again."""
        messages = self._take_all(seconds)
        try:
            yield _grouped(messages)
        finally:
            self._show_again([message["ReceiptHandle"] for message in messages])

    def remove(self, rejected: Rejected) -> None:
        """Delete all copies of the pointer that were held."""
        for receipt in rejected.receipts:
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=receipt)

    def _take_all(self, seconds: int) -> list[dict[str, Any]]:
        taken: list[dict[str, Any]] = []
        while messages := self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=_PER_CALL,
            VisibilityTimeout=seconds,
            WaitTimeSeconds=self._wait_seconds,
        ).get("Messages", []):
            taken += messages
        return taken

    def _show_again(self, receipts: list[str]) -> None:
        for begin in range(0, len(receipts), _PER_CALL):
            entries = [
                {"Id": str(index), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                for index, receipt in enumerate(receipts[begin : begin + _PER_CALL])
            ]
            # Those that were removed meanwhile are answered as failed entries, which is as it should be.
            self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)


def undelivered(stack: Deployment) -> list[Undelivered]:
    """Every on-failure object, oldest first."""
    s3, found = stack.client("s3"), []
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=stack.payload_bucket, Prefix=ON_FAILURE_PREFIX):
        for item in page.get("Contents", []):
            body = s3.get_object(Bucket=stack.payload_bucket, Key=item["Key"])["Body"].read()
            record = _object(body)
            at = str(record.get("timestamp") or item["LastModified"].isoformat())
            found.append(Undelivered(item["Key"], at, record))
    return sorted(found, key=lambda each: each.at)


def _grouped(messages: list[dict[str, Any]]) -> list[Rejected]:
    """One entry a key, with the latest account of it; what is no pointer of ours is left in the queue, unseen."""
    pointers: dict[str, tuple[dict[str, Any], list[str]]] = {}
    for message in messages:
        pointer = _object(message["Body"].encode())
        if not all(name in pointer for name in _POINTER_FIELDS):
            continue
        newest, receipts = pointers.get(pointer["key"], (pointer, []))
        if pointer["rejected_at"] >= newest["rejected_at"]:
            newest = pointer
        pointers[pointer["key"]] = (newest, [*receipts, message["ReceiptHandle"]])
    rejected = [
        Rejected(
            key=pointer["key"],
            reason=pointer["reason"],
            detail=pointer["detail"],
            source=pointer["source"],
            position=pointer["position"],
            function=pointer["function"],
            rejected_at=pointer["rejected_at"],
            receipts=tuple(receipts),
        )
        for pointer, receipts in pointers.values()
    ]
    return sorted(rejected, key=lambda each: each.rejected_at)


def _object(body: bytes) -> dict[str, Any]:
    try:
        decoded = json.loads(body)
    except ValueError:
        return {}
    return decoded if isinstance(decoded, dict) else {}

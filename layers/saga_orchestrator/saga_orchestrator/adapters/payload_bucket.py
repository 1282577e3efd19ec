"""The encrypted, expiring bucket for users' data: scripts, and the original bytes of rejected events."""

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from saga_orchestrator.domain.errors import RejectedEvent, RejectReason
from saga_orchestrator.domain.events import script_key
from saga_orchestrator.domain.secret import Secret

from .aws_errors import acknowledging_nothing, code_of, part_of, retryable


@dataclass(frozen=True, slots=True)
class PayloadBucket:
    client: Any
    bucket: str

    def put(self, execution_id: str, sha256: bytes, content: Secret) -> None:
        """Idempotent: the key is made of the content's hash."""
        with retryable():
            reply = self.client.put_object(
                Bucket=self.bucket, Key=script_key(execution_id, sha256), Body=content.reveal()
            )
        part_of(reply, "ETag")

    def read_script(self, bucket: str, key: str) -> Secret:
        """For the relay alone, when small scripts travel inside the command."""
        try:
            with retryable():
                return Secret(part_of(self.client.get_object(Bucket=bucket, Key=key), "Body").read())
        except ClientError as error:
            if code_of(error) != "NoSuchKey":
                raise
            raise RejectedEvent(RejectReason.UNPUBLISHABLE, "the script has expired from the bucket") from None


@dataclass(frozen=True, slots=True)
class RejectedEvents:
    """Parking: the original bytes into the bucket first, then a pointer onto the queue that people watch.

    In that order, so that a pointer never names nothing; and under a key of the source position, so that a redelivery
    parks the same object again. SQS alone refuses control characters and large bodies.
    """

    s3: Any
    sqs: Any
    bucket: str
    queue_url: str
    function: str

    def park(
        self, original: Secret, *, source: str, position: dict[str, Any], reason: str, detail: str, rejected_at: str
    ) -> str:
        """Park one event. Raises `RetryableError` when it is not safely parked, so that it is not acknowledged."""
        place = "/".join(str(value) for value in position.values())
        key = f"rejected/{self.function}/{source}/{place}"
        pointer = {
            "reason": reason,
            "detail": detail,
            "source": source,
            "position": position,
            "function": self.function,
            "bucket": self.bucket,
            "key": key,
            "rejected_at": rejected_at,
        }
        with acknowledging_nothing():
            part_of(self.s3.put_object(Bucket=self.bucket, Key=key, Body=original.reveal()), "ETag")
            part_of(self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=json.dumps(pointer)), "MessageId")
        return key

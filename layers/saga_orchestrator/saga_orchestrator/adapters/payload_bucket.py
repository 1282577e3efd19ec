"""The encrypted, expiring bucket for users' data: scripts. Beside them lie the bytes of rejected events."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from saga_orchestrator.domain.errors import RejectedEvent, RejectReason
from saga_orchestrator.domain.events import script_key
from saga_orchestrator.domain.secret import Secret

from .aws_errors import code_of, part_of, retryable


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

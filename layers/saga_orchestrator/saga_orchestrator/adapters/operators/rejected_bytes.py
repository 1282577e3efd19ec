"""The bytes of rejected events, in the stack's own bucket: no name of another one is ever taken."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from saga_orchestrator.adapters.aws_errors import code_of, part_of, retryable


@dataclass(frozen=True, slots=True)
class RejectedBytes:
    client: Any
    bucket: str

    def read(self, key: str) -> bytes | None:
        try:
            with retryable():
                content: bytes = part_of(self.client.get_object(Bucket=self.bucket, Key=key), "Body").read()
        except ClientError as error:
            if code_of(error) != "NoSuchKey":
                raise
            return None
        return content

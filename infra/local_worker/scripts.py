"""Fetches a script and proves that it is the announced one before anything runs."""

import hashlib
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_worker.commands import CreatePodCommand
from local_worker.refusals import ScriptMismatchError, ScriptUnavailableError


def fetch_script(s3: Any, command: CreatePodCommand) -> bytes:
    """The script's bytes, inline or from the bucket, with size and SHA-256 as announced; neither error names its
    content.
    """
    reference = command.script_ref
    content = command.script.encode() if command.script is not None else _download(s3, reference.bucket, reference.key)
    if len(content) != reference.size or hashlib.sha256(content).hexdigest() != reference.sha256:
        msg = f"size or SHA-256 of {reference.key} is not what the command announces"
        raise ScriptMismatchError(msg)
    return content


def _download(s3: Any, bucket: str, key: str) -> bytes:
    try:
        content: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except (ClientError, BotoCoreError) as error:
        answer = error.response if isinstance(error, ClientError) else {}
        code = answer.get("Error", {}).get("Code") or type(error).__name__
        msg = f"{key} could not be read: {code}"
        raise ScriptUnavailableError(msg) from error
    return content

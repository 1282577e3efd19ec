"""On-failure objects: what Lambda gave up, whole, in the payload bucket."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from saga_orchestrator.adapters.aws_errors import code_of
from saga_orchestrator.adapters.rejected_events import item_id, named_in
from saga_orchestrator.application.settling.kept import Kept, Kind
from sagactl.deployment import Deployment

PREFIX = "aws/lambda/"


def undelivered(stack: Deployment) -> list[Kept]:
    """Every on-failure object, newest first. Reads each: their names tell only when and of which function."""
    found = []
    pages = stack.client("s3").get_paginator("list_objects_v2").paginate(Bucket=stack.payload_bucket, Prefix=PREFIX)
    for page in pages:
        for item in page.get("Contents", []):
            record = record_of(stack, item["Key"])
            if record is None:
                continue  # it has expired, or been settled, since it was listed
            found.append(_kept(item["Key"], record, str(record.get("timestamp") or item["LastModified"].isoformat())))
    return sorted(found, key=lambda each: each.at, reverse=True)


def record_of(stack: Deployment, key: str) -> dict[str, Any] | None:
    """What Lambda wrote; empty where it is no JSON object, None where there is no object any more."""
    try:
        body = stack.client("s3").get_object(Bucket=stack.payload_bucket, Key=key)["Body"].read()
    except ClientError as error:
        if code_of(error) not in {"404", "NoSuchKey"}:
            raise
        return None
    return _object(body)


def payload_of(record: Mapping[str, Any]) -> Any:
    """What the function was given; a batch is written as a string. None when the record carries metadata alone."""
    given = record.get("requestPayload", record.get("payload"))
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given)
    except ValueError:
        return None


def function_of(record: Mapping[str, Any]) -> str:
    """The name in the function's ARN, which may end with a qualifier."""
    return str(_context(record).get("functionArn", "")).split(":function:")[-1].partition(":")[0]


def _kept(key: str, record: dict[str, Any], at: str) -> Kept:
    context = _context(record)
    source, payload = _source_of(record), payload_of(record)
    return Kept(
        id=item_id(key),
        kind=Kind.UNDELIVERED,
        reason=str(context.get("condition", "unknown")),
        detail=f"{context.get('approximateInvokeCount', '?')} attempts",
        source=source,
        position={"request_id": context.get("requestId")},
        function=function_of(record),
        at=at,
        copies=1,
        names=named_in(json.dumps(payload).encode(), {}) if source == "asynchronous" else {},
        key=key,
    )


def _source_of(record: Mapping[str, Any]) -> str:
    if "requestPayload" in record:
        return "asynchronous"
    return "stream" if "DDBStreamBatchInfo" in record else "kafka"


def _context(record: Mapping[str, Any]) -> dict[str, Any]:
    context = record.get("requestContext")
    return context if isinstance(context, dict) else {}


def _object(body: bytes) -> dict[str, Any]:
    try:
        decoded = json.loads(body)
    except ValueError:
        return {}
    return decoded if isinstance(decoded, dict) else {}

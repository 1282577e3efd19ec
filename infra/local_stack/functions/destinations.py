"""On-failure destinations and dead-letter queues: where a payload goes when its source gives up, in the documents that
AWS writes."""

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_stack.aws import AwsClients
from local_stack.functions.function_spec import FunctionSpec
from local_stack.stack_event import EventKind, StackEvent, happening


@dataclass(frozen=True)
class Failure:
    """What the last attempt said, and why there will be no other: RetriesExhausted, EventAgeExceeded,
    RetryAttemptsExhausted, ..."""

    request_id: str
    condition: str
    attempts: int
    response_payload: bytes | None = None


class Destinations:
    """Writes failure records. S3, SQS and SNS are provided; a destination of another kind is refused when the stack
    starts."""

    SERVICES = frozenset({"s3", "sqs", "sns"})

    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients

    def reject(
        self, spec: FunctionSpec, arn: str | None, record: dict[str, Any], key_prefix: str, what: str
    ) -> StackEvent:
        """Write the record; the happening says where it is, or that it is lost. AWS counts the latter as
        DestinationDeliveryFailures and goes on, and so does this."""
        condition = record["requestContext"]["condition"]
        if arn is None:
            detail = f"{what}: {condition}, and no on-failure destination"
            return happening(EventKind.DROPPED, spec.name, detail, condition=condition)
        try:
            where = self._send(arn, json.dumps(record), key_prefix)
        except (ClientError, BotoCoreError) as exc:
            detail = f"{what}: {condition}, and {arn} refused the record: {exc}"
            return happening(EventKind.DROPPED, spec.name, detail, condition=condition)
        return happening(
            EventKind.REJECTED, spec.name, f"{what}: {condition}: {where}", condition=condition, destination=where
        )

    def _send(self, arn: str, body: str, key_prefix: str) -> str:
        service, name = service_of(arn), arn.split(":")[5]
        if service == "s3":
            key = failure_object_key(key_prefix, datetime.now(UTC))
            self._clients("s3").put_object(Bucket=name, Key=key, Body=body.encode(), ContentType="application/json")
            return f"s3://{name}/{key}"
        if service == "sqs":
            url = self._clients("sqs").get_queue_url(QueueName=name)["QueueUrl"]
            self._clients("sqs").send_message(QueueUrl=url, MessageBody=body)
        else:
            self._clients("sns").publish(TopicArn=arn, Message=body)
        return arn


def service_of(arn: str) -> str:
    return arn.split(":")[2]


def failure_object_key(prefix: str, at: datetime) -> str:
    """Developer Guide, Capturing records of Lambda asynchronous invocations (and its pages on stream and Kafka
    destinations): `aws/lambda/async/FUNCTION/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-UUID`, and
    `aws/lambda/MAPPING/SHARD-OR-TOPIC/...` for mappings."""
    return f"aws/lambda/{prefix}/{at:%Y/%m/%d}/{at:%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"


def async_failure_record(spec: FunctionSpec, failure: Failure, request_payload: bytes) -> dict[str, Any]:
    """Developer Guide, Capturing records of Lambda asynchronous invocations, Example invocation record."""
    record = {**_head(failure, f"{spec.arn}:$LATEST"), "requestPayload": json.loads(request_payload)}
    if failure.response_payload is not None:
        record["responseContext"] = _response_context()
        record["responsePayload"] = json.loads(failure.response_payload)
    return record


def mapping_failure_record(
    spec: FunctionSpec, failure: Failure, batch_info: dict[str, Any], event: dict[str, Any]
) -> dict[str, Any]:
    """Developer Guide, Capturing discarded batches for a DynamoDB (or Kafka) event source. `payload`, the whole event
    as a string, is what S3 gets beyond the other destinations; `batch_info` is {"DDBStreamBatchInfo": ...} or
    {"KafkaBatchInfo": ...}."""
    context = _response_context() if failure.response_payload is not None else None
    return {**_head(failure, spec.arn), "responseContext": context, **batch_info, "payload": json.dumps(event)}


def _head(failure: Failure, function_arn: str) -> dict[str, Any]:
    return {
        "version": "1.0",
        "timestamp": timestamp(datetime.now(UTC)),
        "requestContext": {
            "requestId": failure.request_id,
            "functionArn": function_arn,
            "condition": failure.condition,
            "approximateInvokeCount": failure.attempts,
        },
    }


def _response_context() -> dict[str, Any]:
    return {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}


def timestamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"

"""On the same list: what Lambda and EventBridge gave up, which never reached a function or never got through one."""

import json
import uuid

import pytest

from tests.tools.local_stack.outside import event
from tests.tools.sagactl.conftest import Operator
from tests.tools.sagactl.rejecting import listed, put, redriven

pytestmark = pytest.mark.usefixtures("nothing_rejected")


#: Developer Guide, Capturing records of Lambda asynchronous invocations.
FAILED_INVOCATION = {
    "version": "1.0",
    "timestamp": "2026-05-01T12:00:00.000Z",
    "requestContext": {
        "requestId": "e4b46cbf-b738-xmpl-8880-a18cdf61200e",
        "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:saga-orchestrator-execution-requested:$LATEST",
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 3,
    },
    "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
    "responsePayload": {"errorType": "RetryableError"},
}


def test_a_delivery_that_lambda_gave_up_is_redriven_and_its_object_removed(operator: Operator) -> None:
    one, key = f"given-up-{uuid.uuid4().hex}", f"aws/lambda/async/execution-requested/2026/05/01/{uuid.uuid4()}"
    detail = event("EXECUTION_REQUESTED", one)
    given = {"detail-type": detail["event_type"], "source": "executions", "id": "eb-1", "detail": detail}
    put(operator, key, {**FAILED_INVOCATION, "requestPayload": given})
    (fact,) = listed(operator)
    assert (fact["kind"], fact["reason"], fact["detail"]) == ("undelivered", "RetriesExhausted", "3 attempts")
    assert fact["execution_id"] == one
    assert redriven(operator, fact["id"])["result"] == "redriven"
    operator.is_in(one, "running")
    assert listed(operator) == []


def test_a_stream_batch_that_lambda_gave_up_is_published_from_what_is_stored(operator: Operator) -> None:
    one = f"stream-{uuid.uuid4().hex}"
    operator.client.over_eventbridge(event("EXECUTION_REQUESTED", one, script=""))
    operator.is_in(one, "failed")
    keys = {"execution_id": {"S": one}, "saga_name": {"S": "execution_saga"}}
    batch = json.dumps({"Records": [{"dynamodb": {"Keys": keys}}]})
    given_up = {**FAILED_INVOCATION, "DDBStreamBatchInfo": {}, "payload": batch}
    put(operator, "aws/lambda/mapping/shard/2026/05/01/one", given_up)
    operator.eventually(lambda: operator.client.message(one, "SAGA_FAILED"))
    assert redriven(operator, "--all")["result"] == "redriven"
    assert listed(operator) == []


def test_what_a_rule_could_not_deliver_is_listed_and_redriven(operator: Operator) -> None:
    one = f"dead-letter-{uuid.uuid4().hex}"
    detail = event("EXECUTION_REQUESTED", one)
    given = {"detail-type": "execution_requested", "source": "executions", "id": "eb-1", "detail": detail}
    operator.aws("sqs").send_message(
        QueueUrl=operator.dead_letter_queue_url,
        MessageBody=json.dumps(given),
        MessageAttributes={"ERROR_CODE": {"DataType": "String", "StringValue": "NO_PERMISSIONS"}},
    )
    (fact,) = listed(operator)
    assert (fact["kind"], fact["reason"], fact["execution_id"]) == ("dead_letter", "NO_PERMISSIONS", one)
    assert redriven(operator, fact["id"])["result"] == "redriven"
    operator.is_in(one, "running")
    assert listed(operator) == []


def test_a_dead_letter_is_dropped_like_any_other(operator: Operator) -> None:
    operator.aws("sqs").send_message(QueueUrl=operator.dead_letter_queue_url, MessageBody="{}")
    (fact,) = listed(operator)
    assert (fact["kind"], fact["source"]) == ("dead_letter", "schedule")
    operator.gets("rejected", "drop", fact["id"], "--because", "an old tick", "--yes")
    assert listed(operator) == []

"""`sagactl rejected list | redrive`: what was set aside is seen, delivered again, and gone once it took effect."""

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.tools.local_stack.outside import event
from tests.tools.sagactl.conftest import Operator

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


@pytest.fixture(autouse=True)
def _nothing_set_aside(operator: Operator) -> Iterator[None]:
    """Each test begins and ends with an empty list."""
    yield
    queue, sqs = operator.ready["rejected_queue_url"], operator.aws("sqs")
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    bucket, s3 = operator.ready["payload_bucket"], operator.aws("s3")
    for item in s3.list_objects_v2(Bucket=bucket, Prefix="aws/lambda/").get("Contents", []):
        s3.delete_object(Bucket=bucket, Key=item["Key"])


def parked(operator: Operator, over: str, wrong: dict[str, Any]) -> str:
    """Send an event that cannot work; the key under which it was set aside."""
    before = pointers(operator)
    getattr(operator.client, f"over_{over}")(wrong)
    return str(operator.eventually(lambda: pointers(operator) - before).pop())


def pointers(operator: Operator) -> set[str]:
    """The keys that the queue names, looked at without hiding them."""
    answer = operator.aws("sqs").receive_message(
        QueueUrl=operator.ready["rejected_queue_url"], MaxNumberOfMessages=10, VisibilityTimeout=0
    )
    return {json.loads(message["Body"])["key"] for message in answer.get("Messages", ())}


def repair(operator: Operator, key: str, content: Any) -> None:
    operator.aws("s3").put_object(Bucket=operator.ready["payload_bucket"], Key=key, Body=json.dumps(content).encode())


def test_list_says_why_and_consumes_nothing(operator: Operator) -> None:
    one = f"listed-{uuid.uuid4().hex}"
    key = parked(operator, "kafka", event("EXECUTION_REQUESTED", one, language="NOT A LANGUAGE", script="secret"))
    for _ in range(2):
        (fact,) = operator.gets("rejected", "list")
        assert fact["key"] == key
        assert (fact["kind"], fact["reason"], fact["source"]) == ("rejected", "malformed", "kafka")
        assert fact["position"]["partition"].startswith("execution_requested-")
        assert "language" in fact["detail"]
        assert "secret" not in str(fact)
    table = operator.types("rejected", "list").stdout
    assert re.search(rf"malformed +│ language: .+│ {re.escape(key)} ", table), "the key stands whole, to be copied"
    assert operator.client.rejected() == 1


@pytest.mark.parametrize("over", ["kafka", "eventbridge"])
def test_redrive_delivers_what_was_parked_and_it_takes_effect(operator: Operator, over: str) -> None:
    one = f"redriven-{uuid.uuid4().hex}"
    wrong = event("EXECUTION_REQUESTED", one, language="NOT A LANGUAGE")
    key = parked(operator, over, wrong)
    right = {**wrong, "language": "python"}
    envelope = {"detail-type": wrong["event_type"], "source": "executions", "id": key[-36:], "detail": right}
    repair(operator, key, right if over == "kafka" else envelope)
    assert operator.gets("rejected", "redrive", "--key", key) == [{"key": key, "result": "redriven", "detail": ""}]
    operator.is_in(one, "running")
    assert operator.gets("rejected", "list") == []
    assert operator.client.rejected() == 0
    assert operator.types("rejected", "list").stdout == "0 set aside\n"


def test_what_is_rejected_again_stays_and_is_no_success(operator: Operator) -> None:
    key = parked(operator, "eventbridge", event("EXECUTION_STARTED", "bad id"))
    outcome = operator.types("rejected", "redrive")
    assert outcome.exit_code == 1
    assert "rejected again" in outcome.stdout
    assert outcome.stderr == "sagactl: 1 of 1 are still set aside\n"
    assert [(fact["key"], fact["copies"]) for fact in operator.gets("rejected", "list")] == [(key, 1)]


def test_redrive_of_one_leaves_the_others(operator: Operator) -> None:
    first = parked(operator, "kafka", event("EXECUTION_STARTED", f"one-{uuid.uuid4().hex}", pod_name=7))
    second = parked(operator, "kafka", {**event("EXECUTION_STARTED", "two"), "event_version": "9.9"})
    (result,) = operator.gets("rejected", "redrive", "--key", first, exit_code=1)
    assert (result["key"], result["result"]) == (first, "rejected again")
    assert {fact["key"] for fact in operator.gets("rejected", "list")} == {first, second}


def test_a_parked_event_that_expired_stays_listed_with_the_reason(operator: Operator) -> None:
    key = parked(operator, "kafka", event("EXECUTION_STARTED", "x y"))
    operator.aws("s3").delete_object(Bucket=operator.ready["payload_bucket"], Key=key)
    (result,) = operator.gets("rejected", "redrive", "--all", exit_code=1)
    assert result == {"key": key, "result": "failed", "detail": "the parked event has expired from the bucket"}
    assert operator.client.rejected() == 1


def test_a_delivery_that_lambda_gave_up_is_redriven_and_its_object_removed(operator: Operator) -> None:
    one, key = f"given-up-{uuid.uuid4().hex}", f"aws/lambda/async/execution-requested/2026/05/01/{uuid.uuid4()}"
    detail = event("EXECUTION_REQUESTED", one)
    given = {"detail-type": detail["event_type"], "source": "executions", "id": "eb-1", "detail": detail}
    repair(operator, key, {**FAILED_INVOCATION, "requestPayload": given})
    (fact,) = operator.gets("rejected", "list")
    assert (fact["kind"], fact["reason"], fact["detail"]) == ("undelivered", "RetriesExhausted", "3 attempts")
    assert one not in str(fact)
    assert operator.gets("rejected", "redrive", "--key", key)[0]["result"] == "redriven"
    operator.is_in(one, "running")
    assert operator.gets("rejected", "list") == []


def test_a_stream_batch_that_lambda_gave_up_is_published_from_what_is_stored(operator: Operator) -> None:
    one = f"stream-{uuid.uuid4().hex}"
    operator.client.over_eventbridge(event("EXECUTION_REQUESTED", one, script=""))
    operator.is_in(one, "failed")
    keys = {"execution_id": {"S": one}, "saga_name": {"S": "execution_saga"}}
    batch = json.dumps({"Records": [{"dynamodb": {"Keys": keys}}]})
    given_up = {**FAILED_INVOCATION, "DDBStreamBatchInfo": {}, "payload": batch}
    repair(operator, "aws/lambda/mapping/shard/2026/05/01/one", given_up)
    operator.eventually(lambda: operator.client.message(one, "SAGA_FAILED"))
    assert operator.gets("rejected", "redrive")[0]["result"] == "redriven"
    assert operator.gets("rejected", "list") == []


def test_a_message_that_the_bus_had_refused_is_published(operator: Operator) -> None:
    one, key = f"refused-{uuid.uuid4().hex}", "rejected/saga-orchestrator-command-relay/stream/1/one"
    operator.client.over_eventbridge(event("EXECUTION_REQUESTED", one, script=""))
    body = operator.eventually(lambda: operator.client.message(one, "SAGA_FAILED"))
    operator.client._seen.pop(one)
    repair(operator, key, body)
    pointer: dict[str, Any] = {
        "reason": "unpublishable",
        "detail": "refused: SAGA_FAILED",
        "source": "stream",
        "key": key,
    }
    pointer |= {"position": {"record": "1/one"}, "function": "saga-orchestrator-command-relay", "bucket": "any"}
    pointer |= {"rejected_at": "2026-05-01T12:00:00.000Z"}
    for _ in range(2):  # parked twice, so there are two pointers to one object
        operator.aws("sqs").send_message(QueueUrl=operator.ready["rejected_queue_url"], MessageBody=json.dumps(pointer))
    assert operator.gets("rejected", "redrive") == [{"key": key, "result": "redriven", "detail": ""}]
    assert operator.eventually(lambda: operator.client.message(one, "SAGA_FAILED")) == body
    assert operator.client.rejected() == 0


@pytest.mark.parametrize(
    ("arguments", "exit_code", "line"),
    [
        (("--key", "nothing"), 1, "nothing with the key nothing is set aside; see `sagactl rejected list`"),
        (("--key", "nothing", "--all"), 2, "name either --key KEY or --all"),
    ],
)
def test_redrive_of_nothing_is_one_line(
    operator: Operator, arguments: tuple[str, ...], exit_code: int, line: str
) -> None:
    outcome = operator.types("rejected", "redrive", *arguments)
    assert (outcome.exit_code, outcome.stderr) == (exit_code, f"sagactl: {line}\n")

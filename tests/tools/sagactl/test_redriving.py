"""`sagactl rejected list | show | redrive | drop`: what had no effect is seen by everybody, and settled once."""

import base64
import json
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
def _nothing_rejected(operator: Operator) -> Iterator[None]:
    """Each test begins and ends with an empty list."""
    yield
    operator.types("rejected", "drop", "--all", "--because", "the test is over", "--yes")
    assert listed(operator) == []
    assert operator.client.rejected() == 0


def listed(operator: Operator, *filters: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = operator.gets("rejected", "list", *filters)["rejected"]
    return found


def rejected(operator: Operator, over: str, wrong: dict[str, Any]) -> dict[str, Any]:
    """Send an event that cannot work; what the list says of it."""
    before = {each["id"] for each in listed(operator)}
    getattr(operator.client, f"over_{over}")(wrong)
    fresh = operator.eventually(lambda: [each for each in listed(operator) if each["id"] not in before])
    operator.eventually(lambda: operator.client.rejected() > len(before))
    (fact,) = fresh
    return dict(fact)


def redriven(operator: Operator, *arguments: str, exit_code: int = 0) -> dict[str, Any]:
    (result,) = operator.gets("rejected", "redrive", *arguments, "--yes", exit_code=exit_code)
    return dict(result)


def put(operator: Operator, key: str, content: Any) -> None:
    operator.aws("s3").put_object(Bucket=operator.ready["payload_bucket"], Key=key, Body=json.dumps(content).encode())


def unknown_version(event_type: str, execution_id: str) -> dict[str, Any]:
    return event(event_type, execution_id, event_version="9.9")


def test_list_says_why_and_hides_nothing(operator: Operator) -> None:
    one = f"listed-{uuid.uuid4().hex}"
    wrong = {**unknown_version("EXECUTION_REQUESTED", one), "script": "secret"}
    kept = rejected(operator, "kafka", wrong)

    expected = {
        "kind": "rejected",
        "reason": "unknown_event_version",
        "source": "kafka",
        "execution_id": one,
        "event_id": wrong["event_id"],
        "event_type": "EXECUTION_REQUESTED",
        "service": "api",
        "copies": 1,
        "state": "open",
    }
    assert {name: kept[name] for name in expected} == expected
    assert kept["position"]["partition"].startswith("execution_requested-")
    assert "secret" not in str(kept)
    assert kept["id"] in operator.types("rejected", "list").stdout
    hidden = operator.aws("sqs").get_queue_attributes(
        QueueUrl=operator.ready["rejected_queue_url"], AttributeNames=["ApproximateNumberOfMessagesNotVisible"]
    )
    assert hidden["Attributes"]["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_list_by_execution_and_reason_and_in_groups(operator: Operator) -> None:
    one = f"filtered-{uuid.uuid4().hex}"
    first = rejected(operator, "kafka", unknown_version("EXECUTION_REQUESTED", one))
    second = rejected(operator, "kafka", unknown_version("EXECUTION_STARTED", f"other-{one}"[:60]))
    third = rejected(operator, "eventbridge", event("EXECUTION_STARTED", "bad id"))

    assert [each["id"] for each in listed(operator, "--execution", one)] == [first["id"]]
    assert {each["id"] for each in listed(operator, "--reason", "unknown_event_version")} == {first["id"], second["id"]}
    answer = operator.gets("rejected", "list", "--limit", "2")
    assert (len(answer["rejected"]), answer["more"]) == (2, True)
    groups = {(each["reason"], each["source"]): each["count"] for each in operator.gets("rejected", "list")["groups"]}
    assert groups == {("unknown_event_version", "kafka"): 2, (third["reason"], "eventbridge"): 1}
    assert "unknown_event_version" in operator.types("rejected", "list", "--grouped").stdout


def test_show_tells_everything_but_the_content(operator: Operator) -> None:
    wrong = {**unknown_version("EXECUTION_REQUESTED", f"shown-{uuid.uuid4().hex}"), "script": "secret"}
    kept = rejected(operator, "kafka", wrong)
    fact = operator.gets("rejected", "show", kept["id"])
    assert fact["key"] == kept["key"]
    assert fact["bytes"] == f"{fact['size']} in the payload bucket"
    page = operator.types("rejected", "show", kept["id"]).stdout
    assert kept["key"] in page
    assert "secret" not in page + str(fact)


@pytest.mark.parametrize("over", ["kafka", "eventbridge"])
def test_redrive_delivers_what_was_kept_and_it_takes_effect(operator: Operator, over: str) -> None:
    """As after a deployment that takes what the last one refused: here the bytes change instead of the code."""
    one = f"redriven-{uuid.uuid4().hex}"
    wrong = unknown_version("EXECUTION_REQUESTED", one)
    kept = rejected(operator, over, wrong)
    right = {**wrong, "event_version": "1.0"}
    envelope = {"detail-type": wrong["event_type"], "source": "executions", "id": "eb-1", "detail": right}
    put(operator, kept["key"], right if over == "kafka" else envelope)

    assert redriven(operator, kept["id"]) == {"id": kept["id"], "result": "redriven", "detail": ""}

    operator.is_in(one, "running")
    assert listed(operator) == []
    assert operator.client.rejected() == 0
    acts = operator.gets("rejected", "show", kept["id"])["acts"]
    assert [(act["verb"], act["result"]) for act in acts] == [("redrive", ""), ("redrive", "redriven")]
    assert operator.types("rejected", "list").stdout == "0 rejected events\n"


def test_two_of_one_position_are_each_delivered_once(operator: Operator) -> None:
    """A topic that was made again, or another cluster: the position is the same, the record is not."""
    executions = [f"position-{number}-{uuid.uuid4().hex}" for number in range(2)]
    for number, execution_id in enumerate(executions):
        wrong = unknown_version("EXECUTION_REQUESTED", execution_id)
        batch = batch_of(wrong, cluster=f"broker-{number}:9092")
        operator.invokes(operator.outputs["ExecutionRequestedFunctionName"], batch)
    kept = operator.eventually(lambda: listed(operator))
    assert {each["position"]["offset"] for each in kept} == {7}
    for each in kept:
        content = json.loads(
            operator.aws("s3").get_object(Bucket=operator.ready["payload_bucket"], Key=each["key"])["Body"].read()
        )
        put(operator, each["key"], {**content, "event_version": "1.0"})

    results = operator.gets("rejected", "redrive", "--all", "--yes")

    assert [each["result"] for each in results] == ["redriven", "redriven"]
    for execution_id in executions:
        operator.is_in(execution_id, "running")
        (saga,) = operator.gets("show", execution_id)
        assert len(saga["timeline"]) == 1


def batch_of(value: dict[str, Any], cluster: str) -> dict[str, Any]:
    record = {"topic": "execution_requested", "partition": 0, "offset": 7, "headers": []}
    record["value"] = base64.b64encode(json.dumps(value).encode()).decode()
    records = {"execution_requested-0": [record]}
    return {"eventSource": "SelfManagedKafka", "bootstrapServers": cluster, "records": records}


def test_what_is_rejected_again_stays_and_is_no_success(operator: Operator) -> None:
    kept = rejected(operator, "eventbridge", event("EXECUTION_STARTED", "bad id"))
    outcome = operator.types("rejected", "redrive", "--all", "--yes")
    assert outcome.exit_code == 1
    assert "rejected again" in outcome.stdout
    assert outcome.stderr.splitlines()[-1] == "sagactl: 1 of 1 are still on the list"
    assert [(each["id"], each["copies"]) for each in listed(operator)] == [(kept["id"], 2)]


def test_redrive_of_one_leaves_the_others(operator: Operator) -> None:
    first = rejected(operator, "kafka", unknown_version("EXECUTION_STARTED", f"one-{uuid.uuid4().hex}"))
    second = rejected(operator, "kafka", unknown_version("EXECUTION_STARTED", "two"))
    result = redriven(operator, first["id"], exit_code=1)
    assert (result["id"], result["result"]) == (first["id"], "rejected again")
    assert {each["id"] for each in listed(operator)} == {first["id"], second["id"]}


def test_redrive_goes_where_the_source_implies_whatever_an_item_or_a_pointer_says(operator: Operator) -> None:
    one = f"implied-{uuid.uuid4().hex}"
    kept = rejected(operator, "kafka", unknown_version("EXECUTION_REQUESTED", one))
    put(operator, kept["key"], event("EXECUTION_REQUESTED", one))
    operator.aws("dynamodb").update_item(
        TableName=operator.operator_table,
        Key={"pk": {"S": f"rejected#{kept['id']}"}, "sk": {"S": "event"}},
        UpdateExpression="SET #f = :other, #b = :elsewhere",
        ExpressionAttributeNames={"#f": "function", "#b": "bucket"},
        ExpressionAttributeValues={":other": {"S": "somebody-elses-function"}, ":elsewhere": {"S": "elsewhere"}},
    )
    assert redriven(operator, kept["id"])["result"] == "redriven"
    operator.is_in(one, "running")


def test_an_item_cannot_name_bytes_that_are_not_its_own(operator: Operator) -> None:
    kept = rejected(operator, "kafka", unknown_version("EXECUTION_REQUESTED", f"own-{uuid.uuid4().hex}"))
    put(operator, "rejected/planted", event("EXECUTION_REQUESTED", "planted"))
    operator.aws("dynamodb").update_item(
        TableName=operator.operator_table,
        Key={"pk": {"S": f"rejected#{kept['id']}"}, "sk": {"S": "event"}},
        UpdateExpression="SET #k = :planted",
        ExpressionAttributeNames={"#k": "key"},
        ExpressionAttributeValues={":planted": {"S": "rejected/planted"}},
    )
    assert redriven(operator, kept["id"], exit_code=1)["detail"] == "its item names no object of its own"
    assert operator.client.state("planted") is None


def test_a_kept_event_that_expired_stays_listed_with_the_reason(operator: Operator) -> None:
    kept = rejected(operator, "kafka", event("EXECUTION_STARTED", "x y"))
    operator.aws("s3").delete_object(Bucket=operator.ready["payload_bucket"], Key=kept["key"])
    result = redriven(operator, "--all", exit_code=1)
    assert (result["id"], result["result"]) == (kept["id"], "failed")
    assert result["detail"].startswith("bytes_expired")
    assert operator.gets("rejected", "show", kept["id"])["bytes"] == "bytes_expired"


def test_drop_needs_a_reason_and_records_who_and_why(operator: Operator) -> None:
    kept = rejected(operator, "kafka", event("EXECUTION_STARTED", "not an id"))
    assert operator.types("rejected", "drop", kept["id"], "--yes").exit_code == 2
    assert operator.types("rejected", "drop", kept["id"], "--because", " ", "--yes").exit_code == 2
    assert [each["id"] for each in listed(operator)] == [kept["id"]]

    dropped = operator.gets(
        "rejected", "drop", kept["id"], "--because", "the producer was told", "--as", "carol", "--yes"
    )

    assert dropped == [{"id": kept["id"], "result": "dropped"}]
    assert listed(operator) == []
    assert operator.client.rejected() == 0, "the alarm ends with its cause"
    fact = operator.gets("rejected", "show", kept["id"])
    assert (fact["state"], fact["settled_by"]) == ("dropped", "carol")
    assert [(act["verb"], act["actor"], act["reason"]) for act in fact["acts"]] == [
        ("drop", "carol", "the producer was told")
    ]


@pytest.mark.parametrize("verb", [("redrive",), ("drop", "--because", "why not")])
def test_nothing_happens_unless_somebody_agrees(operator: Operator, verb: tuple[str, ...]) -> None:
    kept = rejected(operator, "kafka", event("EXECUTION_STARTED", "un agreed"))
    outcome = operator.types("rejected", *verb, "--all")
    assert outcome.exit_code == 2
    assert "1 rejected event (1 malformed), on stack saga-orchestrator" in outcome.stderr
    assert outcome.stderr.splitlines()[-1].endswith("--yes agrees")
    refused = operator.types("rejected", *verb, "--all", answer="n\n")
    assert refused.exit_code == 2
    assert refused.stderr.endswith("sagactl: nothing was done\n")
    assert [each["id"] for each in listed(operator)] == [kept["id"]]


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


@pytest.mark.parametrize(
    ("arguments", "exit_code", "line"),
    [
        (("redrive", "nothing"), 1, "not on the list: nothing; see `sagactl rejected list`"),
        (("redrive", "nothing", "--all"), 2, "--all stands alone"),
        (("redrive",), 2, "name ids, --reason CODE or --execution ID; --all means every one"),
        (("drop", "--because", "x"), 2, "name ids, --reason CODE or --execution ID; --all means every one"),
        (("show", "nothing"), 1, "nothing is not on the list; see `sagactl rejected list`"),
    ],
)
def test_nothing_to_act_on_is_one_line(
    operator: Operator, arguments: tuple[str, ...], exit_code: int, line: str
) -> None:
    outcome = operator.types("rejected", *arguments)
    assert (outcome.exit_code, outcome.stderr) == (exit_code, f"sagactl: {line}\n")

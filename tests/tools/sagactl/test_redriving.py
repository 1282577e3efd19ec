"""`sagactl rejected redrive`: what had no effect is delivered again, and settled once it has one."""

import base64
import json
import uuid
from typing import Any

import pytest

from tests.tools.local_stack.outside import event
from tests.tools.sagactl.conftest import Operator
from tests.tools.sagactl.rejecting import listed, put, redriven, rejected, unknown_version

FIELD_CASES = ("redrive-two-of-one-position",)
pytestmark = pytest.mark.usefixtures("nothing_rejected")


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


def test_what_was_no_wake_is_never_sent_again(operator: Operator) -> None:
    """What is due is found without it, and whom it was for nobody can tell."""
    operator.client.send_to("WakeQueue", "wake up!")
    (kept,) = operator.eventually(lambda: [each for each in listed(operator) if each["reason"] == "not_a_wake"])

    result = redriven(operator, kept["id"], exit_code=1)

    assert (result["result"], "drop it" in result["detail"]) == ("failed", True)
    operator.types("rejected", "drop", kept["id"], "--because", "nobody's", "--yes")
    assert kept["id"] not in {each["id"] for each in listed(operator)}


def test_a_kept_event_that_expired_stays_listed_with_the_reason(operator: Operator) -> None:
    kept = rejected(operator, "kafka", event("EXECUTION_STARTED", "x y"))
    operator.aws("s3").delete_object(Bucket=operator.ready["payload_bucket"], Key=kept["key"])
    result = redriven(operator, "--all", exit_code=1)
    assert (result["id"], result["result"]) == (kept["id"], "failed")
    assert result["detail"].startswith("bytes_expired")
    assert operator.gets("rejected", "show", kept["id"])["bytes"] == "bytes_expired"

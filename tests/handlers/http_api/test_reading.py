"""What somebody sees of one execution and of one saga."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from saga_orchestrator.application.listing import Order
from saga_testing.deployment import Deployment
from saga_testing.faults import Fault
from saga_testing.http_door import OPERATOR, READER, HttpDoor, Told, signed
from saga_testing.samples.sample_events import event
from saga_testing.samples.sample_orders import order_event
from saga_testing.telemetry import RecordingTelemetry
from saga_testing.wire import Wire

CANARY = "Kn4rienV0gel"


@pytest.fixture
def running(stack: Deployment) -> Deployment:
    script = f"print('{CANARY}')"
    stack.deliver(event("EXECUTION_REQUESTED", script=script, runtime_command=["python", CANARY]))
    stack.deliver(order_event("PLACED", customer=CANARY, order_id="ex-1"))
    return stack


def test_an_execution_is_all_its_sagas(running: Deployment, door: HttpDoor) -> None:
    told = door.get("executions/{execution_id}", READER, path={"execution_id": "ex-1"})

    assert told.status == 200
    assert [saga["saga_name"] for saga in told.json["sagas"]] == ["execution_saga", "order_saga"]
    assert [saga["state"] for saga in told.json["sagas"]] == ["running", "running"]
    assert told.json["sagas"][1]["waits_for"] == "the answer to reserve_credit, attempt 1"
    assert CANARY not in told.body


def test_a_saga_comes_with_the_etag_that_an_act_on_it_names(running: Deployment, door: HttpDoor) -> None:
    told = door.saga("ex-1", arn=READER)

    assert (told.status, told.json["saga_id"], told.json["owner"]) == (200, "execution_saga:ex-1", "alice")
    assert told.headers["etag"] == told.json["etag"] == f'"v1-{running.now}"'
    assert CANARY not in told.body
    again = door.saga("ex-1", headers={"if-none-match": told.headers["etag"]})
    assert (again.status, again.body, again.headers["etag"]) == (304, "", told.headers["etag"])
    running.deliver(event("EXECUTION_STARTED"))
    changed = door.saga("ex-1", headers={"If-None-Match": told.headers["etag"]})
    assert (changed.status, changed.headers["etag"]) == (200, f'"v2-{running.now}"')


UNKNOWN = ["ex-2", "", "#counter#python#0", "../ex-1", "ex-1 ", "EX-1", "ex%2d1", "x" * 65, "\ud800", "ex-1\x00"]


@pytest.mark.parametrize("key", UNKNOWN)
def test_what_is_not_there_and_what_can_never_be_are_one_and_the_same(
    running: Deployment, door: HttpDoor, key: str
) -> None:
    never = door.saga("never-heard-of")
    for told in (
        door.saga(key),
        door.saga("ex-1", name=key),
        door.saga("ex-1", name="other_saga"),
        door.get("executions/{execution_id}", path={"execution_id": key}),
        door.get("executions/{execution_id}"),
        door.cancel(key),
        door.cancel(key, if_match='"v1-1"', body='{"reason":"r"}'),
        door.saga(key, headers={"if-none-match": '"v1-1"'}),
    ):
        assert (told.status, told.body, told.headers) == (never.status, never.body, never.headers)
    assert never.status == 404
    assert running.aws.dynamodb.scan(TableName="operator")["Items"] == []


def test_a_counter_is_no_saga(running: Deployment, door: HttpDoor) -> None:
    items = running.aws.dynamodb.scan(TableName="sagas")["Items"]
    counters = [item["execution_id"]["S"] for item in items if item["execution_id"]["S"].startswith("#")]

    assert counters
    for counter in counters:
        assert door.get("executions/{execution_id}", path={"execution_id": counter}).status == 404


def test_an_item_that_cannot_be_read_hides_no_other(running: Deployment, door: HttpDoor) -> None:
    running.aws.dynamodb.update_item(
        TableName="sagas",
        Key={"execution_id": {"S": "ex-1"}, "saga_name": {"S": "execution_saga"}},
        UpdateExpression="SET #s = :s",
        ExpressionAttributeNames={"#s": "state"},
        ExpressionAttributeValues={":s": {"S": CANARY}},
    )
    told = door.get("executions/{execution_id}", path={"execution_id": "ex-1"})

    broken, order = told.json["sagas"]
    assert (broken["saga_name"], order["state"]) == ("execution_saga", "running")
    assert "cannot be read" in broken["unreadable"]
    assert CANARY not in told.body
    assert (door.saga("ex-1").status, door.saga("ex-1").code) == (409, "corrupt_saga")
    assert door.cancel("ex-1").code == "corrupt_saga"
    listed = door.get("sagas", query={"order": "deadlines"}).json["sagas"]
    assert {each["saga_name"]: "unreadable" in each for each in listed} == {"execution_saga": True, "order_saga": False}


def asked(door: HttpDoor) -> list[Told]:
    return [
        door.saga("ex-1"),
        door.get("executions/{execution_id}", path={"execution_id": "ex-1"}),
        door.get("sagas", query={"order": "deadlines"}),
        door.cancel("ex-1"),
    ]


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.NOT_APPLIED, Fault.PASSING_ANSWER, Fault.NO_ANSWER])
def test_a_store_that_does_not_answer_is_no_answer(running: Deployment, fault: Fault) -> None:
    counted = RecordingTelemetry()
    for place in range(4):
        counted.counts.clear()
        wire = Wire(plan=dict.fromkeys(range(20), fault))
        told = asked(HttpDoor(running.container(wire=wire, telemetry=counted)))[place]
        assert (told.status, told.code) == (503, "unavailable")
        assert told.headers["retry-after"]
        assert counted.counts["ApiFaults"] == 4
    assert running.aws.dynamodb.scan(TableName="operator")["Items"] == []


@pytest.mark.parametrize(
    "said",
    ["The table does not have the specified index: deadlines", "Cannot read from backfilling global secondary index"],
)
@pytest.mark.parametrize("order", Order)
def test_an_index_that_is_missing_or_being_built_is_never_an_empty_list(
    stack: Deployment, counted: RecordingTelemetry, said: str, order: Order
) -> None:
    def refuse(operation: str) -> None:
        raise ClientError({"Error": {"Code": "ValidationException", "Message": said}}, operation)

    at = stack.container(wire=Wire(before_call=refuse), telemetry=counted)
    query = {"order": str(order), **({"owner": "ada"} if order is Order.OWNER else {})}
    told = HttpDoor(at, owner_index=True).get("sagas", query=query)

    assert (told.status, told.code) == (503, "store_refuses")
    assert counted.counts == {"ApiFaults": 1}
    throttled = stack.container(wire=Wire(plan=dict.fromkeys(range(9), Fault.THROTTLED)), telemetry=counted)
    assert HttpDoor(throttled, owner_index=True).get("sagas", query=query).code == "unavailable"


class Words(RecordingTelemetry):
    """Keeps what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Any] = []

    def warn(self, message: str, **fields: Any) -> None:
        self.told.append((message, fields))


def test_a_bug_tells_its_place_to_the_log_and_nothing_to_the_caller(stack: Deployment) -> None:
    def broken(_operation: str) -> None:
        raise KeyError(CANARY)

    words = Words()
    told = HttpDoor(stack.container(wire=Wire(before_call=broken), telemetry=words)).saga("ex-1")

    assert (told.status, told.code) == (500, "failed")
    assert words.counts == {"ApiFaults": 1}
    assert CANARY not in told.body + str(words.told)
    assert "KeyError in http_api.test_reading:" in str(words.told)


@pytest.mark.parametrize("route", ["me", "executions/{execution_id}", "sagas/{name}/{key}", "sagas"])
def test_a_parameter_that_nothing_reads_is_refused(running: Deployment, door: HttpDoor, route: str) -> None:
    path = {"execution_id": "ex-1", "name": "execution_saga", "key": "ex-1"}
    told = door.get(route, path=path, query={CANARY: CANARY, "order": "deadlines"})

    assert (told.status, told.code) == (400, "unknown_parameter")
    assert CANARY not in told.body


def test_a_problem_is_a_problem_document(door: HttpDoor) -> None:
    told = door.saga("ex-1")

    assert json.loads(told.body) == {
        "type": "urn:saga-orchestrator:problem:not_found",
        "title": "Not Found",
        "status": 404,
        "code": "not_found",
        "detail": "There is nothing of that name that you may see.",
    }
    assert told.headers == {
        "content-type": "application/problem+json",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }


def test_whatever_is_told_fits_a_header_and_a_body(running: Deployment, door: HttpDoor) -> None:
    for told in [*asked(door), door.send(signed("GET /iam/v1/me", OPERATOR))]:
        told.body.encode()
        assert all(text.isascii() and "\n" not in text for text in told.headers.values())

"""Statistics: what is open is counted, and what ended is where the answer says."""

import pytest

from saga_orchestrator.application.statistics import ENDED
from saga_testing.deployment import Deployment
from saga_testing.http_door import ADMIN, OPERATOR, READER, HttpDoor
from saga_testing.samples.sample_events import event
from saga_testing.samples.sample_orders import order_event
from saga_testing.telemetry import RecordingTelemetry
from tests.handlers.http_api.numbers.unread import index_answers, spoil


def counted(door: HttpDoor) -> dict[tuple[str, str, str | None], int]:
    told = door.get("statistics", READER)
    assert told.status == 200, told.body
    return {(each["saga_name"], each["state"], each["language"]): each["count"] for each in told.json["open"]["counts"]}


def test_what_is_open_is_counted_by_saga_state_and_language(stack: Deployment, door: HttpDoor) -> None:
    for number, language in enumerate(("python", "python", "ruby", "ruby")):
        stack.deliver(event("EXECUTION_REQUESTED", f"ex-{number}", language=language))
    stack.deliver(event("EXECUTION_COMPLETED", "ex-3"))
    stack.deliver(order_event("PLACED", "o-1"))
    stack.deliver(order_event("PLACED", "o-2"))
    stack.deliver(order_event("CANCELLED", "o-2"))

    assert counted(door) == {
        ("execution_saga", "running", "python"): 2,
        ("execution_saga", "running", "ruby"): 1,
        ("order_saga", "running", None): 1,
        ("order_saga", "compensating", None): 1,
    }
    told = door.get("statistics", READER).json["open"]
    assert (told["unreadable"], told["more"]) == (0, False)


def test_where_there_is_nothing_nothing_is_counted(door: HttpDoor) -> None:
    assert counted(door) == {}


def test_the_metrics_that_it_names_are_those_that_an_end_is_counted_by(stack: Deployment, door: HttpDoor) -> None:
    counted_ = RecordingTelemetry()
    stack.report_to(counted_)
    stack.deliver(event("EXECUTION_REQUESTED"))
    stack.deliver(event("EXECUTION_STARTED"))
    stack.deliver(event("EXECUTION_COMPLETED"))

    named = {each["name"]: each["by"] for each in door.get("statistics", READER).json["ended"]["metrics"]}
    ended = {name.rpartition(" ")[2] for name in counted_.counts if name.startswith("execution_saga completed ")}
    assert set(named) == ended == set(ENDED)
    assert named["SagasEnded"] == [["saga", "outcome"], ["saga", "language"]]


def test_what_cannot_be_read_is_counted_as_that(stack: Deployment, door: HttpDoor) -> None:
    stack.deliver(order_event("PLACED", "o-1"))
    stack.deliver(order_event("PLACED", "o-2"))
    spoil(stack, "o-2")

    told = door.get("statistics", READER).json["open"]
    assert ([each["count"] for each in told["counts"]], told["unreadable"]) == ([1], 1)


@pytest.mark.parametrize(("code", "status"), [("ThrottlingException", 400), ("ValidationException", 400)])
def test_an_index_that_does_not_answer_is_503_and_no_nought(
    stack: Deployment, door: HttpDoor, code: str, status: int
) -> None:
    with index_answers(stack, "deadlines", code, status):
        told = door.get("statistics", READER)

    assert told.status == 503


def test_it_takes_no_parameter(door: HttpDoor) -> None:
    assert door.get("statistics", READER, query={"of": "x"}).code == "unknown_parameter"


@pytest.mark.parametrize("who", [READER, OPERATOR, ADMIN])
def test_every_role_may_read_it(door: HttpDoor, who: str) -> None:
    assert door.get("statistics", who).status == 200

"""What a command's caller can tell from its exit code alone: 0 done, 1 not done, 2 nothing was even looked at."""

import json
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from typer.testing import CliRunner

from saga_orchestrator.adapters.rejected_events import item_id
from sagactl.app import app
from sagactl.bus import put_event
from sagactl.deployment import Deployment
from sagactl.errors import NotDoneError, NotFoundError, NotUsableError
from sagactl.options import with_exit_code
from sagactl.rejected.queues import silence

DENIED: Any = {"Error": {"Code": "AccessDenied", "Message": "not you"}}


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (NotUsableError("no region"), 2, "no region"),
        (NotFoundError("no such saga"), 1, "no such saga"),
        (NotDoneError("two are\nleft"), 1, "two are left"),
        (ClientError(DENIED, "Scan"), 2, "Scan was refused: AccessDenied: not you"),
        (NoCredentialsError(), 2, "no AWS credentials"),
        (EndpointConnectionError(endpoint_url="http://here"), 2, "is the stack up?"),
    ],
)
def test_an_expected_failure_is_one_line_and_its_code(
    error: Exception, code: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> None:
        raise error

    with pytest.raises(typer.Exit) as left:
        with_exit_code(work)
    assert left.value.exit_code == code
    said = capsys.readouterr().err
    assert said.startswith("sagactl: ")
    assert said.count("\n") == 1
    assert line in said


def test_what_nobody_expected_is_no_exit_code() -> None:
    """A defect shows where it is."""

    def work() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        with_exit_code(work)


@pytest.mark.parametrize("odd", [KeyError("Items"), TypeError("secret"), AttributeError(), ValueError()], ids=repr)
def test_an_answer_that_nobody_understands_is_one_line_without_what_it_held(
    odd: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> None:
        raise odd

    with pytest.raises(typer.Exit) as left:
        with_exit_code(work)
    said = capsys.readouterr().err
    assert (left.value.exit_code, said.count("\n")) == (2, 1)
    assert f"{type(odd).__name__} in {__name__}:" in said
    assert "secret" not in said


def test_an_event_that_the_bus_did_not_take_is_not_done() -> None:
    """PutEvents answers such an entry with success."""
    refused = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException", "ErrorMessage": "slower"}]}
    with pytest.raises(NotDoneError, match="refused the event: ThrottlingException: slower"):
        put_event(
            stack(SimpleNamespace(put_events=lambda **_: refused)),
            "saga-operator",
            {"event_type": "EXECUTION_CANCELLED"},
        )


class Queue:
    """Twelve pointers, and which of them are hidden or gone."""

    def get_item(self, **_request: Any) -> dict[str, Any]:
        """The rejected event is no item yet: nobody has dealt with it."""
        return {}

    def __init__(self) -> None:
        self.hidden: dict[str, int] = {}
        self.gone: set[str] = set()

    def receive_message(self, **request: Any) -> dict[str, Any]:
        free = [f"r{number}" for number in range(12) if f"r{number}" not in self.hidden.keys() | self.gone]
        taken = free[: request["MaxNumberOfMessages"]]
        self.hidden |= dict.fromkeys(taken, request["VisibilityTimeout"])
        body = json.dumps({"key": "rejected/one"})
        return {"Messages": [{"Body": body, "ReceiptHandle": receipt} for receipt in taken]} if taken else {}

    def change_message_visibility_batch(self, **request: Any) -> None:
        assert len(request["Entries"]) <= 10, "more in one call are refused"
        for entry in request["Entries"]:
            if entry["VisibilityTimeout"] == 0:
                self.hidden.pop(entry["ReceiptHandle"], None)

    def delete_message(self, **request: Any) -> None:
        if request["ReceiptHandle"] == "r3":
            raise ClientError(DENIED, "DeleteMessage")
        self.gone.add(request["ReceiptHandle"])


def test_pointers_of_others_are_shown_again_at_once() -> None:
    queue = Queue()
    silence(stack(queue), {item_id("rejected/another")})
    assert (queue.hidden, queue.gone) == ({}, set())


def test_pointers_that_were_held_are_shown_again_whatever_happened() -> None:
    """Another operator looks a moment later and must see them, without waiting until the holding ends by itself."""
    queue = Queue()
    with pytest.raises(ClientError):
        silence(stack(queue), {item_id("rejected/one")})
    assert queue.hidden == {}
    assert queue.gone == {"r0", "r1", "r2"}


def stack(client: Any) -> Deployment:
    connection: Any = SimpleNamespace(client=lambda _service: client, is_local=True)
    outputs = {
        "RejectedQueueUrl": "queue",
        "OperatorTableName": "operator",
        "EventBusName": "bus",
        "OperatorSource": "saga-operator",
    }
    return Deployment("saga-orchestrator", outputs, connection)


def test_the_version_is_told() -> None:
    outcome = CliRunner().invoke(app, ["--version"])
    assert (outcome.exit_code, outcome.stdout) == (0, f"sagactl {version('saga-orchestrator')}\n")

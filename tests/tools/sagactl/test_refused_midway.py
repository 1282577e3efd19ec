"""Whichever call of a command AWS refuses, the command ends with one line that says so, and never with a traceback."""

import itertools
import uuid
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from typer.testing import Result

from tests.tools.local_stack.outside import event
from tests.tools.sagactl.conftest import Operator
from tests.tools.sagactl.rejecting import rejected, unknown_version

pytestmark = pytest.mark.usefixtures("nothing_rejected", "_let_go_of_soon")


@pytest.fixture
def _let_go_of_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a command that is cut off holds comes back to the queue in seconds, so that nobody waits long for it."""
    monkeypatch.setattr("sagactl.rejected.queues._HELD_SECONDS", 2)


COMMANDS: list[tuple[str, ...]] = [
    ("request", "--example", "--no-wait"),
    ("list",),
    ("show", "EXECUTION"),
    ("slots",),
    ("cancel", "EXECUTION"),
    ("rejected", "list"),
    ("rejected", "show", "ID"),
    ("rejected", "redrive", "ID", "--yes"),
    ("rejected", "drop", "ID", "--because", "x", "--yes"),
    ("republish", "EXECUTION"),
    ("republish", "--since", "1h", "--yes"),
    ("reconcile", "--dry-run"),
]
MOST_CALLS = 40


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_each_call_of_a_command_may_be_refused(
    operator: Operator, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = f"midway-{uuid.uuid4().hex}"
    operator.client.over_eventbridge(event("EXECUTION_REQUESTED", one))
    operator.is_in(one, "running")
    kept = rejected(operator, "kafka", unknown_version("EXECUTION_STARTED", one))
    words = [{"EXECUTION": one, "ID": kept["id"]}.get(word, word) for word in command]

    for place in itertools.count():
        outcome, refused = _with_one_refused(operator, words, place, monkeypatch)
        if refused is None:
            break
        assert place < MOST_CALLS
        _assert_told(outcome, refused)
    assert place > 1, "it asked AWS nothing"


def _with_one_refused(
    operator: Operator, words: list[str], place: int, monkeypatch: pytest.MonkeyPatch
) -> tuple[Result, str | None]:
    """Run it; its call number `place` is refused. None: it makes fewer."""
    original, made, refused = BaseClient._make_api_call, itertools.count(), []

    def call(client: Any, operation: str, arguments: Any) -> Any:
        if next(made) == place:
            refused.append(operation)
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow\ndown"}}, operation)
        return original(client, operation, arguments)

    with monkeypatch.context() as patched:
        patched.setattr(BaseClient, "_make_api_call", call)
        outcome = operator.types(*words)
    return outcome, refused[0] if refused else None


def _assert_told(outcome: Result, refused: str) -> None:
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit), (refused, outcome.exception)
    if outcome.exit_code == 0:
        assert refused in {"GetMetricStatistics", "PutMetricData"}, f"{refused} was refused, and nobody was told"
        return
    lines = outcome.stderr.splitlines()
    assert all(line.startswith("sagactl: ") for line in lines), lines
    told = "\n".join((*lines, outcome.stdout))
    assert f"{refused} was refused: ThrottlingException" in told, told


@pytest.mark.parametrize("verb", [("redrive",), ("drop", "--because", "x")], ids=" ".join)
def test_a_pointer_that_could_not_be_removed_is_removed_by_the_next_command_and_nothing_done_is_called_undone(
    operator: Operator, verb: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = rejected(operator, "kafka", unknown_version("EXECUTION_STARTED", f"pointer-{uuid.uuid4().hex}"))
    original = BaseClient._make_api_call

    def call(client: Any, operation: str, arguments: Any) -> Any:
        if operation == "ReceiveMessage" and "Rejected" in arguments["QueueUrl"]:
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, operation)
        return original(client, operation, arguments)

    with monkeypatch.context() as patched:
        patched.setattr(BaseClient, "_make_api_call", call)
        outcome = operator.types("rejected", *verb, kept["id"], "--yes")
    assert outcome.exit_code == 1, "something was changed"
    assert "1 of 1 " in outcome.stderr
    if verb[0] == "drop":
        assert operator.client.rejected() == 1

    operator.types("rejected", "drop", "--all", "--because", "the others", "--yes")

    assert operator.client.rejected() == 0

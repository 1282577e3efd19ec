"""The real template, the real functions and the real worker, as an outside program meets them: two stacks side by side,
each a process of its own, driven by standard clients."""

import signal
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.tools.local_stack.outside import Client, LocalUp, event, order_placed

PORTS = ("--aws-port", "0", "--kafka-port", "0")
Stack = tuple[LocalUp, Client]


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, LocalUp]]:
    folder = tmp_path_factory.mktemp("stacks")
    hasty = ("--worker", "none", "--parameter", "StartDeadlineSeconds=2", "--check-interval", "0.5")
    both = {
        "without a worker": LocalUp(folder / "hasty", *PORTS, *hasty),
        "with a worker": LocalUp(folder / "working", *PORTS, "--worker", "subprocess", "--participant", "subprocess"),
    }
    yield both
    for stack in both.values():
        stack.kill()


@pytest.fixture(scope="module")
def hasty(stacks: dict[str, LocalUp]) -> Stack:
    """Nobody obeys its commands, and sagas wait two seconds for a start."""
    return stacks["without a worker"], Client(stacks["without a worker"].ready())


@pytest.fixture(scope="module")
def working(stacks: dict[str, LocalUp]) -> Stack:
    """Its commands become processes, or are answered by one."""
    return stacks["with a worker"], Client(stacks["with a worker"].ready())


@pytest.fixture
def execution() -> str:
    return f"e-{uuid.uuid4().hex[:12]}"


def sender(client: Client, way: str) -> Callable[[dict[str, Any]], None]:
    return client.over_kafka if way == "kafka" else client.over_eventbridge


WAYS = pytest.mark.parametrize("way", ["eventbridge", "kafka"])


@WAYS
def test_a_request_becomes_a_pod_command_and_times_out_when_nothing_starts(
    hasty: Stack, execution: str, way: str
) -> None:
    stack, client = hasty
    sender(client, way)(request := event("EXECUTION_REQUESTED", execution))
    command = stack.wait_until(lambda: client.message(execution, "CREATE_POD_COMMAND"))
    assert command["causation_id"] == request["event_id"]
    assert command["correlation_id"] == "c-1"
    assert command["script_ref"]["bucket"] == client.ready["payload_bucket"]
    assert {name: command[name] for name in ("runtime_command", "cpu_limit", "timeout_seconds")} == {
        name: request[name] for name in ("runtime_command", "cpu_limit", "timeout_seconds")
    }
    ended = stack.wait_until(lambda: client.message(execution, "SAGA_TIMEOUT"))
    assert ended["outcome"] == "timeout"
    assert stack.wait_until(lambda: client.message(execution, "DELETE_POD_COMMAND"))
    assert client.state(execution) == "timeout"


@WAYS
def test_a_script_really_runs_to_its_saga_s_completion(working: Stack, execution: str, way: str) -> None:
    stack, client = working
    said = "the answer is 42"
    script = f"from pathlib import Path\nPath({str(stack.folder / execution)!r}).write_text({said!r})\n"
    sender(client, way)(event("EXECUTION_REQUESTED", execution, script=script, runtime_command=["python"]))
    completed = stack.wait_until(lambda: client.message(execution, "SAGA_COMPLETED"))
    assert completed["outcome"] == "completed"
    assert (stack.folder / execution).read_text() == said
    types = {one["message_type"] for one in client.messages(execution)}
    assert types == {"SAGA_STARTED", "CREATE_POD_COMMAND", "SAGA_COMPLETED"}


def test_a_script_that_fails_fails_its_saga(working: Stack, execution: str) -> None:
    stack, client = working
    client.over_kafka(event("EXECUTION_REQUESTED", execution, script="raise SystemExit(3)", runtime_command=["python"]))
    failed = stack.wait_until(lambda: client.message(execution, "SAGA_FAILED"))
    assert (failed["outcome"], failed["exit_code"]) == ("failed", 3)


@WAYS
def test_the_owner_cancels_a_running_script_and_nobody_else_does(working: Stack, execution: str, way: str) -> None:
    stack, client = working
    send = sender(client, way)
    started = stack.folder / f"started-{execution}"
    script = f"import time\nfrom pathlib import Path\nPath({str(started)!r}).touch()\ntime.sleep(600)\n"
    requested = event("EXECUTION_REQUESTED", execution, script=script, runtime_command=["python"], timeout_seconds=300)
    send(requested)
    stack.wait_until(started.is_file)
    send(event("EXECUTION_CANCELLED", execution, cancelled_by="mallory"))
    own = event("EXECUTION_CANCELLED", execution, cancelled_by="alice")
    send(own)
    compensating = stack.wait_until(lambda: client.message(execution, "SAGA_COMPENSATING"))
    assert (compensating["outcome"], compensating["causation_id"]) == ("cancelled", own["event_id"])
    delete = stack.wait_until(lambda: client.message(execution, "DELETE_POD_COMMAND"))
    assert delete["operation_id"] == f"execution_saga:{execution}:create_pod"
    # Where there is a worker that answers, the saga ends when the pod is gone.
    cancelled = stack.wait_until(lambda: client.message(execution, "SAGA_CANCELLED"))
    assert cancelled["outcome"] == "cancelled"
    assert client.state(execution) == "cancelled"


def test_the_ready_file_names_the_topic_of_every_event_type(hasty: Stack) -> None:
    types = {f"EXECUTION_{name}" for name in ("REQUESTED", "STARTED", "COMPLETED", "FAILED", "TIMEOUT", "CANCELLED")}
    types |= {f"ORDER_{name}" for name in ("PLACED", "APPROVED", "DECLINED", "CANCELLED")}
    assert hasty[1].ready["topics"] == {name: name.lower() for name in types | {"COMMAND_REPLY"}}


@WAYS
def test_an_order_is_answered_to_its_confirmation(working: Stack, execution: str, way: str) -> None:
    stack, client = working
    sender(client, way)(order_placed(execution))
    confirmed = stack.wait_until(lambda: client.message(execution, "ORDER_CONFIRMED"))
    assert confirmed["reservation"].startswith("shelf-")
    assert stack.wait_until(lambda: client.message(execution, "SAGA_COMPLETED"))
    assert client.state(execution, "order_saga") == "completed"


def test_the_id_of_an_order_asks_the_participant_for_a_fault(working: Stack, execution: str) -> None:
    stack, client = working
    order = f"nostock-{execution}"
    client.over_eventbridge(order_placed(order))
    failed = stack.wait_until(lambda: client.message(order, "SAGA_FAILED"))
    assert failed["reason"] == "told_to"
    assert client.message(order, "RELEASE_CREDIT_COMMAND")
    assert client.state(order, "order_saga") == "failed"


def test_without_a_participant_an_order_waits_for_whoever_answers(hasty: Stack, execution: str) -> None:
    stack, client = hasty
    client.over_eventbridge(order_placed(execution))
    command = stack.wait_until(lambda: client.message(execution, "RESERVE_CREDIT_COMMAND"))
    answer = {"event_type": "COMMAND_REPLY", "in_reply_to": command["message_id"], "outcome": "refused"}
    client.over_kafka({**order_placed(execution), **answer})
    assert stack.wait_until(lambda: client.message(execution, "SAGA_FAILED"))["reason"] == "refused"


@WAYS
def test_a_rejected_event_raises_the_depth_of_the_rejected_queue(working: Stack, execution: str, way: str) -> None:
    stack, client = working
    before = client.rejected()
    unknown = event("EXECUTION_REQUESTED", execution) | {"event_version": "2.0"}
    sender(client, way)(unknown)
    stack.wait_until(lambda: client.rejected() > before)
    assert client.state(execution) is None


def test_one_stack_ends_on_one_interrupt_and_the_other_goes_on(hasty: Stack, working: Stack, execution: str) -> None:
    (ending, other), (staying, client) = hasty, working
    client.over_eventbridge(event("EXECUTION_REQUESTED", execution, script="pass", runtime_command=["python"]))
    assert staying.wait_until(lambda: client.state(execution))
    assert other.state(execution) is None
    assert any("sagactl" in line for line in ending.left_behind())
    assert ending.end(signal.SIGINT) == 0
    assert ending.left_behind() == []
    assert ending.errors == ""
    later = f"{execution}-later"
    client.over_kafka(event("EXECUTION_REQUESTED", later, script="pass", runtime_command=["python"]))
    assert staying.wait_until(lambda: client.message(later, "SAGA_COMPLETED"))


def test_ending_takes_running_scripts_along(working: Stack, execution: str) -> None:
    stack, client = working
    started = stack.folder / f"started-{execution}"
    script = f"import time\nfrom pathlib import Path\nPath({str(started)!r}).touch()\ntime.sleep(600)\n"
    client.over_kafka(event("EXECUTION_REQUESTED", execution, script=script, runtime_command=["python"]))
    stack.wait_until(started.is_file)
    assert any("main.py" in line for line in stack.left_behind())
    assert stack.end(signal.SIGTERM) == 0
    assert stack.left_behind() == []
    assert stack.errors == ""

"""Sandboxes: the real runtime client under our runtime API."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local_stack.errors import StackClosedError
from local_stack.functions.child_processes import ChildProcesses
from local_stack.functions.function_spec import FunctionSpec
from local_stack.functions.sandbox import Outcome, Sandbox

CODE = """
import os, subprocess, sys, time
COUNT = 0

def handler(event, context):
    global COUNT
    COUNT += 1
    print("count", COUNT)
    if "sleep" in event:
        time.sleep(event["sleep"])
    if "spawn" in event:
        subprocess.Popen(["sleep", "60"])
        time.sleep(60)
    if "exit" in event:
        os._exit(event["exit"])
    if "raise" in event:
        raise LookupError(event["raise"])
    return {"count": COUNT, "request_id": context.aws_request_id, "pid": os.getpid(),
        "env": dict(os.environ), "path": sys.path, "context": {
        "name": context.function_name, "arn": context.invoked_function_arn, "memory": context.memory_limit_in_mb,
        "left": context.get_remaining_time_in_millis(), "log_group": context.log_group_name, "cwd": os.getcwd()}}
"""


@pytest.fixture
def logged() -> list[str]:
    return []


@pytest.fixture
def sandbox(tmp_path: Path, logged: list[str]) -> Iterator[Callable[..., Sandbox]]:
    (tmp_path / "code.py").write_text(CODE)
    (tmp_path / "broken.py").write_text("raise RuntimeError('not today')")
    (tmp_path / "layer").mkdir()
    children = ChildProcesses()
    made: list[Sandbox] = []

    def make(handler: str = "code.handler", timeout: int = 5) -> Sandbox:
        spec = FunctionSpec(
            name="fn",
            logical_id="Fn",
            arn="arn:aws:lambda:us-east-1:123456789012:function:fn",
            handler=handler,
            code_dir=tmp_path,
            layer_dirs=(tmp_path / "layer",),
            environment={"OWN": "value"},
            timeout_seconds=timeout,
            memory_mb=256,
        )
        made.append(Sandbox(spec, {"PATH": os.environ["PATH"]}, children, lambda _, line: logged.append(line)))
        return made[-1]

    yield make
    for one in made:
        one.close()
    children.close()


def answer(outcome: Outcome) -> Any:
    assert outcome.error_type is None
    return json.loads(outcome.payload)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_state_survives_between_events_and_after_an_error(sandbox: Callable[..., Sandbox]) -> None:
    one = sandbox()
    first = one.invoke(b"{}", "request")
    failed = one.invoke(b'{"raise": "x"}', "request")
    third = one.invoke(b"{}", "request")
    assert (first.cold, third.cold) == (True, False)
    assert failed.error_type == "LookupError"
    assert json.loads(failed.payload)["errorMessage"] == "x"
    assert "stackTrace" in json.loads(failed.payload)
    assert answer(third)["count"] == 3
    assert answer(first)["pid"] == answer(third)["pid"]


def test_the_handler_sees_lambdas_context_and_environment_and_nothing_else(
    sandbox: Callable[..., Sandbox], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_SHELL", "x")
    seen = answer(sandbox().invoke(b"{}", "request"))
    context = seen["context"]
    assert seen["request_id"] == "request"
    assert context["name"] == "fn"
    assert context["arn"].endswith(":function:fn")
    assert context["memory"] == "256"
    assert 0 < context["left"] <= 5000
    assert context["log_group"] == "/aws/lambda/fn"
    assert context["cwd"] == str(tmp_path)
    assert seen["env"]["OWN"] == "value"
    assert seen["env"]["AWS_ACCESS_KEY_ID"] == "LOCALfn"
    assert "SECRET_OF_THE_SHELL" not in seen["env"]
    assert seen["path"][:2] == [str(tmp_path), str(tmp_path / "layer")]
    assert not any(entry.endswith("infra/local_stack") for entry in seen["path"])


def test_a_timeout_kills_the_process_and_all_it_started(sandbox: Callable[..., Sandbox]) -> None:
    one = sandbox(timeout=2)
    pid = answer(one.invoke(b"{}", "request"))["pid"]
    began = time.monotonic()
    outcome = one.invoke(b'{"spawn": true}', "request")
    assert 2 <= time.monotonic() - began < 30
    assert outcome.error_type == "Sandbox.Timedout"
    assert "Task timed out after 2.00 seconds" in outcome.error_message
    assert not is_alive(pid)
    after = one.invoke(b"{}", "request")
    assert after.cold
    assert answer(after)["count"] == 1


def test_initialisation_does_not_count_against_the_timeout(sandbox: Callable[..., Sandbox], tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text("import time; time.sleep(2.2)\ndef handler(event, context): return 1")
    assert answer(sandbox("slow.handler", timeout=2).invoke(b"{}", "request")) == 1


def test_a_crash_is_an_error_and_costs_the_process(sandbox: Callable[..., Sandbox]) -> None:
    one = sandbox()
    outcome = one.invoke(b'{"exit": 7}', "request")
    assert (outcome.error_type, outcome.error_message[-13:]) == ("Runtime.ExitError", "exit status 7")
    assert answer(one.invoke(b"{}", "request"))["count"] == 1


def test_a_process_that_dies_between_events_is_replaced_silently(
    sandbox: Callable[..., Sandbox], eventually: Callable[..., Any]
) -> None:
    one = sandbox()
    pid = answer(one.invoke(b"{}", "request"))["pid"]
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not is_alive(pid))  # reaped, so it can be noticed
    assert answer(one.invoke(b"{}", "request"))["count"] == 1


@pytest.mark.parametrize(
    ("handler", "error"),
    [
        ("broken.handler", "RuntimeError"),
        ("missing.handler", "Runtime.ImportModuleError"),
        ("code.nothing", "Runtime.HandlerNotFound"),
    ],
)
def test_a_function_that_cannot_be_initialised_says_why(
    sandbox: Callable[..., Sandbox], handler: str, error: str
) -> None:
    one = sandbox(handler)
    assert one.invoke(b"{}", "request").error_type == error
    assert one.invoke(b"{}", "request").error_type == error


def test_what_it_prints_is_collected(sandbox: Callable[..., Sandbox], logged: list[str]) -> None:
    one = sandbox()
    one.invoke(b"{}", "request")
    one.close()
    assert "count 1" in logged


def test_large_payloads_pass_both_ways(sandbox: Callable[..., Sandbox], tmp_path: Path) -> None:
    (tmp_path / "mirror.py").write_text("def handler(event, context): return event")
    payload = json.dumps({"x": "é" * 2_000_000}).encode()
    assert json.loads(sandbox("mirror.handler").invoke(payload, "request").payload) == json.loads(payload)


def test_closing_ends_a_running_event(
    sandbox: Callable[..., Sandbox], logged: list[str], eventually: Callable[..., Any]
) -> None:
    one = sandbox(timeout=30)
    one.invoke(b"{}", "request")
    outcomes: list[Outcome] = []
    running = threading.Thread(target=lambda: outcomes.append(one.invoke(b'{"sleep": 20}', "request")))
    running.start()
    eventually(lambda: "count 2" in logged)
    one.close()
    running.join(15)
    assert outcomes[0].error_type == "Runtime.ExitError"
    with pytest.raises(StackClosedError):
        one.invoke(b"{}", "request")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="parent-death signals are Linux's")
def test_sandboxes_die_with_a_stack_that_is_killed(tmp_path: Path, eventually: Callable[..., Any]) -> None:
    (tmp_path / "code.py").write_text(CODE)
    program = tmp_path / "stack.py"
    program.write_text(
        f"""
import json, os, threading
from pathlib import Path
from local_stack.functions.child_processes import ChildProcesses
from local_stack.functions.function_spec import FunctionSpec
from local_stack.functions.sandbox import Sandbox
arn, code = "arn:aws:lambda:r:1:function:fn", Path({str(tmp_path)!r})
spec = FunctionSpec("fn", "Fn", arn, "code.handler", code, timeout_seconds=60)
sandbox = Sandbox(spec, {{"PATH": os.environ["PATH"]}}, ChildProcesses(), lambda *_: None)
print(json.loads(sandbox.invoke(b"{{}}", "request").payload)["pid"], flush=True)
sandbox.invoke(b'{{"sleep": 50}}', "request")
"""
    )
    stack = subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, text=True)
    assert stack.stdout is not None
    pid = int(stack.stdout.readline())
    stack.kill()
    stack.wait()
    stack.stdout.close()
    eventually(lambda: _is_gone(pid))


def _is_gone(pid: int) -> bool:
    """Whoever inherits the orphan may take its time to reap it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True

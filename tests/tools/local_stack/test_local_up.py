"""`sagactl local up` when it cannot start, or is told to stop before it has: one clear line, and nothing left."""

import re
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sagactl.app import app
from tests.tools.local_stack.outside import PATIENCE_SECONDS, LocalUp, processes_of

BUS = "Resources:\n  Bus: {{ Type: AWS::Events::EventBus, Properties: {{ Name: {} }} }}\n"
TEMPLATES = {
    "no-yaml": "Resources: [\n",
    "missing-reference": BUS.format("!Ref Nobody"),
    "missing-attribute": BUS.format("!GetAtt Queue.Nothing") + "  Queue: { Type: AWS::SQS::Queue }\n",
    "circle": BUS.format("!GetAtt Bus.Arn"),
    "unknown-type": "Resources: { Line: { Type: AWS::Kinesis::Stream } }\n",
    "no-shape": "Resources: [Bus]\n",
    "incomplete": "Resources: { Table: { Type: AWS::DynamoDB::Table } }\n",
}


#: What is typed, and what the one line says. PORT is a taken one, TEMPLATES the folder of those above.
CASES = {
    "the AWS port is taken": (("--aws-port", "PORT"), r"port \d+ on 127\.0\.0\.1 cannot be used: .*in use"),
    "the Kafka port is taken": (("--kafka-port", "PORT"), r"port \d+ on 127\.0\.0\.1 cannot be used: .*in use"),
    "no Kafka answers": (("--kafka-bootstrap", "127.0.0.1:9"), r"no Kafka broker answers at 127\.0\.0\.1:9"),
    "the template is no YAML": (("--template", "TEMPLATES/no-yaml"), "no-yaml: .*line 2"),
    "the template is not there": (("--template", "TEMPLATES/nowhere"), "nowhere: No such file"),
    "a reference leads nowhere": (("--template", "TEMPLATES/missing-reference"), "Bus.Name refers to Nobody"),
    "an attribute does not exist": (("--template", "TEMPLATES/missing-attribute"), "Queue has no attribute Nothing"),
    "a resource refers to itself": (("--template", "TEMPLATES/circle"), "in a circle: Bus -> Bus"),
    "a type is not provisioned": (
        ("--template", "TEMPLATES/unknown-type"),
        r"AWS::Kinesis::Stream \(Line\): .*does not provision",
    ),
    "the template has no shape": (("--template", "TEMPLATES/no-shape"), "no Resources"),
    "a property is missing": (("--template", "TEMPLATES/incomplete"), "Table .* needs the property"),
    "a parameter is unknown": (("--parameter", "Nothing=1"), "the template has no parameter Nothing"),
    "a value is out of range": (
        ("--parameter", "StartDeadlineSeconds=0"),
        "parameter StartDeadlineSeconds: '0' is less than 1",
    ),
    "a value is no number": (
        ("--parameter", "StartDeadlineSeconds=soon"),
        "parameter StartDeadlineSeconds: 'soon' is not a number",
    ),
    "the region is none": (("--region", "nowhere"), "nowhere is no AWS region"),
}


@pytest.fixture
def arguments(tmp_path: Path) -> Iterator[Callable[[str], list[str]]]:
    """The arguments of a case, with what this run has put in place for it."""
    for name, text in TEMPLATES.items():
        (tmp_path / name).write_text(text)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        known = {"PORT": str(taken.getsockname()[1]), "TEMPLATES": str(tmp_path)}
        yield lambda case: [re.sub("PORT|TEMPLATES", lambda word: known[word[0]], one) for one in CASES[case][0]]


@pytest.mark.parametrize("case", CASES)
def test_what_it_cannot_start_is_one_clear_line(
    arguments: Callable[[str], list[str]],
    tmp_path: Path,
    eventually: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    case: str,
) -> None:
    monkeypatch.setattr("local_stack.sources.kafka_broker._TIMEOUT_SECONDS", 1)
    threads = set(threading.enumerate())
    ready_file = tmp_path / "ready.json"
    command = ["local", "up", "--worker", "none", "--ready-file", str(ready_file), *arguments(case)]
    outcome = CliRunner().invoke(app, command)
    assert outcome.exit_code == 2
    (line,) = outcome.stderr.splitlines()
    assert line.startswith("sagactl: ")
    assert re.search(CASES[case][1], line), line
    assert not ready_file.exists()
    eventually(lambda: set(threading.enumerate()) <= threads)


def test_a_ready_file_that_cannot_be_written_is_one_clear_line_and_leaves_nothing(tmp_path: Path) -> None:
    """By then everything runs, so this is also the failure half-way."""
    nowhere = tmp_path / "none" / "ready.json"
    stack = LocalUp(tmp_path / "up", "--worker", "subprocess", "--ready-file", str(nowhere))
    try:
        assert stack.process.wait(PATIENCE_SECONDS) == 2
        assert stack.errors == f"sagactl: the ready file {nowhere} cannot be written: No such file or directory\n"
        assert stack.left_behind() == []
    finally:
        stack.kill()


#: What can be seen of a start from outside, in this order: the broker's threads, the functions' temporary folder, the
#: worker's process, and the ready file that was written just now.
MOMENTS: dict[str, Callable[[LocalUp], object]] = {
    "broker": lambda stack: len(list(Path(f"/proc/{stack.process.pid}/task").iterdir())) > 2,
    "functions": lambda stack: list(stack.scratch.glob("local-stack-*")),
    "worker": lambda stack: any("local_worker" in line for line in processes_of(stack.folder)),
    "ready": lambda stack: stack.ready_file.exists(),
}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what a process is doing is read from /proc")
def test_a_signal_during_the_start_ends_it_and_leaves_nothing(tmp_path: Path) -> None:
    def interrupted(moment: str, number: signal.Signals) -> tuple[str, int, list[str]]:
        stack = LocalUp(tmp_path / moment)
        try:
            stack.wait_until(lambda: MOMENTS[moment](stack))
            return moment, stack.end(number), stack.left_behind()
        finally:
            stack.kill()

    with ThreadPoolExecutor(2) as starters:
        outcomes = list(
            starters.map(interrupted, MOMENTS, [signal.SIGINT, signal.SIGTERM, signal.SIGINT, signal.SIGINT])
        )
    assert outcomes == [(moment, 0, []) for moment in MOMENTS]

"""Starting and ending: one clear line when it cannot start, nothing left when it ends."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local_stack import BrokenTemplate
from local_stack.aws.clients import AwsClients
from local_stack.errors import LocalStackError, PortTakenError, UnsupportedResource
from local_stack.stack import LocalStack, StackOptions
from local_stack.template import with_local_values

Eventually = Callable[..., Any]


def options(template: Path, **more: Any) -> StackOptions:
    return StackOptions(template=template, parameters={"Records": str(template.parent / "records")}, **more)


def local_stack_folders() -> set[Path]:
    return set(Path(os.environ.get("TMPDIR", "/tmp")).glob("local-stack-*"))


def test_closing_leaves_no_process_thread_or_folder(small_template: Path, eventually: Eventually) -> None:
    threads, folders = set(threading.enumerate()), local_stack_folders()
    with LocalStack(options(small_template)) as stack:
        answer = stack.clients("lambda").invoke(FunctionName="echo", Payload=b"{}")
        pid = json.loads(answer["Payload"].read())["pid"]
        stack.clients("lambda").invoke(FunctionName="echo", InvocationType="Event", Payload=b'{"sleep": 1}')
        began = time.monotonic()
    assert time.monotonic() - began < 15
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert local_stack_folders() <= folders
    eventually(lambda: set(threading.enumerate()) <= threads)


def test_a_process_may_run_one_stack_after_another_but_not_two(small_template: Path) -> None:
    with LocalStack(options(small_template)) as first:
        first.clients("dynamodb").put_item(TableName="things", Item={"id": {"S": "left-over"}})
        with pytest.raises(LocalStackError, match="already runs a stack"):
            LocalStack(options(small_template)).start()
        assert first.clients("dynamodb").scan(TableName="things")["Count"] == 1
    with LocalStack(options(small_template)) as second:
        assert second.clients("dynamodb").scan(TableName="things")["Count"] == 0


@pytest.mark.parametrize("port", ["aws_port", "kafka_port"])
def test_a_taken_port_is_one_clear_line_and_leaves_nothing(
    small_template: Path, port: str, eventually: Eventually
) -> None:
    threads = set(threading.enumerate())
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"port {taken} on 127.0.0.1 cannot be used"):
            LocalStack(options(small_template, **{port: taken})).start()
    eventually(lambda: set(threading.enumerate()) <= threads)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ("  Bus: { Type: AWS::Kinesis::Stream }", UnsupportedResource, r"AWS::Kinesis::Stream \(Bus\)"),
        ("  Bus: { Type: AWS::Events::EventBus, Properties: { Name: !Ref Missing } }", BrokenTemplate, "Missing"),
        (
            "  Bus: { Type: AWS::Events::EventBus, Properties: { Name: !GetAtt Table.Missing } }",
            BrokenTemplate,
            "Missing",
        ),
        ("  Bus: [", BrokenTemplate, "template.yaml"),
        ("  Bus: []", BrokenTemplate, "Bus has no Type"),
        ("  Bus: { Properties: { Name: bus } }", BrokenTemplate, "Bus has no Type"),
        ("  Bus: { Type: AWS::DynamoDB::Table }", BrokenTemplate, "needs the property AttributeDefinitions"),
        ("  Bus: { Type: AWS::Events::EventBus, Properties: [] }", BrokenTemplate, r"Bus .* cannot be created|shape"),
        ("  Bus: { Type: AWS::SQS::Queue, Properties: { QueueName: 'a b' } }", BrokenTemplate, "Bus .* cannot be"),
        ("  Bus: { Type: AWS::SQS::Queue, Properties: { QueueName: !If [x] } }", BrokenTemplate, "shape of a template"),
    ],
)
def test_a_template_that_cannot_run_is_one_clear_line(
    small_template: Path, change: str, error: type[Exception], words: str
) -> None:
    text = re.sub(r"^  Bus:.*$", change, small_template.read_text(), flags=re.MULTILINE)
    small_template.write_text(text)
    with pytest.raises(error, match=words) as caught:
        LocalStack(options(small_template)).start()
    assert "\n" not in str(caught.value)


def test_an_unknown_region_is_one_clear_line(small_template: Path) -> None:
    with pytest.raises(LocalStackError, match="nowhere is no AWS region"):
        LocalStack(options(small_template, region="nowhere")).start()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("rate(1 minute)", "'cron(0 * * * ? *)'", r"AWS::Scheduler::Schedule \(TickedTick\).*rate"),
        ('"exists":true', '"wildcard":"*"', r"AWS::Lambda::EventSourceMapping \(StreamMapping\): filter"),
        (
            "arn:aws:kafka:us-east-1:123456789012:cluster/local/0",
            "arn:aws:kinesis:r:1:stream/s",
            "does not poll kinesis",
        ),
        (
            "DestinationConfig: { OnFailure: { Destination: !GetAtt Failures.Arn } }",
            "DestinationConfig: { OnFailure: { Destination: 'kafka://dead' } }",
            "no on-failure destination kafka://dead",
        ),
        ("DeadLetterConfig: { Arn: !GetAtt Undelivered.Arn }", "Input: '{}'", "passes events to targets as they are"),
    ],
)
def test_a_setting_that_would_be_ignored_stops_the_start(small_template: Path, old: str, new: str, words: str) -> None:
    text = small_template.read_text()
    assert old in text
    small_template.write_text(text.replace(old, new))
    with pytest.raises(UnsupportedResource, match=words):
        LocalStack(options(small_template)).start()


def test_the_machines_own_aws_settings_do_not_matter(small_template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_PROFILE": "no-such-profile",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "HTTP_PROXY": "http://127.0.0.1:1",
        "http_proxy": "http://127.0.0.1:1",
    }.items():
        monkeypatch.setenv(name, value)
    clients = AwsClients("http://127.0.0.1:9", "us-east-1", "KEY")
    assert clients("dynamodb").meta.endpoint_url == "http://127.0.0.1:9"
    assert clients("dynamodb").meta.region_name == "us-east-1"
    with LocalStack(options(small_template)) as stack:
        assert stack.clients("lambda").invoke(FunctionName="echo", Payload=b"{}")["StatusCode"] == 200


def test_logs_go_to_a_file_for_each_function(small_template: Path, tmp_path: Path, eventually: Eventually) -> None:
    (small_template.parent / "echo" / "handler.py").write_text(
        "import boto3\ndef lambda_handler(event, context):\n    print('said', event)\n"
    )
    with LocalStack(options(small_template, log_dir=tmp_path / "logs")) as stack:
        stack.clients("lambda").invoke(FunctionName="echo", Payload=b'{"a": 1}')
        # What a function prints comes through a pipe of its own, not with its answer.
        eventually(lambda: "said {'a': 1}" in stack.log_lines("echo"))
    assert "said {'a': 1}" in (tmp_path / "logs" / "echo.log").read_text()


PROGRAM = """
import signal, sys, threading
from pathlib import Path
# Whoever runs the tests in the background hands on an ignored interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
from local_stack.stack import LocalStack, StackOptions
from local_stack.template import with_local_values
template = Path(sys.argv[1])
with LocalStack(StackOptions(template, {"Records": str(template.parent / "records")})) as stack:
    stack.clients("lambda").invoke(FunctionName="echo", Payload=b"{}")
    try:
        # Within the `try`: the reader may interrupt as soon as the line is out, before `print` has returned.
        print(stack.ready.as_json().replace(chr(10), ""), flush=True)
        threading.Event().wait()
    except KeyboardInterrupt:
        print("closing", flush=True)
"""


def start(template: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(template)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ready(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    content: dict[str, Any] = json.loads(process.stdout.readline())
    return content


def children_of(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for file in found for child in file.read_text().split()]


def test_a_program_that_runs_a_stack_ends_on_one_interrupt(small_template: Path) -> None:
    program = start(small_template)
    try:
        assert ready(program)["table"] == "things"
        sandboxes = children_of(program.pid)
        assert sandboxes
        program.send_signal(signal.SIGINT)
        output, errors = program.communicate(timeout=15)
        assert (program.returncode, output.strip(), errors) == (0, "closing", "")
        for pid in sandboxes:
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)
    finally:
        program.kill()
        program.communicate()


def test_a_default_of_this_machine_holds_where_the_template_has_it_and_nobody_says_otherwise(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text("Parameters: { ConfirmDeletes: { Type: String, Default: 'false' } }\nResources: {}\n")
    defaults = {"ConfirmDeletes": "true", "Elsewhere": "1"}

    assert with_local_values(template, {}, "b:1", defaults) == {"ConfirmDeletes": "true"}
    assert with_local_values(template, {"ConfirmDeletes": "false"}, "b:1", defaults) == {"ConfirmDeletes": "false"}

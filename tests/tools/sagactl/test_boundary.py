"""One boundary: whatever AWS refuses, an operator mistypes or an output cannot take is one line and an exit code."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import typer
from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from botocore.parsers import ResponseParserError
from typer.testing import CliRunner, Result

from sagactl.app import app
from sagactl.connection import Target, connect
from sagactl.outlet import Output
from tests.tools.local_stack.outside import SAGACTL
from tests.tools.sagactl.conftest import Operator

FIELD_CASES = ("refused-read",)

ON_A_STACK: list[tuple[str, ...]] = [
    ("verify",),
    ("verify", "--run"),
    ("request", "--example"),
    ("request", "--example", "--no-wait"),
    ("list",),
    ("show", "one"),
    ("show", "one", "--direct"),
    ("slots",),
    ("cancel", "one"),
    ("cancel", "one", "--even-unknown"),
    ("rejected", "list"),
    ("rejected", "list", "--grouped"),
    ("rejected", "show", "one"),
    ("rejected", "redrive", "one", "--yes"),
    ("rejected", "redrive", "--all", "--yes"),
    ("rejected", "drop", "one", "--because", "x", "--yes"),
    ("rejected", "drop", "--reason", "malformed", "--because", "x", "--yes"),
    ("acts",),
    ("retry", "one", "--direct"),
    ("resolve", "one", "--direct", "--if-match", "1", "--reason", "x"),
    ("skip", "one", "--direct", "--if-match", "1", "--reason", "x"),
    ("undo", "one", "--direct", "--if-match", "1", "--reason", "x"),
    ("note", "one", "x", "--direct"),
    ("retry", "order_saga:one", "--direct"),
    ("republish", "one"),
    ("republish", "--since", "1h", "--yes"),
    ("reconcile", "--dry-run"),
    ("reconcile", "--yes"),
    ("diff",),
    ("migrate", "order_saga", "--yes"),
    ("migrate", "order_saga", "--saga", "one", "--yes"),
    ("compare", "theirs.jsonl"),
]
WITHOUT_A_STACK: list[tuple[str, ...]] = [
    ("graph",),
    ("demo",),
    ("local", "up"),
    ("local", "send"),
    ("local", "worker"),
    ("local", "token"),
    ("prove",),
    # Over the HTTP API alone: test_operations_over_http.py.
    *(("operations", name) for name in ("prepare", "start", "list", "show", "abort")),
    # Over the HTTP API alone: test_rejected_over_http.py.
    ("slots", "close"),
    ("slots", "open"),
    ("slots", "override"),
]
OUTPUTS = {
    "TableName": "sagas",
    "PayloadBucketName": "payloads",
    "RejectedQueueUrl": "https://sqs.eu-central-1.amazonaws.com/1/rejected",
    "OperatorTableName": "operator",
    "RuleDeadLetterQueueUrl": "https://sqs.eu-central-1.amazonaws.com/1/dead",
    "EventBusName": "bus",
    "EventSource": "executions",
    "OperatorSource": "saga-operator",
    "RelayFunctionName": "relay",
    "DeadlineShards": "4",
    "CounterShards": "4",
    **dict.fromkeys(("StartDeadlineSeconds", "RunGraceSeconds", "RequestMaxAgeSeconds", "RetentionDays"), "60"),
}


def refusal(code: str) -> Callable[[str], Exception]:
    return lambda operation: ClientError({"Error": {"Code": code, "Message": "no\nmore"}}, operation)


REFUSALS: dict[str, Callable[[str], Exception]] = {
    **{
        code: refusal(code)
        for code in (
            "AccessDeniedException",
            "ThrottlingException",
            "ResourceNotFoundException",
            "ExpiredTokenException",
        )
    },
    "no connection": lambda _: EndpointConnectionError(endpoint_url="https://there"),
    "no credentials": lambda _: NoCredentialsError(),
    "no answer but a page": lambda _: ResponseParserError("Unable to parse response,\ninvalid XML"),
    "no code": lambda operation: ClientError({}, operation),
    "no part that must be there": lambda _: KeyError("Items"),
    "no end of redirects": lambda _: RecursionError(),
}


def test_every_command_is_here() -> None:
    """A command that is added must be added to these tests too."""

    def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        for name, each in getattr(command, "commands", {}).items():
            yield from leaves(each, (*path, name))
        if not hasattr(command, "commands"):
            yield path

    there = set(leaves(typer.main.get_command(app)))
    tried = {each[:words] for each in (*ON_A_STACK, *WITHOUT_A_STACK) for words in (1, 2)}
    assert there <= tried


@contextmanager
def aws(monkeypatch: pytest.MonkeyPatch, refuse: Callable[[str], Exception], known: frozenset[str]) -> Iterator[None]:
    """Every call but the known ones is refused."""

    def call(_client: Any, operation: str, _request: Any) -> Any:
        if operation in known:
            outputs = [{"OutputKey": key, "OutputValue": value} for key, value in OUTPUTS.items()]
            return {"Stacks": [{"Outputs": outputs}]}
        raise refuse(operation)

    with monkeypatch.context() as patched:
        patched.setenv("AWS_REGION", "eu-central-1")
        patched.setenv("AWS_ENDPOINT_URL", "")
        patched.setattr(BaseClient, "_make_api_call", call)
        yield


def assert_one_line(outcome: Result, *codes: int) -> str:
    assert outcome.exit_code in codes, outcome.output
    assert isinstance(outcome.exception, SystemExit), outcome.exception
    assert outcome.stdout == ""
    (line,) = outcome.stderr.splitlines()
    assert line.startswith("sagactl: ")
    return line


@pytest.mark.parametrize("known", [frozenset[str](), frozenset({"DescribeStacks"})], ids=["no stack", "stack"])
@pytest.mark.parametrize("refused", REFUSALS)
@pytest.mark.parametrize("command", ON_A_STACK, ids=" ".join)
def test_what_aws_refuses_is_one_line(
    command: tuple[str, ...], refused: str, known: frozenset[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("theirs.jsonl").write_text('{"execution_id": "one", "state": "running"}\n')
    with aws(monkeypatch, REFUSALS[refused], known):
        line = assert_one_line(CliRunner().invoke(app, command), 2)
    if "no " not in refused:
        assert refused in line


@pytest.mark.parametrize("body", [b"<html>proxy</html>", b"", b"null", b"[]", b'{"Items":'])
def test_a_page_instead_of_an_answer_is_no_empty_list(body: bytes) -> None:
    target = Target("sagas", "http://127.0.0.1:1", None, "eu-central-1", Output.TABLE)
    client = connect(target).client("dynamodb")
    client.meta.events.register_first(
        "before-send.dynamodb", lambda request, **_: AWSResponse(request.url, 200, {}, _Body(body))
    )

    with pytest.raises(ResponseParserError):
        client.scan(TableName="sagas")


class _Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_arguments: Any, **_options: Any) -> Iterator[bytes]:
        yield self._content


def test_whoever_looks_for_the_fault_sees_all_of_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SAGACTL_TRACEBACK", "1")
    with aws(monkeypatch, REFUSALS["no part that must be there"], frozenset()):
        assert isinstance(CliRunner().invoke(app, ["list"]).exception, KeyError)


@pytest.mark.parametrize("endpoint", ["http://[::1", "nowhere", "http://", "ftp:", " ", "http://a b:1"])
def test_an_endpoint_that_is_none_is_one_line(endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    outcome = CliRunner().invoke(app, ["list", "--region", "eu-central-1", "--endpoint-url", endpoint])
    assert "sagactl." not in assert_one_line(outcome, 2)  # no fault of its own is told


@pytest.mark.parametrize("url", ["nowhere", "ftp://x", "http://[::1", "https://", "http://:x", "http://x:0", ""])
def test_an_address_of_the_api_that_is_none_is_one_line(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with aws(monkeypatch, REFUSALS["no credentials"], frozenset({"DescribeStacks"})):
        line = assert_one_line(CliRunner().invoke(app, ["retry", "one", "--api", url]), 2)
    assert "a URL is wanted" in line or url == ""


IDS = ["a b", "x" * 200, "#counter#python#0", "-begins-with-a-dash", "", "ä", "\udcff", "a\0b", "a\nb"]
TAKE_AN_ID: list[tuple[str, ...]] = [
    ("show", "--"),
    ("cancel", "--"),
    ("retry", "--direct", "--"),
    ("resolve", "--direct", "--if-match", "1", "--reason", "x", "--"),
    ("republish", "--"),
    ("rejected", "show", "--"),
    ("rejected", "redrive", "--yes", "--"),
    ("rejected", "drop", "--yes", "--because", "x", "--"),
    ("list", "--after"),
    ("request", "--example", "--no-wait", "--execution-id"),
]


@pytest.mark.parametrize("identifier", IDS, ids=ascii)
@pytest.mark.parametrize("command", TAKE_AN_ID, ids=" ".join)
def test_a_bad_identifier_is_one_line(operator: Operator, command: tuple[str, ...], identifier: str) -> None:
    if command[0] == "request" and identifier == "-begins-with-a-dash":
        pytest.skip("an id may begin with a dash: it is sent")
    where = ("--endpoint-url", operator.ready["aws_endpoint"])
    words = 2 if command[0] == "rejected" else 1  # options stand before the dashes
    outcome = CliRunner().invoke(app, [*command[:words], *where, *command[words:], identifier])
    line = assert_one_line(outcome, 1, 2)
    assert "Traceback" not in line


@pytest.mark.parametrize("command", ["list", "slots", "rejected list"])
@pytest.mark.parametrize("option", ["--language", "--owner", "--reason", "--saga", "--execution"])
def test_a_condition_that_nothing_meets_is_an_empty_answer(operator: Operator, command: str, option: str) -> None:
    for value in ("a b", "#counter#x#0", "x" * 300, "ä"):
        outcome = operator.types(*command.split(), option, value)
        if "No such option" not in outcome.stderr:
            assert outcome.exit_code == 0, outcome.output


# -- where the result goes


def typed(arguments: list[str], folder: Path, stdout: Any = subprocess.PIPE, **more: Any) -> tuple[int, str]:
    """As a shell would, with standard output elsewhere."""
    done = subprocess.run(
        [SAGACTL, *arguments],
        stdout=stdout,
        stderr=subprocess.PIPE,
        cwd=folder,
        text=True,
        timeout=60,
        check=False,
        **more,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stderr


READING = ["list", "slots", "diff", "rejected list", "reconcile --dry-run", "request --example --no-wait"]
ALONE = ["graph", "graph --output json", "--version", "--help", "list --help", "local up --worker none"]


def arguments_of(command: str, output: str, operator: Operator) -> list[str]:
    return [*command.split(), "--output", output, "--endpoint-url", operator.ready["aws_endpoint"]]


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
@pytest.mark.parametrize("output", ["table", "json"])
@pytest.mark.parametrize("command", READING)
def test_a_full_disk_is_one_line(operator: Operator, tmp_path: Path, command: str, output: str) -> None:
    with Path("/dev/full").open("w") as full:
        code, said = typed(arguments_of(command, output, operator), tmp_path, full)
    assert code == 2, said
    assert said.splitlines()[-1] == "sagactl: the output cannot be written: No space left on device"


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
@pytest.mark.parametrize("command", ALONE)
def test_a_full_disk_is_one_line_without_a_stack(tmp_path: Path, command: str) -> None:
    with Path("/dev/full").open("w") as full:
        code, said = typed(command.split(), tmp_path, full)
    assert (code, said) == (2, "sagactl: the output cannot be written: No space left on device\n")


@pytest.mark.parametrize("command", ["list", "graph"])
def test_a_closed_output_is_one_line(operator: Operator, tmp_path: Path, command: str) -> None:
    where = ["--endpoint-url", operator.ready["aws_endpoint"]] if command == "list" else []
    code, said = typed([command, *where], tmp_path, None, preexec_fn=lambda: os.close(1))
    assert (code, said) == (2, "sagactl: standard output is closed\n")


def test_a_reader_that_has_gone_is_one_line(operator: Operator, tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        code, said = typed(arguments_of("list", "json", operator), tmp_path, write)
    finally:
        os.close(write)
    assert (code, said) == (2, "sagactl: the output cannot be written: Broken pipe\n")


def test_errors_that_cannot_be_written_change_no_exit_code(operator: Operator, tmp_path: Path) -> None:
    done = subprocess.run(
        [SAGACTL, "show", "nobody", "--endpoint-url", operator.ready["aws_endpoint"]],
        stdout=subprocess.PIPE,
        preexec_fn=lambda: os.close(2),
        cwd=tmp_path,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1


WITH_A_RESULT = [command for command in (*ON_A_STACK, *WITHOUT_A_STACK) if command != ("local", "token")]
"""That one prints a token and nothing else, for a shell's $(...)."""


@pytest.mark.parametrize("command", WITH_A_RESULT, ids=" ".join)
def test_every_command_takes_the_same_formats(command: tuple[str, ...]) -> None:
    words = [word for word in command if word.isalpha() and word not in {"one", "x", "1"}]
    told = CliRunner().invoke(app, [*words, "--help"]).stdout
    assert re.search(r"--output +<table\|json>", told), told

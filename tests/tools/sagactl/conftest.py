"""One stack for all commands, started as anybody would; nobody runs pods on it, so each test says what a pod does."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
import typer.main
import typer.testing
from typer.testing import CliRunner, Result

from sagactl.app import app
from sagactl.connection import Target
from sagactl.deployment import deployment
from sagactl.outlet import Output
from sagactl.rejected.queues import silence
from tests.tools.local_stack.outside import Client, LocalUp

vars(typer.testing)["_get_command"] = cache(typer.main.get_command)
"""The commands are read from their functions once, not for each line that is typed: these tests type thousands."""


TWO_WAYS = frozenset({"show", "rejected", "acts", "slots", "cancel", "republish"})
"""Commands that go over the stack's HTTP API where it has one."""


@dataclass(frozen=True)
class Operator:
    """Types commands against the stack, and looks at it without them."""

    stack: LocalUp
    ready: dict[str, Any]
    client: Client

    def types(self, *arguments: str, answer: str | None = None) -> Result:
        """`answer`: what is typed when the command asks; nobody answers by itself.

        Straight to AWS, unless `--api` names the other way: what goes over the API has tests of its own.
        """
        if arguments[0] in TWO_WAYS and "--api" not in arguments and "--help" not in arguments:
            arguments = (*arguments, "--direct")
        return CliRunner().invoke(app, [*arguments, "--endpoint-url", self.ready["aws_endpoint"]], input=answer)

    def gets(self, *arguments: str, exit_code: int = 0) -> Any:
        """What a command answers as JSON."""
        outcome = self.types(*arguments, "--output", "json")
        assert outcome.exit_code == exit_code, outcome.output
        return json.loads(outcome.stdout)

    def execution_saga(self, execution_id: str) -> Any:
        """What `show` says of it; an execution has one saga more for each that a user has registered."""
        (saga,) = [each for each in self.gets("show", execution_id) if each["saga_name"] == "execution_saga"]
        return saga

    def republishes(self, execution_id: str) -> dict[str, list[str]]:
        """Message ids of the execution saga, by what became of them."""
        told = self.gets("republish", execution_id)
        return {what: [each for each in ids if each.startswith("execution_saga:")] for what, ids in told.items()}

    def aws(self, service: str) -> Any:
        return boto3.client(service, endpoint_url=self.ready["aws_endpoint"], region_name=self.ready["region"])

    def invokes(self, function: str, payload: Any) -> Any:
        answer = self.aws("lambda").invoke(FunctionName=function, Payload=json.dumps(payload).encode())
        return json.loads(answer["Payload"].read() or b"null")

    @property
    def outputs(self) -> dict[str, str]:
        (stack,) = self.aws("cloudformation").describe_stacks(StackName="saga-orchestrator")["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    @property
    def operator_table(self) -> str:
        return self.outputs["OperatorTableName"]

    @property
    def dead_letter_queue_url(self) -> str:
        return self.outputs["RuleDeadLetterQueueUrl"]

    def eventually(self, condition: Callable[[], Any]) -> Any:
        return self.stack.wait_until(condition)

    def is_in(self, execution_id: str, state: str) -> None:
        self.eventually(lambda: self.client.state(execution_id) == state)


@pytest.fixture(scope="session")
def _stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalUp]:
    """Shared by a test session, in a process of its own: other tests may run a stack in this one."""
    stack = LocalUp(tmp_path_factory.mktemp("sagactl") / "up", "--worker", "none", "--output", "json")
    try:
        yield stack
        assert stack.end() == 0, stack.errors
        assert stack.left_behind() == []
    finally:
        stack.kill()


@pytest.fixture(scope="session")
def _client(_stack: LocalUp) -> Client:
    return Client(_stack.ready())


@pytest.fixture
def operator(_stack: LocalUp, _client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    monkeypatch.chdir(tmp_path)
    return Operator(_stack, dict(_client.ready), _client)


@pytest.fixture
def nothing_rejected(operator: Operator) -> Iterator[None]:
    """Each test begins and ends with an empty list, and with no pointer that a command which was cut off holds."""
    yield
    operator.types("rejected", "drop", "--all", "--because", "the test is over", "--yes")
    assert operator.gets("rejected", "list")["rejected"] == []
    stack = deployment(Target("saga-orchestrator", operator.ready["aws_endpoint"], None, None, Output.JSON))
    until = time.monotonic() + 60
    while operator.client.rejected(held=True) and time.monotonic() < until:
        silence(stack, set())
        time.sleep(0.2)
    assert operator.client.rejected(held=True) == 0

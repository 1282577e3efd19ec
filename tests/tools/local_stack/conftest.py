"""An emulator alone, and a small stack of tiny handlers on which each delivery rule can be watched by itself."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from local_stack.aws import reset_emulator
from local_stack.aws.clients import AwsClients
from local_stack.aws.endpoint import AwsEndpoint
from local_stack.stack import LocalStack, StackOptions
from local_stack.stack_event import EventKind, StackEvent
from tests.tools.local_stack.served_front import Served
from tests.tools.local_stack.small_stack import write_template


@dataclass
class Watched:
    """A running small stack, with everything its functions saw and everything it said."""

    folder: Path
    happenings: list[StackEvent] = field(default_factory=list)
    stack: LocalStack = field(init=False)

    def events(self, function: str) -> list[Any]:
        """What a function was invoked with, in order."""
        files = sorted((self.folder / "records" / function).glob("*.json"))
        return [json.loads(file.read_text()) for file in files]

    def said(self, kind: EventKind, function: str | None = None) -> list[StackEvent]:
        return [one for one in self.happenings if one.kind is kind and function in (None, one.function)]

    def failure_records(self, prefix: str) -> list[dict[str, Any]]:
        s3 = self.stack.clients("s3")
        listed = s3.list_objects_v2(Bucket="failures", Prefix=f"aws/lambda/{prefix}").get("Contents", [])
        return [json.loads(s3.get_object(Bucket="failures", Key=one["Key"])["Body"].read()) for one in listed]


def eventually(condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    """The condition's first true value; fails when there is none in time. Generous, because it is only waited out by a
    failure: a loaded machine must not be one."""
    until = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)
    return value


@pytest.fixture(name="eventually")
def eventually_fixture() -> Callable[..., Any]:
    return eventually


@pytest.fixture
def small_template(tmp_path: Path) -> Path:
    return write_template(tmp_path)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Delays between asynchronous attempts are a twentieth of a second and a tenth; the schedule ticks every 0.3 s."""
    folder = tmp_path_factory.mktemp("small")
    watched = Watched(folder)
    options = StackOptions(
        template=write_template(folder),
        parameters={"Records": str(folder / "records")},
        check_interval=0.3,
        log=watched.happenings.append,
        async_delay_scale=1 / 1200,
        ttl_interval=0.1,
    )
    with LocalStack(options) as stack:
        watched.stack = stack
        yield watched


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsClients]:
    """The repaired emulator alone."""
    reset_emulator()
    faults: list[Exception] = []
    endpoint = AwsEndpoint(lambda _: None, lambda _, error: faults.append(error))
    clients = AwsClients(endpoint.start(0), "us-east-1", "TEST")
    yield clients
    clients.close()
    endpoint.close()
    assert faults == []


@pytest.fixture
def served() -> Iterator[Served]:
    served = Served()
    yield served
    served.front.close()

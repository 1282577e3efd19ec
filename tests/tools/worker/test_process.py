"""The worker as a process of its own: it starts, reports, and never outlives its starter."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from local_worker.process import WorkerProcess
from local_worker.process_options import WorkerOptions
from local_worker.worker import PodNews, WorkerClients
from stack_client import NotStartedError
from tests.tools.worker.samples import BUS, REGION, create_command, eventually


def test_the_process_works_and_gives_its_account_at_the_end(
    clients: WorkerClients,
    aws_endpoint: str,
    send: Callable[..., None],
    put_script: Callable[[dict[str, Any], bytes], None],
) -> None:
    news: list[PodNews] = []
    process = WorkerProcess(WorkerOptions(aws_endpoint, REGION, BUS), news.append)
    process.start()
    command = create_command("ex-process")
    put_script(command, b"print('hello')")

    send(command)
    eventually(lambda: PodNews("EXECUTION_COMPLETED", "ex-process") in news, "the completed run")
    counts = process.stop()

    assert counts is not None
    assert (counts.created, counts.finished, counts.leaked) == (1, 1, 0)
    assert not process.running


def test_a_worker_that_finds_no_bus_says_so_in_one_line(clients: WorkerClients, aws_endpoint: str) -> None:
    with pytest.raises(NotStartedError, match="could not be started") as caught:
        WorkerProcess(WorkerOptions(aws_endpoint, REGION, "no-such-bus")).start()

    assert "\n" not in str(caught.value)


def test_the_process_ends_when_its_starter_is_gone(clients: WorkerClients, aws_endpoint: str) -> None:
    options = WorkerOptions(aws_endpoint, REGION, BUS)
    process = subprocess.Popen(
        [sys.executable, "-m", "local_worker", options.to_json()], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert json.loads(process.stdout.readline()) == {"kind": "ready"}

    process.stdin.close()

    assert process.wait(60) == 0
    process.stdout.close()

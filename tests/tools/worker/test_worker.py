"""The worker on a bus: commands in, pods, events out."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local_worker.ledger import Verdict
from local_worker.worker import PodNews, Worker, WorkerClients
from tests.tools.worker.conftest import RecordingPublisher
from tests.tools.worker.samples import create_command, delete_command, eventually, rfc3339

Put = Callable[[dict[str, Any], bytes], None]
STARTED, COMPLETED, FAILED, TIMEOUT = (f"EXECUTION_{name}" for name in ("STARTED", "COMPLETED", "FAILED", "TIMEOUT"))


@pytest.fixture
def obey(worker: Worker, put_script: Put) -> Callable[..., Verdict | None]:
    """Put the script in its place and give the create, as if it had come over the bus."""

    def give(execution_id: str, script: bytes = b"print('hello')", **changes: Any) -> Verdict | None:
        command = create_command(execution_id, script, **changes)
        put_script(command, script)
        return worker.obey(command)

    return give


def test_a_command_on_the_bus_becomes_a_run_with_its_two_events(
    worker: Worker, publisher: RecordingPublisher, send: Callable[..., None], put_script: Put
) -> None:
    command = create_command("ex-bus")
    put_script(command, b"print('hello')")

    send(command, command, command)
    eventually(lambda: len(publisher.types("ex-bus")) == 2, "both events")
    send(delete_command("ex-bus"))
    eventually(lambda: worker.counts().duplicates == 2, "the duplicates")

    assert publisher.types("ex-bus") == [STARTED, COMPLETED]
    body = publisher.last("ex-bus")
    assert body["stdout"] == "hello\n"
    assert (body["exit_code"], body["metadata"]["correlation_id"]) == (0, "corr-ex-bus")
    assert (worker.counts().created, worker.counts().finished, worker.counts().deleted) == (1, 1, 0)


def test_every_end_is_published_with_its_fields(obey: Callable[..., Any], publisher: RecordingPublisher) -> None:
    obey("ex-crash", b"raise SystemExit(3)")
    obey("ex-loop", b"while True: pass", timeout_seconds=1)
    obey("ex-ruby", b"puts 1", runtime_command=["ruby"])
    obey("ex-limits", b"pass", memory_limit="plenty")
    for name in ("ex-crash", "ex-loop", "ex-ruby", "ex-limits"):
        eventually(lambda name=name: publisher.types(name)[-1:] not in ([], [STARTED]), name)  # type: ignore[misc]

    assert publisher.types("ex-crash") == [STARTED, FAILED]
    assert (publisher.last("ex-crash")["exit_code"], publisher.last("ex-crash")["error_type"]) == (3, "ScriptError")
    assert publisher.types("ex-loop") == [STARTED, TIMEOUT]
    assert publisher.last("ex-loop")["timeout_seconds"] == 1
    assert publisher.types("ex-ruby") == [FAILED]
    assert publisher.last("ex-ruby")["error_type"] == "RuntimeUnavailable"
    assert publisher.last("ex-limits")["error_type"] == "InvalidLimits"


def test_a_script_that_is_not_the_announced_one_does_not_run(
    worker: Worker, publisher: RecordingPublisher, put_script: Put
) -> None:
    command = create_command("ex-swapped", b"print('mine')")
    put_script(command, b"print('evil')")
    worker.obey(command)
    worker.obey(create_command("ex-absent"))
    worker.obey(create_command("ex-inline", b"print(1)", script="print(2)"))
    for name in ("ex-swapped", "ex-absent", "ex-inline"):
        eventually(lambda name=name: publisher.types(name) == [FAILED], name)  # type: ignore[misc]

    errors = [publisher.last(name)["error_type"] for name in ("ex-swapped", "ex-absent", "ex-inline")]
    assert errors == ["ScriptMismatch", "ScriptUnavailable", "ScriptMismatch"]
    assert "evil" not in json.dumps(publisher.last("ex-swapped"))


def test_a_small_script_may_come_inline(worker: Worker, publisher: RecordingPublisher) -> None:
    worker.obey(create_command("ex-inlined", b"print(5)", script="print(5)"))

    eventually(lambda: publisher.types("ex-inlined") == [STARTED, COMPLETED], "the run")


def test_a_delete_kills_the_run_and_nothing_more_is_published(
    obey: Callable[..., Any], worker: Worker, publisher: RecordingPublisher
) -> None:
    obey("ex-long", b"import time; time.sleep(60)")
    eventually(lambda: publisher.types("ex-long") == [STARTED], "the start")
    time.sleep(0.1)

    assert worker.obey(delete_command("ex-long")) is Verdict.DELETED
    eventually(lambda: not worker._shared.sandboxes, "the end of the process")
    time.sleep(0.1)

    assert publisher.types("ex-long") == [STARTED]
    assert worker.counts().deleted == 1


def test_a_delete_before_its_create_leaves_no_pod(
    obey: Callable[..., Any], worker: Worker, publisher: RecordingPublisher
) -> None:
    assert worker.obey(delete_command("ex-early")) is Verdict.NOTHING_TO_DELETE
    assert obey("ex-early") is Verdict.REFUSED_DELETED

    time.sleep(0.2)
    assert publisher.types("ex-early") == []
    assert (worker.counts().created, worker.counts().refused) == (0, 1)


def test_a_delete_that_asks_for_it_is_answered_each_time_it_comes_and_no_other_is(
    worker: Worker, publisher: RecordingPublisher
) -> None:
    worker.obey(delete_command("ex-quiet"))
    asked = delete_command("ex-asked", operation_id="execution_saga:ex-asked:create_pod")
    for _ in range(2):
        worker.obey(asked)

    assert publisher.types("ex-quiet") == []
    assert publisher.types("ex-asked") == ["COMMAND_REPLY"] * 2
    body = publisher.last("ex-asked")
    assert (body["in_reply_to"], body["outcome"]) == (asked["message_id"], "done")


def test_an_expired_create_is_refused(obey: Callable[..., Any]) -> None:
    past = rfc3339(datetime.now(UTC) - timedelta(seconds=1))

    assert obey("ex-late", expires_at=past) is Verdict.REFUSED_EXPIRED


def test_no_more_pods_run_at_once_than_allowed(obey: Callable[..., Any], worker: Worker, tmp_path: Path) -> None:
    """Each pod says that it runs, and waits until it may end: two of the six are held back meanwhile."""
    may_end = tmp_path / "may-end"
    for number in range(6):
        runs = tmp_path / f"runs-{number}"
        wait = f"while not os.path.exists({str(may_end)!r}): time.sleep(0.01)"
        script = f"import os, time\nopen({str(runs)!r}, 'w').close()\n{wait}"
        obey(f"ex-many-{number}", script.encode(), timeout_seconds=300)
    eventually(lambda: len(list(tmp_path.glob("runs-*"))) == 4, "four pods that run")
    time.sleep(0.3)
    assert (len(list(tmp_path.glob("runs-*"))), len(worker._shared.sandboxes)) == (4, 4)

    may_end.touch()

    eventually(lambda: worker.counts().finished == 6, "the end of all six")
    assert len(list(tmp_path.glob("runs-*"))) == 6


def test_a_pod_that_is_ignored_never_starts_but_can_be_deleted(
    obey: Callable[..., Any], worker: Worker, publisher: RecordingPublisher, news: list[PodNews]
) -> None:
    assert obey("stuck-1") is Verdict.CREATED
    time.sleep(0.2)

    assert publisher.types("stuck-1") == []
    assert worker.obey(delete_command("stuck-1")) is Verdict.DELETED
    assert [item.what for item in news] == ["created", "deleted"]


def test_faults_that_were_asked_for_happen(
    obey: Callable[..., Any], worker: Worker, publisher: RecordingPublisher
) -> None:
    obey("mute-1")
    obey("twice-1")
    eventually(lambda: worker.counts().finished == 2, "both ends")

    assert publisher.types("mute-1") == [STARTED]
    assert publisher.types("twice-1") == [STARTED, STARTED, COMPLETED, COMPLETED]


def test_what_is_no_command_is_counted_and_dropped(worker: Worker) -> None:
    valid = create_command("ex-1")
    bodies: list[Any] = [
        None,
        [],
        {},
        {"message_type": "SAGA_STARTED"},
        {**valid, "timeout_seconds": 0},
        {**valid, "execution_id": "../etc"},
        {**valid, "runtime_filename": "../passwd"},
        {**valid, "expires_at": "2026-01-01T00:00:00"},
        {key: value for key, value in valid.items() if key != "expires_at"},
    ]

    assert [worker.obey(body) for body in bodies] == [None] * len(bodies)
    assert worker.counts().malformed == len(bodies)


def test_stopping_ends_what_runs_and_removes_rule_and_queue(
    worker: Worker, obey: Callable[..., Any], publisher: RecordingPublisher, clients: WorkerClients
) -> None:
    obey("ex-forever", b"import time; time.sleep(60)")
    eventually(lambda: publisher.types("ex-forever") == [STARTED], "the start")

    begin = time.monotonic()
    counts = worker.stop()

    assert time.monotonic() - begin < 30, "the script's minute was not waited for"
    assert (counts.created, counts.abandoned, counts.leaked) == (1, 1, 0)
    assert clients.events.list_rules(EventBusName="executions-bus")["Rules"] == []
    assert "QueueUrls" not in clients.sqs.list_queues(QueueNamePrefix="saga-worker-")

"""A watch that breaks, versions that are too old, an API server that fails: what a pod did is told all the same."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from kubernetes_worker.__main__ import _note, _obey
from kubernetes_worker.desk import Desk
from kubernetes_worker.options import BadOption, Options
from kubernetes_worker.reports import Told, ended, fitted, never_ran
from kubernetes_worker.watching import Watcher
from saga_testing.worker_contract.commands import create_command, delete_command
from tests.tools.kubernetes_worker.api_server import ApiServer
from tests.tools.kubernetes_worker.rig import client, stand_in

Json = dict[str, Any]


class Said(list[Json]):
    """What was published, in order."""

    def publish(self, body: Json, _key: str) -> None:
        self.append(body)

    def of(self, execution_id: str) -> list[str]:
        return [each["event_type"].removeprefix("EXECUTION_") for each in self if each["execution_id"] == execution_id]


class Beside:
    """A desk and a watcher beside a stand-in, without a broker."""

    def __init__(self, address: str, folder: Path, said: Said) -> None:
        self._stopping, self._pool = threading.Event(), ThreadPoolExecutor(8)
        api = client(address, folder)
        self.desk = Desk(api, said.publish, lambda _bucket, _key: b"", timedelta(minutes=20), self._pool)
        self.watcher = Watcher(api, said.publish, self._stopping, self._pool)
        threading.Thread(target=self.watcher.follow, daemon=True).start()

    def close(self) -> None:
        self._stopping.set()
        self._pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def beside(address: str, folder: Path, said: Said) -> Iterator[Desk]:
    made = Beside(address, folder, said)
    try:
        yield made.desk
    finally:
        made.close()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[ApiServer, str]]:
    with stand_in(tmp_path, 4) as made:
        yield made


def eventually(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, f"never happened: {what}"
        time.sleep(0.02)


def command(name: str, script: str = "print('done')", **changes: Any) -> Json:
    return create_command(name, script.encode(), **changes)


SLOW = "import time\ntime.sleep(0.7)"


@pytest.mark.parametrize("trouble", ["drop_watches", "forget_history"])
def test_a_watch_that_breaks_loses_nothing(cluster: tuple[ApiServer, str], tmp_path: Path, trouble: str) -> None:
    (server, address), said = cluster, Said()
    with beside(address, tmp_path, said) as desk:
        desk.obey(command("ex-1", SLOW))
        eventually(lambda: said.of("ex-1") == ["STARTED"], "the start")
        getattr(server.cluster, trouble)()
        desk.obey(command("ex-2"))
        eventually(lambda: len(said.of("ex-1")) == 2 and len(said.of("ex-2")) == 2, "both ends")

    assert said.of("ex-1") == said.of("ex-2") == ["STARTED", "COMPLETED"]


def test_an_overloaded_api_server_is_asked_again(cluster: tuple[ApiServer, str], tmp_path: Path) -> None:
    (server, address), said = cluster, Said()
    with beside(address, tmp_path, said) as desk:
        desk.obey(command("ex-1", SLOW))
        server.fail_next = 3
        eventually(lambda: said.of("ex-1") == ["STARTED", "COMPLETED"], "both events")
        assert server.fail_next == 0


def test_a_worker_that_starts_says_only_what_is_missing(cluster: tuple[ApiServer, str], tmp_path: Path) -> None:
    (_, address), first, second = cluster, Said(), Said()
    with beside(address, tmp_path, first) as desk:
        desk.obey(command("ex-ended"))
        desk.obey(command("ex-running", SLOW))
        eventually(lambda: len(first.of("ex-ended")) == 2 and first.of("ex-running") == ["STARTED"], "one end")
        time.sleep(0.2)
    with beside(address, tmp_path, second) as desk:
        eventually(lambda: second.of("ex-running") == ["COMPLETED"], "the other end")

    assert second.of("ex-ended") == []


def test_a_create_that_was_cut_short_is_completed_when_it_comes_again(
    cluster: tuple[ApiServer, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Job is there, and the worker dies before the script is."""
    (server, address), said = cluster, Said()
    with beside(address, tmp_path, said) as desk:
        create = command("ex-1")
        with monkeypatch.context() as patch:
            patch.setattr(server.cluster, "create_secret", lambda _secret: 1 / 0)
            with pytest.raises(Exception, match=r"disconnected|Remote"):
                desk.obey(create)
        assert said == []
        assert desk.obey(create) == "created ex-1"
        eventually(lambda: said.of("ex-1") == ["STARTED", "COMPLETED"], "its run")
        assert desk.obey(create) == "known ex-1"


def test_what_became_of_a_command_is_told_in_a_word(cluster: tuple[ApiServer, str], tmp_path: Path) -> None:
    (_, address), said = cluster, Said()
    with beside(address, tmp_path, said) as desk:
        assert desk.obey({"message_type": "SAGA_STARTED"}) == "not ours"
        assert desk.obey([]) == "dropped, malformed: no JSON object"
        assert desk.obey(command("ex-1", expires_at="2026-01-01T00:00:00Z")) == "refused, expired: ex-1"
        assert desk.obey(delete_command("ex-2")) == "deleted ex-2"
        assert desk.obey(command("ex-2")) == "refused, its name is taken: ex-2"
        assert desk.obey(command("ex-3", memory_limit="plenty")) == "failed, InvalidLimits: ex-3"
        assert desk.obey(command("ex-3", memory_limit="plenty")) == "refused, its name is taken: ex-3"

    assert said.of("ex-3") == ["FAILED"]


def test_no_right_beyond_the_role_is_given(cluster: tuple[ApiServer, str], tmp_path: Path) -> None:
    """So that the whole contract, played with it, shows that the Role is enough."""
    (server, address) = cluster
    server.allowed = server.allowed - {("create", "secrets")}
    with beside(address, tmp_path, Said()) as desk, pytest.raises(Exception, match="403"):
        desk.obey(command("ex-1"))


def test_a_command_that_cannot_be_noted_ends_no_worker() -> None:
    """The group was given to others meanwhile: it comes again, and meets what it made."""

    def refused() -> None:
        raise KafkaException(KafkaError(KafkaError.ILLEGAL_GENERATION))

    _note(refused)
    with pytest.raises(ZeroDivisionError):
        _note(lambda: 1 / 0)


def test_a_command_that_is_dropped_is_a_warning(
    cluster: tuple[ApiServer, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with beside(cluster[1], tmp_path, Said()) as desk:
        for body in (command("ex-1", timeout_seconds=0), delete_command("ex-1")):
            assert _obey(desk, body, threading.Event())

    told = [(each.levelname, each.message) for each in caplog.records if each.name == "kubernetes_worker"]
    assert told == [("WARNING", "dropped, malformed: create: timeout_seconds"), ("INFO", "deleted ex-1")]


# -- what a pod says


FACTS = {"saga-orchestrator/execution-id": "ex-1", "saga-orchestrator/message-id": "s:ex-1:create_pod#1"}
FACTS |= {"saga-orchestrator/correlation-id": "c", "saga-orchestrator/timeout-seconds": "9"}


def pod(state: Json, **status: Any) -> Told:
    status = {"containerStatuses": [{"state": state}], **status}
    return Told({"metadata": {"name": "p", "annotations": FACTS}, "spec": {}, "status": status})


def test_what_the_kernel_killed_is_told_as_killed() -> None:
    for code, reason, kind in ((137, "OOMKilled", "Killed"), (1, "OOMKilled", "Killed"), (2, "Error", "ScriptError")):
        told = ended(pod({"terminated": {"exitCode": code, "reason": reason}}), b"")
        assert (told["event_type"], told["exit_code"], told["error_type"]) == ("EXECUTION_FAILED", code, kind)


def test_a_deadline_is_a_time_out_whatever_the_exit_code() -> None:
    told = ended(pod({"terminated": {"exitCode": 137}}, reason="DeadlineExceeded"), b"so far")

    assert (told["event_type"], told["timeout_seconds"], told["stdout"]) == ("EXECUTION_TIMEOUT", 9, "so far")


def test_ids_of_events_derive_from_the_command() -> None:
    assert never_ran(FACTS, "WorkerError", "x")["event_id"] == "s:ex-1:create_pod.1:failed"


def test_output_fits_an_event_and_says_what_is_missing() -> None:
    assert fitted(b"a\xffb") == "a\ufffdb"
    loud = fitted(b"\x01" * 1_000_000)
    assert loud.endswith("\n[truncated]")
    assert 890_000 < len(loud.encode("unicode_escape")) * 6 / 4 < 910_000


# -- options

KAFKA = {"SAGA_API_SERVER": "http://k", "SAGA_NAMESPACE": "n", "SAGA_KAFKA_BOOTSTRAP": "b:9092"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"SAGA_KAFKA_BOOTSTRAP": ""}, "set either SAGA_KAFKA_BOOTSTRAP, or SAGA_QUEUE_URL and SAGA_EVENT_BUS"),
        ({"SAGA_QUEUE_URL": "q"}, "set either SAGA_KAFKA_BOOTSTRAP, or SAGA_QUEUE_URL and SAGA_EVENT_BUS"),
        ({"SAGA_KAFKA_BOOTSTRAP": "", "SAGA_QUEUE_URL": "q"}, "SAGA_QUEUE_URL needs SAGA_EVENT_BUS"),
        ({"SAGA_API_SERVER": ""}, "SAGA_API_SERVER is not set, and this is no pod of a cluster"),
        ({"SAGA_NAMESPACE": ""}, "SAGA_NAMESPACE is not set, and this is no pod of a cluster"),
        ({"SAGA_TOKEN_FILE": "/nowhere"}, "/nowhere is no file"),
        ({"SAGA_START_DEADLINE_SECONDS": "5m"}, "SAGA_START_DEADLINE_SECONDS is '5m', and must be seconds"),
    ],
)
def test_each_bad_option_has_its_own_reason(change: dict[str, str], told: str) -> None:
    with pytest.raises(BadOption, match=f"^{told}"):
        Options.from_environment(KAFKA | change)


def test_deletes_are_remembered_as_long_as_the_contract_asks() -> None:
    options = Options.from_environment(KAFKA | {"SAGA_START_DEADLINE_SECONDS": "600"})

    assert options.remember == timedelta(seconds=600 + 15 * 60)

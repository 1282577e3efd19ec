"""The worker for Kubernetes keeps the contract, with the rights of its Role and none that it never uses."""

import dataclasses
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from kubernetes_worker.api import KubernetesApi, NotThere
from kubernetes_worker.commands import Create, Delete
from kubernetes_worker.desk import Desk
from kubernetes_worker.jobs import SELECTOR, name_of
from kubernetes_worker.reports import Told, event
from kubernetes_worker.watching import ENDED, Watcher
from saga_testing.clauses import Verdict, play_all
from saga_testing.clauses.bus import BusChannel
from saga_testing.worker_contract.clauses import CLAUSES
from saga_testing.worker_contract.commands import delete_command
from saga_testing.worker_contract.stage import HEARD, Given, WorkerStage
from tests.tools.kubernetes_worker.played import played, script_bucket
from tests.tools.kubernetes_worker.rig import RunningWorker, broker, client, rights_of_role, stand_in, workers_options

SWEEPS = {("list", "jobs"), ("delete", "jobs")}
"""What comes once in half a minute, and has a test of its own."""


@pytest.fixture
def kafka() -> Iterator[str]:
    with broker() as bootstrap:
        yield bootstrap


def test_the_worker_keeps_every_clause_with_exactly_its_rights(kafka: str, tmp_path: Path) -> None:
    findings, used = played(kafka, tmp_path)

    assert {each.number: each.seen for each in findings if each.verdict is not Verdict.HOLDS} == {}
    assert used | SWEEPS == rights_of_role()


class Clients:
    """The kit's, at the emulator to which the environment leads."""

    def __init__(self) -> None:
        self.events, self.sqs = boto3.client("events"), boto3.client("sqs")


def test_commands_come_over_a_queue_behind_the_bus_too(tmp_path: Path) -> None:
    with script_bucket(), stand_in(tmp_path, 4) as (_, address):
        clients = Clients()
        clients.events.create_event_bus(Name="executions")
        url = clients.sqs.create_queue(QueueName="commands")["QueueUrl"]
        arn = clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        pattern = {"source": ["saga-orchestrator"], "detail-type": ["CREATE_POD_COMMAND", "DELETE_POD_COMMAND"]}
        clients.events.put_rule(Name="commands", EventBusName="executions", EventPattern=json.dumps(pattern))
        clients.events.put_targets(Rule="commands", EventBusName="executions", Targets=[{"Id": "q", "Arn": arn}])
        queue = {"queue_url": url, "event_bus": "executions"}
        worker = RunningWorker(dataclasses.replace(workers_options(address, tmp_path), **queue))
        channel = BusChannel(clients, "executions", "executions", HEARD, "queue")
        try:
            few = [clause for clause in CLAUSES if clause.number in {"1.1", "3.1", "8.5", "9.1", "9.10"}]
            findings = play_all(few, WorkerStage(channel, Given(patience=30, quiet=1), "queue"))
        finally:
            worker.stop()
            channel.close()

    assert {each.number: each.seen for each in findings if each.verdict is not Verdict.HOLDS} == {}


# -- planted bugs, of the clauses that no local worker can break

Json = dict[str, Any]
Plant = Callable[[pytest.MonkeyPatch], None]


def looks_at_nothing_that_was_there(patch: pytest.MonkeyPatch) -> None:
    pods, watch, ignored = KubernetesApi.pods, KubernetesApi.watch_pods, dict[int, set[str]]()

    def wrong_pods(api: KubernetesApi, selector: str) -> tuple[list[Json], str]:
        found, version = pods(api, selector)
        if selector != SELECTOR:
            return found, version
        ignored[id(api)] = {pod["metadata"]["name"] for pod in found}
        return [], version

    def wrong_watch(api: KubernetesApi, selector: str, version: str) -> Iterator[tuple[str, Json]]:
        for kind, pod in watch(api, selector, version):
            if pod["metadata"]["name"] not in ignored[id(api)]:
                yield kind, pod

    patch.setattr(KubernetesApi, "pods", wrong_pods)
    patch.setattr(KubernetesApi, "watch_pods", wrong_watch)


def remembers_deletes_in_its_process(patch: pytest.MonkeyPatch) -> None:
    create, delete, early = Desk._create, Desk._delete, dict[int, set[str]]()
    alive: list[Desk] = []  # so that no two have one id

    def wrong_delete(desk: Desk, command: Delete) -> str:
        alive.append(desk)
        try:
            desk.api.job(name_of(command.execution_id))
        except NotThere:
            early.setdefault(id(desk), set()).add(command.execution_id)
            if command.operation_id is not None:
                desk.pool.submit(desk._confirm, command, name_of(command.execution_id))
            return "deleted"
        return delete(desk, command)

    def wrong_create(desk: Desk, command: Create) -> str:
        return "refused" if command.execution_id in early.get(id(desk), ()) else create(desk, command)

    patch.setattr(Desk, "_delete", wrong_delete)
    patch.setattr(Desk, "_create", wrong_create)


def takes_a_missing_image_for_a_success(patch: pytest.MonkeyPatch) -> None:
    never_ran = Watcher._never_ran

    def wrong(watcher: Watcher, pod: Told) -> None:
        if pod.why_it_never_runs == "ImagePullBackOff":
            watcher._say(pod, event(pod.annotations, "EXECUTION_COMPLETED", {"exit_code": 0}), ENDED)
        else:
            never_ran(watcher, pod)

    patch.setattr(Watcher, "_never_ran", wrong)


BUGS: dict[str, Plant] = {
    "1.3": looks_at_nothing_that_was_there,
    "3.3": remembers_deletes_in_its_process,
    "9.5": takes_a_missing_image_for_a_success,
}


@pytest.mark.proof
@pytest.mark.parametrize("number", BUGS)
def test_a_planted_bug_breaks_its_clause_and_no_other(
    number: str, kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    BUGS[number](monkeypatch)
    findings, _ = played(kafka, tmp_path)

    broken = {each.number: each.seen for each in findings if each.verdict is Verdict.BROKEN}
    assert broken.keys() == {number}, broken


def test_names_are_let_go_of_once_no_create_can_ask_for_them(tmp_path: Path) -> None:
    with stand_in(tmp_path, 1) as (server, address):
        api = client(address, tmp_path)
        pool = ThreadPoolExecutor(1)
        desk = Desk(api, lambda _body, _key: None, lambda _bucket, _key: b"", timedelta(minutes=20), pool)
        for number in range(2):
            desk.obey(delete_command(f"ex-{number}"))
        watcher = Watcher(api, lambda _body, _key: None, threading.Event(), pool)
        now = datetime.now(UTC)

        watcher.forget_once(now + timedelta(minutes=19))
        assert len(server.cluster.jobs) == 2
        watcher.forget_once(now + timedelta(minutes=21))
        assert server.cluster.jobs == {}
        pool.shutdown()
    assert server.used >= SWEEPS

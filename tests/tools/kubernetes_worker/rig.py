"""The worker beside a stand-in cluster and a broker, begun and begun again as a Deployment does."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from confluent_kafka import Producer

from kubernetes_worker.__main__ import work
from kubernetes_worker.api import KubernetesApi
from kubernetes_worker.options import Options
from saga_testing.worker_contract.stage import HEARD
from tests.tools.kubernetes_worker.api_server import TOKEN, ApiServer, Right, serving
from tests.tools.kubernetes_worker.cluster import Cluster

TOPICS = ("contract_commands", *(f"contract_{name.lower()}" for name in HEARD))


def manifests() -> list[dict[str, Any]]:
    text = files("kubernetes_worker").joinpath("manifests/worker.yaml").read_text(encoding="utf-8")
    return list(yaml.safe_load_all(text))


def rights_of_role() -> frozenset[Right]:
    (role,) = (each for each in manifests() if each["kind"] == "Role")
    return frozenset((verb, kind) for rule in role["rules"] for kind in rule["resources"] for verb in rule["verbs"])


@contextmanager
def broker() -> Iterator[str]:
    """A mock cluster with the kit's topics."""
    cluster = Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1, "log_level": 2})
    (here,) = cluster.list_topics(timeout=10).brokers.values()
    for topic in TOPICS:
        cluster.list_topics(topic, timeout=10)
    yield f"{here.host}:{here.port}"
    del cluster  # which lives as long as it is referred to


@contextmanager
def stand_in(folder: Path, room: int) -> Iterator[tuple[ApiServer, str]]:
    """An API server that allows what the Role does, and its address."""
    (folder / "token").write_text(f"{TOKEN}\n", encoding="utf-8")
    server = ApiServer(Cluster(room), rights_of_role())
    with serving(server) as address:
        yield server, address


def workers_options(address: str, folder: Path) -> Options:
    """A broker or a queue is still to be named."""
    options = Options(address, "executions", folder / "token", None)
    return replace(options, commands_topic="contract_commands", events_prefix="contract_")


def client(address: str, folder: Path) -> KubernetesApi:
    return KubernetesApi(address, "executions", folder / "token", None)


class RunningWorker:
    """The worker in threads of this process."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._start()

    def _start(self) -> None:
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=work, args=(self._options, self._stopping), name="worker")
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def restart(self) -> None:
        self.stop()
        self._start()

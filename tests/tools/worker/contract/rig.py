"""A worker in this process at the other end of a channel without a network: what the kit sees is the worker alone."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local_worker.worker import PodNews, Worker, WorkerClients, WorkerSettings
from saga_testing.clauses import Finding, play_all
from saga_testing.clauses.channel import Inbox
from saga_testing.worker_contract.clauses import CLAUSES
from saga_testing.worker_contract.stage import Given, WorkerStage
from stack_client import OutgoingEvent
from tests.tools.worker.samples import BUCKET, BUS

ROOM = 8
Plant = Callable[[Worker], None]


class DirectChannel:
    """Commands are obeyed in the caller's thread; what the worker publishes is heard at once."""

    def __init__(self, clients: WorkerClients, log: Path) -> None:
        self.inbox = Inbox()
        self._log = log
        self.worker = Worker(clients, WorkerSettings(BUS, concurrency=ROOM), self, self._note)

    def send(self, message: dict[str, Any]) -> None:
        self.worker.obey(json.loads(json.dumps(message)))

    def publish(self, event: OutgoingEvent) -> None:
        self.inbox.add(json.loads(json.dumps(event.body)))

    def close(self) -> None:
        self.worker.stop()

    def _note(self, news: PodNews) -> None:
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"{news.what} {news.execution_id}\n")


@contextmanager
def stage_with(clients: WorkerClients, folder: Path, run: str, plant: Plant) -> Iterator[WorkerStage]:
    """A worker, as it is or with a bug in it."""
    channel = DirectChannel(clients, folder / "log")
    plant(channel.worker)
    channel.worker.start()

    def put(key: str, body: bytes) -> None:
        clients.s3.put_object(Bucket=BUCKET, Key=key, Body=body)

    given = Given(patience=45, quiet=0.6, put_script=put, bucket=BUCKET, room=ROOM, shared=folder, log=folder / "log")
    try:
        yield WorkerStage(channel, given, run)
    finally:
        channel.close()


def found(clients: WorkerClients, folder: Path, run: str, plant: Plant = lambda _worker: None) -> list[Finding]:
    with stage_with(clients, folder, run, plant) as stage:
        return play_all(CLAUSES, stage)

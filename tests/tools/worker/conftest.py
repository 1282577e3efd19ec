"""A worker against an emulated AWS, and the commands it is given."""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from local_worker.faults import Faults
from local_worker.worker import PodNews, Worker, WorkerClients, WorkerSettings
from stack_client import OutgoingEvent
from tests.tools.worker.samples import BUCKET, BUS, REGION

FAULTS = Faults(never_start="stuck-", never_report_end="mute-", report_twice="twice-")


class RecordingPublisher:
    """Keeps what the worker publishes, in order."""

    def __init__(self) -> None:
        self.events: list[OutgoingEvent] = []
        self._lock = threading.Lock()

    def publish(self, event: OutgoingEvent) -> None:
        with self._lock:
            self.events.append(event)

    def types(self, execution_id: str) -> list[str]:
        with self._lock:
            return [event.event_type for event in self.events if event.key == execution_id]

    def last(self, execution_id: str) -> dict[str, Any]:
        with self._lock:
            return [event.body for event in self.events if event.key == execution_id][-1]


@pytest.fixture(scope="session")
def aws_endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def clients(aws_endpoint: str) -> WorkerClients:
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
    made = {name: session.client(name, endpoint_url=aws_endpoint) for name in ("events", "sqs", "s3")}
    made["events"].create_event_bus(Name=BUS)
    made["s3"].create_bucket(Bucket=BUCKET)
    return WorkerClients(**made)


@pytest.fixture
def send(clients: WorkerClients) -> Callable[..., None]:
    """Publish a command as the orchestrator's relay does."""

    def publish(*bodies: dict[str, Any]) -> None:
        entries = [
            {
                "EventBusName": BUS,
                "Source": "saga-orchestrator",
                "DetailType": body["message_type"],
                "Detail": json.dumps(body),
            }
            for body in bodies
        ]
        assert clients.events.put_events(Entries=entries)["FailedEntryCount"] == 0

    return publish


@pytest.fixture
def put_script(clients: WorkerClients) -> Callable[[dict[str, Any], bytes], None]:
    """Put a script where its command says it lies."""

    def put(command: dict[str, Any], script: bytes) -> None:
        clients.s3.put_object(Bucket=BUCKET, Key=command["script_ref"]["key"], Body=script)

    return put


@pytest.fixture
def publisher() -> RecordingPublisher:
    return RecordingPublisher()


@pytest.fixture
def news() -> list[PodNews]:
    return []


@pytest.fixture
def worker(clients: WorkerClients, publisher: RecordingPublisher, news: list[PodNews]) -> Iterator[Worker]:
    worker = Worker(clients, WorkerSettings(BUS, faults=FAULTS), publisher, news.append)
    worker.start()
    yield worker
    assert worker.stop().leaked == 0

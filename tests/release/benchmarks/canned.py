"""AWS without AWS: canned answers at the SDK's last step, so that only the SDK's own work and ours is measured."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import botocore.session
from botocore.awsrequest import AWSResponse

from saga_orchestrator.adapters.sdk import Sdk
from saga_orchestrator.adapters.settings import Settings
from saga_orchestrator.bootstrap import Resources
from saga_orchestrator.domain.registry import SagaRegistry
from saga_testing.deployment import EXECUTIONS
from saga_testing.samples.sample_events import NOW_MS
from tests.release.benchmarks.scenes import BUCKET, quiet_telemetry

Call = tuple[Any, str, dict[str, Any]]
Answer = Callable[[str, bytes], tuple[int, dict[str, Any]]]


class _Body(BytesIO):
    def stream(self, **_: Any) -> list[bytes]:
        return [self.getvalue()]


def obeyed(_operation: str, _body: bytes) -> tuple[int, dict[str, Any]]:
    return 200, {}


def exists(item: dict[str, Any]) -> Answer:
    """Answers each put with the `item` that is there already, as a condition failure does, and obeys all else."""
    refusal = {
        "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
        "message": "The conditional request failed",
        "Item": item,
    }

    def answer(operation: str, _body: bytes) -> tuple[int, dict[str, Any]]:
        return (400, refusal) if operation == "PutItem" else (200, {})

    return answer


def held(item: dict[str, Any]) -> Answer:
    """As above, and answers each read of a batch with it, under the keys that were asked for."""
    alone = exists(item)

    def answer(operation: str, body: bytes) -> tuple[int, dict[str, Any]]:
        if operation != "BatchGetItem":
            return alone(operation, body)
        ((table, wanted),) = json.loads(body)["RequestItems"].items()
        return 200, {"Responses": {table: [{**item, **key} for key in wanted["Keys"]]}}

    return answer


def stands(item: dict[str, Any]) -> Answer:
    """Answers each read with the `item`, and obeys all else."""
    return lambda operation, _body: (200, {"Item": item} if operation == "GetItem" else {})


@dataclass
class CannedAws:
    """Resources over clients that answer at once, or after `latency` seconds. Keeps what was asked when told to."""

    settings: dict[str, str] = field(default_factory=dict)
    answer: Answer = obeyed
    latency: float = 0.0
    sagas: SagaRegistry = EXECUTIONS
    recording: bool = False
    calls: list[Call] = field(default_factory=list)
    bodies: list[tuple[str, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        settings = Settings.from_environment(
            {
                "SAGA_TABLE": "sagas",
                "PAYLOAD_BUCKET": BUCKET,
                "REJECTED_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/rejected",
                "OPERATOR_TABLE": "operator",
                **self.settings,
            }
        )
        self._lock = threading.Lock()
        sdk = Sdk(max_connections=settings.batch_concurrency + 4)
        for client in (sdk.dynamodb, sdk.s3):
            self._answers(client)
            client.meta.events.register_first("provide-client-params", self._note(client))
        self.at = Resources(
            settings, sdk, sagas=self.sagas, telemetry=quiet_telemetry(), clock=lambda: NOW_MS, function="benchmark"
        )

    def default_clients(self) -> dict[str, Any]:
        """Clients as botocore makes them when it is told nothing, with the same answers."""
        session = botocore.session.get_session()
        clients = {service: session.create_client(service) for service in ("dynamodb", "s3")}
        for client in clients.values():
            self._answers(client)
        return clients

    def _answers(self, client: Any) -> None:
        client.meta.events.register_first("before-send", self._send)

    def _note(self, client: Any) -> Callable[..., None]:
        def note(params: dict[str, Any], model: Any, **_: Any) -> None:
            if self.recording:
                with self._lock:
                    self.calls.append((client, model.name, params))

        return note

    def _send(self, request: Any, **_: Any) -> AWSResponse:
        target = request.headers.get("X-Amz-Target", b"S3.PutObject")
        operation = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
        if self.recording and operation != "PutObject":
            with self._lock:
                self.bodies.append((operation, request.body))
        if self.latency:
            time.sleep(self.latency)
        status, reply = self.answer(operation, request.body)
        content = b"" if operation == "PutObject" else json.dumps(reply).encode()
        headers = {"content-type": "application/x-amz-json-1.0", "etag": '"an invented tag"'}
        return AWSResponse(request.url, status, headers, _Body(content))

    def recorded(self, run: Callable[[], Any]) -> list[Call]:
        """The calls that `run` makes."""
        self.calls.clear()
        self.bodies.clear()
        self.recording = True
        run()
        self.recording = False
        return list(self.calls)

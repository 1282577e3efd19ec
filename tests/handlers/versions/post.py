"""A post office whose functions are now of one release and now of the other, and what was told to the world."""

import itertools
import json
from typing import Any

from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.entrypoints.relay_function import CommandRelay
from saga_testing.deployment import Deployment
from saga_testing.lambda_context import Context
from saga_testing.samples.sample_events import NOW_MS, iso
from saga_testing.telemetry import RecordingTelemetry
from tests.handlers.versions.parcel import FIRST


class Post(Deployment):
    """`waiting`: events that the source will deliver again. Participants answer whatever is published, once."""

    def __init__(self, sagas: SagaRegistry) -> None:
        super().__init__(sagas=sagas, telemetry=RecordingTelemetry())
        self.waiting: list[dict[str, Any]] = []
        self.told: dict[str, str] = {}
        self._ids = itertools.count(1)
        self._read = 0

    def send(self, event_type: str, parcel: str = "p-1", **fields: Any) -> None:
        common = {
            "event_id": f"e-{next(self._ids)}",
            "event_type": event_type,
            "event_version": "1.0",
            "timestamp": iso(NOW_MS),
            "metadata": {"service_name": "counter", "correlation_id": "c", "user_id": "ada"},
        }
        own = {"contents": "a clock"} if event_type == "PARCEL_SENT" else {}
        self.waiting.append({**common, "parcel_id": parcel, **own, **fields})

    def answer(self, message_id: str, outcome: str = "done", **data: str) -> None:
        common = {
            "event_id": f"r-{next(self._ids)}",
            "event_type": "COMMAND_REPLY",
            "event_version": "1.0",
            "timestamp": iso(NOW_MS),
        }
        self.waiting.append(
            {**common, "in_reply_to": message_id, "outcome": outcome, **({"data": data} if data else {})}
        )

    def tick(self, release: SagaRegistry, *, answers: bool = True) -> None:
        """Whatever waits is delivered to functions of this release, and so is the stream to its relay."""
        self.register(release)
        due, self.waiting = self.waiting, []
        for event in due:
            try:
                self.deliver(event)
            except RetryableError:
                self.waiting.append(event)
        self.relay_stream()
        self._listen(answers=answers)

    def _listen(self, *, answers: bool) -> None:
        """The same id always has the same bytes, whichever release told it, and however often."""
        taken = self.published
        for body in taken[self._read :]:
            known = self.told.setdefault(body["message_id"], json.dumps(body))
            assert known == json.dumps(body), "told twice, with other bytes"
            if answers and "operation_id" in body and known is not None:
                data = {"policy": "pol-1"} if body["message_type"] == "INSURE_PARCEL_COMMAND" else {}
                self.answer(body["message_id"], **data)
        self._read = len(taken)

    def tell_all_again(self) -> None:
        """The stream from its beginning, as after a relay's trouble."""
        self.relayed = 0
        assert self.relay_stream()
        self._listen(answers=False)

    def relay_again(self, key: str) -> None:
        """As `sagactl republish` asks it: from what is stored now."""
        CommandRelay(self.at).run({"republish": [{"execution_id": key, "saga_name": FIRST.name}]}, Context())
        self._listen(answers=False)

    def parcel(self, key: str = "p-1") -> Saga:
        saga = self.saga(key, FIRST.name)
        assert saga is not None
        return saga

    def reasons(self) -> list[str]:
        return [pointer["reason"] for pointer in self.rejected()]

    def types_of(self, key: str = "p-1") -> list[str]:
        """What was told of it, each message once."""
        bodies = map(json.loads, self.told.values())
        return [body["message_type"] for body in bodies if body["execution_id"] == key]

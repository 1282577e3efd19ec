"""Today's handlers over simulated AWS, with items put under them that they did not write."""

import json
import random
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Final

from saga_orchestrator.adapters.settings import Settings
from saga_orchestrator.adapters.stream_image import to_item
from saga_orchestrator.bootstrap import Resources
from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints.checker_function import CheckTimeouts
from saga_orchestrator.entrypoints.event_function import EventFunction
from saga_orchestrator.entrypoints.relay_function import CommandRelay
from saga_testing.executor import InTurn
from saga_testing.sample_events import NOW_MS, eventbridge
from saga_testing.telemetry import RecordingTelemetry
from sagas import SAGAS
from tests.proof.simulation.world.services import Services

Json = dict[str, Any]

ARN: Final = "arn:aws:dynamodb:us-east-1:123456789012:table/sagas/stream/2026-01-01T00:00:00.000"
QUEUE: Final = "https://sqs.us-east-1.amazonaws.com/123456789012/rejected"
SETTINGS: Final = {
    "SAGA_TABLE": "sagas",
    "PAYLOAD_BUCKET": "payloads",
    "REJECTED_QUEUE_URL": QUEUE,
    "EVENT_BUS_NAME": "bus",
    "ADMIN_USERS": "root",
    "ALLOWED_SCRIPT_BUCKETS": "users-scripts",
    "DEFAULT_LANGUAGE_LIMIT": "2",
    "COUNTER_SHARDS": "1",
    "DEADLINE_SHARDS": "4",
}


class Context:
    aws_request_id = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


@dataclass
class Deployment:
    """One table, one bucket, one queue and one bus, empty at first."""

    settings: dict[str, str] = field(default_factory=dict)
    now: int = NOW_MS

    def __post_init__(self) -> None:
        self.aws = Services(lambda: self.now, lambda: 0, lambda _: None)
        clients = SimpleNamespace(dynamodb=self.aws.dynamodb, s3=self.aws.s3, sqs=self.aws.sqs, events=self.aws.events)
        self.at = Resources(
            Settings.from_environment(SETTINGS | self.settings),
            clients,
            clock=lambda: self.now,
            pause=lambda _: None,
            rng=random.Random(1),
            sagas=SAGAS,
            telemetry=RecordingTelemetry(),
            executor=InTurn(),
            function="under-test",
        )

    def deliver(self, detail: Json, source: str = "executions") -> None:
        event_type = EventType(detail["event_type"].upper())
        EventFunction(self.at, event_type).run(eventbridge(detail, source), Context())

    def check(self) -> None:
        CheckTimeouts(self.at).run({}, Context())

    def relay(self, *records: Json) -> Json:
        return CommandRelay(self.at).run({"Records": list(records)}, Context())

    def put(self, stored: Json) -> None:
        """Store an item as a golden file has it."""
        self.aws.dynamodb.put_item(TableName="sagas", Item=to_item(stored))

    def item(self, execution_id: str = "ex-1", saga_name: str = "execution_saga") -> Json | None:
        """As the stream shows it: binary values are base64 text."""
        records = [
            record
            for record in self.records()
            if record["dynamodb"]["Keys"] == {"execution_id": {"S": execution_id}, "saga_name": {"S": saga_name}}
        ]
        image: Json | None = records[-1]["dynamodb"].get("NewImage") if records else None
        return image

    def records(self) -> list[Json]:
        return [record.as_lambda_record(ARN) for record in self.aws.dynamodb.stream]

    def rejected(self) -> list[str]:
        """Reasons, in order."""
        return [json.loads(body)["reason"] for body in self.aws.sqs.bodies(QUEUE)]

    def published(self) -> list[str]:
        return [entry["Detail"] for entry in self.aws.events.accepted]

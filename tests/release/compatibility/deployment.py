"""Today's handlers over simulated AWS, with items put under them that they did not write."""

from typing import Any, Final

from saga_orchestrator.adapters.stream_image import to_item
from saga_orchestrator.domain.registry import SagaRegistry
from saga_testing.deployment import EXECUTIONS, Deployment, Json
from saga_testing.telemetry import RecordingTelemetry

__all__ = ["SETTINGS", "Json", "OlderTable"]

SETTINGS: Final = {
    "ADMIN_USERS": "root",
    "ALLOWED_SCRIPT_BUCKETS": "users-scripts",
    "DEFAULT_LANGUAGE_LIMIT": "2",
    "COUNTER_SHARDS": "1",
    "DEADLINE_SHARDS": "4",
}


class OlderTable(Deployment):
    """One table, one bucket, one queue and one bus, empty at first."""

    def __init__(self, settings: dict[str, str] | None = None, sagas: SagaRegistry = EXECUTIONS) -> None:
        super().__init__({**SETTINGS, **(settings or {})}, sagas=sagas, telemetry=RecordingTelemetry())

    def open_counter(self) -> None:
        """As if python had been asked for before; the records of that are in no file."""
        if limit := int(self.settings["DEFAULT_LANGUAGE_LIMIT"]):
            self.at.counters.open("python", limit, int(self.settings["COUNTER_SHARDS"]))
        self.aws.dynamodb.stream.clear()

    def put(self, stored: Json) -> None:
        """Store an item as a golden file has it."""
        self.aws.dynamodb.put_item(TableName="sagas", Item=to_item(stored))

    def image(self, execution_id: str = "ex-1", saga_name: str = "execution_saga") -> Json | None:
        """As the stream shows it: binary values are base64 text."""
        wanted = {"execution_id": {"S": execution_id}, "saga_name": {"S": saga_name}}
        records = [record["dynamodb"] for record in self.records() if record["dynamodb"]["Keys"] == wanted]
        image: Json | None = records[-1].get("NewImage") if records else None
        return image

    def reasons(self) -> list[str]:
        """Of what was rejected, in order."""
        return [pointer["reason"] for pointer in self.rejected()]

    def texts(self) -> list[Any]:
        """What was published, byte for byte."""
        return [entry["Detail"] for entry in self.aws.events.accepted]

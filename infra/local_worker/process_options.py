"""What a worker process is told, as one JSON argument: both sides of the process boundary share this class."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from local_worker.faults import NO_FAULTS, Faults


@dataclass(frozen=True)
class WorkerOptions:
    """Where the stack is and how the worker behaves on it."""

    aws_endpoint: str
    region: str
    event_bus: str
    event_source: str = "executions"
    kafka_bootstrap: str | None = None
    """With a broker, about half of the executions report over Kafka; without, all over EventBridge."""
    topics: Mapping[str, str] = field(default_factory=dict)
    concurrency: int = 4
    remember_deletes_seconds: int = 24 * 60 * 60
    faults: Faults = NO_FAULTS
    access_key: str = "local"
    secret_key: str = "local"  # noqa: S105  the emulator checks none

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "WorkerOptions":
        fields = json.loads(text)
        return cls(**{**fields, "faults": Faults(**fields["faults"])})

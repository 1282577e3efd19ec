"""What a participant's process is told, as one JSON argument: both sides of the process boundary share this class."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from local_participant.faults import Behaviour, Fault


@dataclass(frozen=True)
class ParticipantOptions:
    """Where the stack is, how commands and answers travel, and which faults are played."""

    aws_endpoint: str
    region: str
    event_bus: str
    event_source: str = "executions"
    kafka_bootstrap: str | None = None
    """With a broker about half of the sagas are answered over Kafka; without, all over EventBridge."""
    topics: Mapping[str, str] = field(default_factory=dict)
    commands_topic: str | None = None
    """Commands are read from this topic of the broker, instead of from the bus."""
    faults: tuple[Fault, ...] = ()
    others: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Commands of other sagas than the order's, each with the data that its *done* brings."""
    access_key: str = "local"
    secret_key: str = "local"  # noqa: S105  the emulator checks none

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "ParticipantOptions":
        fields = json.loads(text)
        return cls(**{**fields, "faults": tuple(_fault(**fault) for fault in fields["faults"])})


def _fault(orders: str, command: str, behaviour: str, attempts: list[int], seconds: float) -> Fault:
    return Fault(orders, command, Behaviour(behaviour), tuple(attempts), seconds)

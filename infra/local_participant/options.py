"""What a participant's process is told, as one JSON argument: both sides of the process boundary share this class."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local_participant.faults import Behaviour, Fault
from stack_client import StackAccess


@dataclass(frozen=True)
class ParticipantOptions(StackAccess):
    """Where the stack is, how commands come, and which faults are played."""

    commands_topic: str | None = None
    """Commands are read from this topic of the broker, instead of from the bus."""
    faults: tuple[Fault, ...] = ()
    others: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Commands of other sagas than the order's, each with the data that its *done* brings."""

    @classmethod
    def from_json(cls, text: str) -> "ParticipantOptions":
        fields = json.loads(text)
        return cls(**{**fields, "faults": tuple(_fault(**fault) for fault in fields["faults"])})


def _fault(orders: str, command: str, behaviour: str, attempts: list[int], seconds: float) -> Fault:
    return Fault(orders, command, Behaviour(behaviour), tuple(attempts), seconds)

"""What a participant's process is told, as one JSON argument: both sides of the process boundary share this class."""

import json
from dataclasses import dataclass

from local_participant.faults import Behaviour, Fault
from stack_client import StackAccess


@dataclass(frozen=True)
class ParticipantOptions(StackAccess):
    """Where the stack is, how commands come, and which faults are played."""

    commands_topic: str | None = None
    """Commands are read from this topic of the broker, instead of from the bus."""
    faults: tuple[Fault, ...] = ()

    @classmethod
    def from_json(cls, text: str) -> "ParticipantOptions":
        fields = json.loads(text)
        return cls(**{**fields, "faults": tuple(_fault(**fault) for fault in fields["faults"])})


def _fault(orders: str, command: str, behaviour: str, attempts: list[int], seconds: float) -> Fault:
    return Fault(orders, command, Behaviour(behaviour), tuple(attempts), seconds)

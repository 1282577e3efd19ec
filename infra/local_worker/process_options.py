"""What a worker process is told, as one JSON argument: both sides of the process boundary share this class."""

import json
from dataclasses import dataclass

from local_worker.faults import NO_FAULTS, Faults
from stack_client import StackAccess


@dataclass(frozen=True)
class WorkerOptions(StackAccess):
    """Where the stack is and how the worker behaves on it."""

    concurrency: int = 4
    remember_deletes_seconds: int = 24 * 60 * 60
    faults: Faults = NO_FAULTS

    @classmethod
    def from_json(cls, text: str) -> "WorkerOptions":
        fields = json.loads(text)
        return cls(**{**fields, "faults": Faults(**fields["faults"])})

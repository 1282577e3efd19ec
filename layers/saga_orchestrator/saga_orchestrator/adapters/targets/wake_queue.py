"""The delay queue of wakes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from saga_orchestrator.adapters.aws_errors import part_of, retryable
from saga_orchestrator.domain.flow.dues import Wake


@dataclass(frozen=True, slots=True)
class SqsWakeQueue:
    """Implements the application's `WakeQueue`: each wake is a message with a delay of its own."""

    client: Any
    url: str

    def send(self, wakes: Sequence[tuple[Wake, int]]) -> int:
        entries = [
            {"Id": str(place), "MessageBody": _body(wake), "DelaySeconds": delay}
            for place, (wake, delay) in enumerate(wakes)
        ]
        with retryable():
            # The call succeeds even when entries fail: those that were taken are counted.
            return len(part_of(self.client.send_message_batch(QueueUrl=self.url, Entries=entries), "Successful"))


def _body(wake: Wake) -> str:
    return json.dumps({"execution_id": wake.execution_id, "saga_name": wake.saga_name, "due": wake.due})

"""What an outsider sees: every message of the orchestrator, through a rule and a queue of the observer's own."""

import json
import threading
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sagas.execution import EXECUTION_SAGA
from stack_client import subscription

_PATTERN = {"source": ["saga-orchestrator"]}
_OUTCOMES = ("SAGA_COMPLETED", "SAGA_FAILED", "SAGA_TIMEOUT", "SAGA_CANCELLED")


@dataclass
class _Heard:
    """The messages of one saga, by id."""

    messages: dict[str, str] = field(default_factory=dict)
    """Message id to canonical text."""
    types: dict[str, str] = field(default_factory=dict)

    def outcomes(self) -> tuple[str, ...]:
        return tuple(sorted(known for known in self.types.values() if known in _OUTCOMES))


class Observer:
    """Listens from `start` to `stop`; may be asked from any thread."""

    def __init__(self, events: Any, sqs: Any, event_bus: str) -> None:
        self._events, self._sqs, self._event_bus = events, sqs, event_bus
        self._lock = threading.Lock()
        self._heard: dict[tuple[str, str], _Heard] = {}
        """By execution and saga: an execution has one saga of each definition."""
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="demo-observer")
        self.repetitions: Counter[str] = Counter()
        """Messages heard again, by type: the same id and the same bytes."""
        self.contradictions: list[str] = []
        """Message ids heard with two different contents."""

    def start(self) -> None:
        """Returns once nothing published from now on is missed."""
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def count(self, execution_id: str, *types: str, saga_name: str = EXECUTION_SAGA.name) -> int:
        """Distinct messages of these types."""
        with self._lock:
            return sum(known in types for known in self._of(execution_id, saga_name).types.values())

    def outcomes(self, execution_id: str, saga_name: str = EXECUTION_SAGA.name) -> tuple[str, ...]:
        """Types of the closing messages heard."""
        with self._lock:
            return self._of(execution_id, saga_name).outcomes()

    def has_ended(self, execution_id: str) -> bool:
        """The execution saga, and every other saga of the execution that was heard of."""
        with self._lock:
            others = [heard for (known, _), heard in self._heard.items() if known == execution_id]
            return all(heard.outcomes() for heard in [self._of(execution_id, EXECUTION_SAGA.name), *others])

    def unfinished(self) -> set[tuple[str, str]]:
        """Sagas that were heard of and have not said their end."""
        with self._lock:
            return {key for key, heard in self._heard.items() if not heard.outcomes()}

    def _of(self, execution_id: str, saga_name: str) -> _Heard:
        return self._heard.get((execution_id, saga_name), _Heard())

    def message(self, execution_id: str, message_type: str) -> dict[str, Any] | None:
        """The body of a message of this type, if one was heard."""
        with self._lock:
            heard = self._of(execution_id, EXECUTION_SAGA.name)
            found = (heard.messages[key] for key, known in heard.types.items() if known == message_type)
            return next((json.loads(text) for text in found), None)

    def execution_ids(self) -> set[str]:
        """Everybody that was heard of."""
        with self._lock:
            return {execution_id for execution_id, _ in self._heard}

    def _listen(self) -> None:
        name = f"demo-observer-{uuid.uuid4().hex[:8]}"
        try:
            with subscription(self._events, self._sqs, self._event_bus, name, _PATTERN) as source:
                self._ready.set()
                while not self._stopping.is_set():
                    deliveries = source.receive(1)
                    for delivery in deliveries:
                        self.take(delivery.body)
                    source.remove(deliveries)
        except (ClientError, BotoCoreError):
            # The stack has gone first; what was not heard is then found missing.
            self._ready.set()

    def take(self, body: dict[str, Any]) -> None:
        """Note one message, new or repeated."""
        text = json.dumps(body, sort_keys=True)
        message_id, message_type = body["message_id"], body["message_type"]
        with self._lock:
            heard = self._heard.setdefault((body["execution_id"], body["saga_name"]), _Heard())
            if message_id not in heard.messages:
                heard.messages[message_id], heard.types[message_id] = text, message_type
            elif heard.messages[message_id] == text:
                self.repetitions[message_type] += 1
            else:
                self.contradictions.append(message_id)

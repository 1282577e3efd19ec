"""The EventBridge bus as a target of messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from saga_orchestrator.adapters.aws_errors import PERMANENT_ENTRIES, part_of, retryable
from saga_orchestrator.application.ports import Fate
from saga_orchestrator.domain.errors import RejectedEvent
from saga_orchestrator.domain.render import Message

SOURCE: Final = "saga-orchestrator"
MAX_ENTRIES: Final = 10
MAX_REQUEST_BYTES: Final = 1_000_000
"""PutEvents takes less than 1 MB in all its entries together (EventBridge API reference, PutEvents)."""


@dataclass(frozen=True, slots=True)
class EventBus:
    client: Any
    bus: str

    def publish(self, messages: Sequence[tuple[Message, str]]) -> list[Fate]:
        return self._in_order(_chunks(messages))

    def _in_order(self, chunks: list[list[tuple[Message, str]]]) -> list[Fate]:
        fates: list[Fate] = []
        for chunk in chunks:
            if Fate.MAY_PASS in fates:
                fates += [Fate.MAY_PASS] * len(chunk)  # keep the order: nothing overtakes a failure
            elif len(chunk) == 1 and _weight(chunk[0][1]) > MAX_REQUEST_BYTES:
                fates.append(Fate.PERMANENT)  # the whole call would be refused, each time, for ever
            else:
                fates += self._put(chunk)
        return fates

    def _put(self, chunk: list[tuple[Message, str]]) -> list[Fate]:
        entries = [
            {"EventBusName": self.bus, "Source": SOURCE, "DetailType": message.type, "Detail": body}
            for message, body in chunk
        ]
        try:
            with retryable():
                answers = part_of(self.client.put_events(Entries=entries), "Entries")
        except RejectedEvent:
            # One entry spoils the call for all: sent alone, it is the only one that is refused.
            return [Fate.PERMANENT] if len(chunk) == 1 else self._in_order([[one] for one in chunk])
        # The call succeeds even when entries fail: each answer is looked at. Without one for each, none counts.
        return [_fate(answer) for answer in answers] if len(answers) == len(chunk) else [Fate.MAY_PASS] * len(chunk)


def _fate(answer: dict[str, Any]) -> Fate:
    if answer.get("EventId"):
        return Fate.PUBLISHED
    return Fate.PERMANENT if answer.get("ErrorCode") in PERMANENT_ENTRIES else Fate.MAY_PASS


def _weight(body: str) -> int:
    return len(body.encode()) + 256


def _chunks(messages: Sequence[tuple[Message, str]]) -> list[list[tuple[Message, str]]]:
    chunks: list[list[tuple[Message, str]]] = [[]]
    size = 0
    for message, body in messages:
        weight = _weight(body)
        if chunks[-1] and (len(chunks[-1]) == MAX_ENTRIES or size + weight > MAX_REQUEST_BYTES):
            chunks.append([])
            size = 0
        chunks[-1].append((message, body))
        size += weight
    return chunks

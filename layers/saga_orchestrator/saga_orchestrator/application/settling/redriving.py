"""Delivers what was kept once more: to the function that its source implies, from the stack's own bucket."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol

from .envelopes import envelope, implied_function, saga_keys
from .kept import Kept, NotRedrivableError
from .republishing import FunctionFailedError, Functions, Relays

PREFIX: Final = "rejected/"
BYTES_EXPIRED: Final = "bytes_expired"


class Fate(StrEnum):
    """What became of one thing that was redriven."""

    DONE = "redriven"
    REJECTED_AGAIN = "rejected again"
    FAILED = "failed"


class KeptBytes(Protocol):
    def read(self, key: str) -> bytes | None:
        """Of the stack's own bucket; None where they have expired."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a redrive comes to: an event function's input, or sagas whose messages a relay sends again."""

    function: str = ""
    payload: Any = None
    sagas: tuple[tuple[str, str], ...] = ()
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Redriving:
    """`event_functions`: deployed name by type of event."""

    functions: Functions
    content: KeptBytes
    event_functions: Mapping[str, str]
    relays: Relays

    def prepared(self, kept: Kept) -> Delivery:
        """Reads its bytes and calls nobody. Raises `NotRedrivableError`."""
        if not kept.key.startswith(PREFIX):
            raise NotRedrivableError("its item names no object of its own")
        if kept.source == "deadline":
            raise NotRedrivableError(
                "the checker meets it at each run: mend the saga (`sagactl reconcile`), then drop this"
            )
        if kept.source == "wake":
            raise NotRedrivableError("it names no saga, and the checker finds whatever is due: drop it")
        original = self.content.read(kept.key)
        if original is None:
            raise NotRedrivableError(
                f"{BYTES_EXPIRED}: the bucket has kept the event for its 30 days", code=BYTES_EXPIRED
            )
        if kept.source == "stream":
            return _sagas_of(original)
        payload = envelope(kept, original)
        return Delivery(implied_function(self.event_functions, payload, fallback=kept.function), payload)

    def deliver(self, delivery: Delivery) -> bool:
        """False where the relay still cannot publish it; whether an event was rejected again, its item says."""
        if not delivery.sagas:
            self.call(delivery.function, delivery.payload)
            return True
        done = self.relays.republished(delivery.sagas)
        if delivery.message_id is None:
            return not any(": " in each for each in done.skipped)  # with a reason: it cannot be made, or read
        return delivery.message_id in done.published

    def call(self, function: str, payload: Any) -> None:
        """A batch whose failures are listed rather than raised is as unfinished as a raised one."""
        answer = self.functions.call(function, payload)
        if isinstance(answer, dict) and answer.get("batchItemFailures"):
            raise FunctionFailedError(f"{function} could not finish; its cause may pass, try again later")


def _sagas_of(original: bytes) -> Delivery:
    """The message, or everything that the saga of a whole record still may send."""
    try:
        kept = json.loads(original)
    except (ValueError, RecursionError) as error:
        raise NotRedrivableError("the kept bytes name no saga") from error
    message_id = kept.get("message_id") if isinstance(kept, dict) else None
    return Delivery(sagas=tuple(saga_keys(kept)), message_id=message_id if isinstance(message_id, str) else None)

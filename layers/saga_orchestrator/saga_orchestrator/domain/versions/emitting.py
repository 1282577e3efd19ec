"""Which version emitted a message. A saga that was moved has messages of several, and each is made by its own."""

import re
from dataclasses import dataclass
from typing import Final

from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.domain.saga import Cause, Saga, TimelineEntry

_UNHASHED: Final = "-"
_WORD: Final = re.compile(
    r"moved:(?P<left>\d{1,9}):(?P<hash>[0-9a-f]{8}|-):(?P<reached>\d{1,9}):(?P<act>[0-9a-f]{1,64})"
)


@dataclass(frozen=True, slots=True)
class Move:
    """From one version to another, as the timeline tells it: an event id. `act` leads to who did it, and why."""

    left: int
    left_hash: str | None
    reached: int
    act: str

    def __str__(self) -> str:
        return f"moved:{self.left}:{self.left_hash or _UNHASHED}:{self.reached}:{self.act}"

    @classmethod
    def told_by(cls, entry: TimelineEntry) -> "Move | None":
        """None: the entry is about something else. Nobody but an operator's command writes such an entry."""
        found = _WORD.fullmatch(entry.event_id) if entry.cause is Cause.OPERATED else None
        if found is None:
            return None
        known = None if found["hash"] == _UNHASHED else found["hash"]
        return cls(int(found["left"]), known, int(found["reached"]), found["act"])


def as_emitted(saga: Saga, key: str, sagas: SagaRegistry) -> tuple[Saga, SagaDefinition]:
    """`saga` under the version that emitted `key`, and that version, to make the message from.

    Raises:
        RetryableError: newer code emitted it.
        RejectedEvent: this code has that version no more, or edited it.
    """
    place = next((place for place, entry in enumerate(saga.timeline) if key in entry.messages), len(saga.timeline))
    left = next((move for entry in saga.timeline[place:] if (move := Move.told_by(entry))), None)
    if left is None:
        return saga, sagas.definition_of(saga)
    then = saga.having(definition_version=left.left, definition_hash=left.left_hash)
    definition = sagas.definition_of(then)
    # A move keeps the settings that were there, and puts new ones behind them.
    return then.having(settings=saga.settings[: len(definition.settings)]), definition

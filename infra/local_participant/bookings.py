"""What the participant remembers: operations, their effects, and what was answered. Every rule of the contract about
order and repetition is here.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from local_participant.commands import ParticipantCommand

NO_DATA: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType({})
_WITH_A_RESERVATION = frozenset({"RESERVE_STOCK_COMMAND"})


class Outcome(StrEnum):
    """What an answer says: `failed` is about one attempt, the others are about the operation."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True)
class Answer:
    """What is said to one message, and said again when the message comes again."""

    outcome: Outcome
    reason: str | None = None
    data: dict[str, Any] = field(default_factory=dict)


@dataclass
class Operation:
    """One step of one saga, however many attempts of it arrive."""

    command_type: str
    key: str
    has_effect: bool = False
    barred: bool = False
    settled: Answer | None = None
    """The first done or refused: every attempt's answer from then on."""


@dataclass
class Bookings:
    """Not thread-safe. Kept as long as the process lives, which is longer than any command can be delivered again."""

    data: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By type of command: what its *done* brings."""
    operations: dict[str, Operation] = field(default_factory=dict)
    _answers: dict[str, Answer] = field(default_factory=dict)

    def knows(self, message_id: str) -> bool:
        return message_id in self._answers

    def take(self, command: ParticipantCommand, wish: Outcome, now: datetime) -> Answer:
        """Act on a command once, as `wish` would have it where the contract leaves the choice."""
        known = self._answers.get(command.message_id)
        if known is not None:
            return known
        operation = self.operations.setdefault(
            command.operation_id, Operation(command.message_type, command.execution_id)
        )
        answer = _undone(operation, wish) if command.is_undo else self._done(operation, command, wish, now)
        self._answers[command.message_id] = answer
        return answer

    def _done(self, operation: Operation, command: ParticipantCommand, wish: Outcome, now: datetime) -> Answer:
        operation.command_type = command.message_type  # an undo that came first has left its own
        if operation.settled is None:
            answer = self._judged(operation, command, wish, now)
            if answer.outcome is Outcome.FAILED:
                return answer
            operation.settled = answer
            operation.has_effect = answer.outcome is Outcome.DONE
        return operation.settled

    def _judged(self, operation: Operation, command: ParticipantCommand, wish: Outcome, now: datetime) -> Answer:
        if operation.barred:
            return Answer(Outcome.REFUSED, "barred")
        if now >= command.expires_at:
            return Answer(Outcome.FAILED, "expired")
        if wish is not Outcome.DONE:
            return Answer(wish, "told_to")
        if command.message_type in _WITH_A_RESERVATION:
            return Answer(Outcome.DONE, data={"reservation": _shelf(command.operation_id)})
        return Answer(Outcome.DONE, data=dict(self.data.get(command.message_type, {})))

    def held(self) -> list[str]:
        """The effects that are there now, as `KEY COMMAND`."""
        return sorted(f"{each.key} {each.command_type}" for each in self.operations.values() if each.has_effect)


def _undone(operation: Operation, wish: Outcome) -> Answer:
    if wish is not Outcome.DONE:
        return Answer(wish, "told_to")
    # Also where nothing is known of it: its command may still be on the way, and must not begin any more.
    operation.has_effect, operation.barred = False, True
    return Answer(Outcome.DONE)


def _shelf(operation_id: str) -> str:
    return f"shelf-{hashlib.sha256(operation_id.encode()).hexdigest()[:12]}"

"""Faults to order: by the beginning of an order's id and the command, what the participant does instead of its work."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from local_participant.bookings import Outcome
from local_participant.commands import ParticipantCommand


class Behaviour(StrEnum):
    """How one attempt is treated."""

    REFUSE = "refuse"
    FAIL = "fail"
    SILENT = "silent"
    """Does it, and never says so."""
    LATE = "late"
    """Does it, and says so only after `seconds`."""
    TWICE = "twice"
    """Does it, and says so in two events."""
    OVERTAKEN = "overtaken"
    """Fails, and says so only when the next attempt has been answered: the answers come out of order."""


@dataclass(frozen=True)
class Fault:
    """What happens to one command of the orders whose id begins with `orders`."""

    orders: str
    command: str
    behaviour: Behaviour
    attempts: tuple[int, ...] = ()
    """Which of them; none means all."""
    seconds: float = 0.0

    def concerns(self, command: ParticipantCommand) -> bool:
        return (
            command.execution_id.startswith(self.orders)
            and command.message_type == self.command
            and (not self.attempts or command.attempt in self.attempts)
        )

    @property
    def wish(self) -> Outcome:
        """What is to become of the operation."""
        wishes = {
            Behaviour.REFUSE: Outcome.REFUSED,
            Behaviour.FAIL: Outcome.FAILED,
            Behaviour.OVERTAKEN: Outcome.FAILED,
        }
        return wishes.get(self.behaviour, Outcome.DONE)


def fault_of(command: ParticipantCommand, faults: Iterable[Fault]) -> Fault | None:
    """The first that concerns the command."""
    return next((fault for fault in faults if fault.concerns(command)), None)

"""Faults that anybody can order: what the participant does follows from the beginning of an order's id."""

from local_participant.commands import COMMANDS
from local_participant.faults import Behaviour, Fault

CREDIT, RELEASE_CREDIT, STOCK, _RELEASE_STOCK, SHIP = COMMANDS


def plays(reply_seconds: float, attempts: int) -> tuple[Fault, ...]:
    """For a stack with these `OrderReplySeconds` and `OrderAttempts`: too late is later than all attempts together."""
    too_late = (reply_seconds + 1) * attempts + 2
    return (
        Fault("nocredit-", CREDIT, Behaviour.REFUSE),
        Fault("nostock-", STOCK, Behaviour.REFUSE),
        Fault("flaky-", STOCK, Behaviour.FAIL, attempts=(1,)),
        Fault("flaky-", SHIP, Behaviour.FAIL, attempts=(1,)),
        Fault("slowship-", SHIP, Behaviour.LATE, seconds=reply_seconds / 2),
        Fault("mute-", CREDIT, Behaviour.SILENT),
        Fault("late-", CREDIT, Behaviour.LATE, seconds=too_late),
        Fault("swapped-", STOCK, Behaviour.OVERTAKEN, attempts=(1,)),
        Fault("parked-", STOCK, Behaviour.REFUSE),
        Fault("parked-", RELEASE_CREDIT, Behaviour.LATE, seconds=too_late),
        *(Fault("twice-", command, Behaviour.TWICE) for command in COMMANDS),
    )

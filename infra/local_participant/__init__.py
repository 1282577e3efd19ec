"""The local participant: stands in for credit, stock and shipping, and keeps docs/participant-contract.md.
`ParticipantProcess` runs it in a process of its own (`python -m local_participant`).
"""

from local_participant.bookings import Outcome
from local_participant.faults import Behaviour, Fault
from local_participant.options import ParticipantOptions
from local_participant.participant import ParticipantAccount, ParticipantNews
from local_participant.process import ParticipantProcess

__all__ = [
    "Behaviour",
    "Fault",
    "Outcome",
    "ParticipantAccount",
    "ParticipantNews",
    "ParticipantOptions",
    "ParticipantProcess",
]

"""Prove a definition: everything that participants, people and time can do to its sagas, and what must always hold.

    def test_the_trip_saga_holds() -> None:
        proof = prove(TRIP, Effort(depth=2, worlds=100))
        assert proof.holds, proof.finding

`sagactl prove NAME` does the same and prints what was reached, and what was not.
"""

from saga_testing.proving.authored.inputs import NoInput
from saga_testing.proving.coverage import Coverage, Place, possible
from saga_testing.proving.lines import in_short, lines_of
from saga_testing.proving.oracles import ORACLES, verdict
from saga_testing.proving.proof import Effort, Proof, begun, parts, prove, so_many
from saga_testing.proving.searching import Finding, Search
from saga_testing.proving.subject import Subject, other_settings

__all__ = [
    "ORACLES",
    "Coverage",
    "Effort",
    "Finding",
    "NoInput",
    "Place",
    "Proof",
    "Search",
    "Subject",
    "begun",
    "in_short",
    "lines_of",
    "other_settings",
    "parts",
    "possible",
    "prove",
    "so_many",
    "verdict",
]

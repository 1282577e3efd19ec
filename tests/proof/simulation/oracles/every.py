"""The judge with every oracle there is: each module registers its own when it is imported."""

from tests.proof.simulation.oracles import (
    acts,
    clocks,
    end,
    flow,
    hushed,
    isolation,
    limits,
    operations,
    operators,
    outcomes,
    stubs,
    unreadable,
    versions,
    waiting,
    writes,
)
from tests.proof.simulation.oracles.registry import Judge, When

__all__ = [
    "Judge",
    "When",
    "acts",
    "clocks",
    "end",
    "flow",
    "hushed",
    "isolation",
    "limits",
    "operations",
    "operators",
    "outcomes",
    "stubs",
    "unreadable",
    "versions",
    "waiting",
    "writes",
]

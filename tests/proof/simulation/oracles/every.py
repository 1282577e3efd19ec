"""The judge with every oracle there is: each module registers its own when it is imported."""

from tests.proof.simulation.oracles import (
    clocks,
    end,
    flow,
    hushed,
    isolation,
    operators,
    outcomes,
    stubs,
    unreadable,
    versions,
    writes,
)
from tests.proof.simulation.oracles.registry import Judge, When

__all__ = [
    "Judge",
    "When",
    "clocks",
    "end",
    "flow",
    "hushed",
    "isolation",
    "operators",
    "outcomes",
    "stubs",
    "unreadable",
    "versions",
    "writes",
]

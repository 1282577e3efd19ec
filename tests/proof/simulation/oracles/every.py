"""The judge with every oracle there is: each module registers its own when it is imported."""

from tests.proof.simulation.oracles import end, flow, hushed, isolation, operators, outcomes, versions, writes
from tests.proof.simulation.oracles.registry import Judge, When

__all__ = ["Judge", "When", "end", "flow", "hushed", "isolation", "operators", "outcomes", "versions", "writes"]

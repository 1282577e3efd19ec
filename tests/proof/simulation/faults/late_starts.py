"""A platform that tells of pods' starts long after everything: what has ended by then is deleted again."""

import random
from typing import Final

from tests.proof.simulation.world.plan import Plan
from tests.proof.simulation.world.scenario import STARTED, report

SHARE: Final = 0.08
"""Of the worlds with faults."""
_LATE_MS: Final = (90_000, 500_000, 900_000)
_FIRST: Final = 900
"""Of the numbers that no other event of a plan has."""


def start_late(dice: random.Random, plan: Plan) -> None:
    """In few worlds; there every execution's pod is said to have started, whatever became of it."""
    if plan.calm or dice.random() >= SHARE:
        return
    for number, execution in enumerate(plan.executions, _FIRST):
        at = execution.request.at + dice.choice(_LATE_MS)
        execution.others.append(report(number, f"evt-{number}", STARTED, execution.id, at))

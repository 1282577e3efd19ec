"""Bugs in the operator's repair of a corrupt table."""

from typing import Final

from saga_orchestrator.domain import repair
from sagactl.commands import reconcile as reconciling
from sagactl.table import recounting
from tests.proof.simulation.faults.code_edits import Mutant, edit

REPAIR_MUTANTS: Final = (
    Mutant(
        "reconcile reports a counter and leaves it",
        "L5",
        edit(reconciling._repaired, "written = correct(stack, drift)", "written = True"),
    ),
    Mutant(
        "reconcile takes a slot away and does not count it",
        "L5",
        edit(reconciling._write, "examined.mended, None, examined.releases", "examined.mended, None, None"),
    ),
    Mutant(
        "reconcile leaves an ended saga its index shard",
        "L5",
        edit(repair._due_after_end, "deadline=None, deadline_shard=None)", "deadline=None)"),
    ),
    Mutant(
        "reconcile counts a slot of an unknown shard as nobody's",
        "L5",
        edit(recounting.drifts, "slots.counted.keys() | slots.held.keys()", "slots.counted.keys()"),
    ),
)

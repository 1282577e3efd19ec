"""Bugs in operations: one verb for many sagas."""

from typing import Final

from saga_orchestrator.adapters.operators.batch_table import BatchTable
from saga_orchestrator.application.batches import running
from tests.proof.simulation.faults.code_edits import Mutant, edit

BATCH_MUTANTS: Final = (
    Mutant(
        "an operation acts on whatever stands there now",
        "A6",
        edit(running.asked_of, "version=chosen.version,", "version=None,"),
    ),
    Mutant(
        "what has changed since is called done",
        "A7",
        edit(running._settled, 'return Settled(Fate.CHANGED, "changed")', "return Settled(Fate.DONE)"),
    ),
    Mutant(
        "a runner does not see that it was aborted",
        "A8",
        edit(
            BatchTable.settling,
            '"stands = :running AND runner = :me',
            '"(stands = :running OR attribute_exists(stands)) AND runner = :me',
        ),
    ),
)

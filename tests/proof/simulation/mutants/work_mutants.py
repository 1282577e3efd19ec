"""Bugs that change no outcome: more calls than there is a cause for, and conflicts left to others."""

from typing import Final

from saga_orchestrator.adapters.patient_writes import PatientWrites
from saga_orchestrator.adapters.targets.event_bus import _chunks
from saga_orchestrator.application.apply_event import SagaWriter
from saga_orchestrator.application.check_timeouts import TimeoutChecker
from tests.proof.simulation.faults.code_edits import Mutant, edit

WORK_MUTANTS: Final = (
    Mutant(
        "saga read before each event",
        "S18",
        edit(
            SagaWriter.apply,
            "self._settle(known, event, rules, decided)",
            "self._settle(self.store.get(event.execution_id, rules.definition.name), event, rules)",
        ),
    ),
    Mutant(
        "winner of a race read again",
        "S18",
        edit(
            SagaWriter._settle,
            "saga = outcome.current",
            "saga = outcome.current and self.store.get(outcome.current.execution_id, rules.definition.name)",
        ),
    ),
    Mutant(
        "a request for each message", "S18", edit(_chunks, "len(chunks[-1]) == MAX_ENTRIES", "len(chunks[-1]) == 1")
    ),
    Mutant(
        "conflict of transactions left to the event source",
        "S18b",
        edit(PatientWrites.transact, "range(TRANSACTION_ATTEMPTS)", "range(1)"),
    ),
    Mutant(
        "conflict of a write taken for an unknown error",
        "L4",
        edit(PatientWrites.single, 'if code_of(error) != "TransactionConflictException":', "if True:"),
    ),
    Mutant(
        "checker lists what is not due yet",
        "S20c",
        edit(TimeoutChecker._sweep_shard, "self.store.due(shard, now)", "self.store.due(shard, now + 86_400_000)"),
    ),
    Mutant(
        "checker counts what others ended",
        "S20c",
        edit(TimeoutChecker._sweep_shard, "ended.count(True)", "len(ended)"),
    ),
)

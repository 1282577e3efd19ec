"""Bugs in sagas that wait, and in what operators do through the API."""

from typing import Final

from saga_orchestrator.adapters.operators.acting_sagas import ActingSagas
from saga_orchestrator.application.operate import OperateSagas
from saga_orchestrator.application.relay import Relay
from saga_orchestrator.domain.flow import answers, closing, compensation, dues
from saga_orchestrator.domain.operating.acts import Act
from tests.proof.simulation.faults.code_edits import Mutant, edit

WAITING_MUTANTS: Final = (
    Mutant(
        "a saga that waits counts by two",
        "W1",
        edit(closing.decided, "before.version + 1 if before", "before.version + 2 if before"),
    ),
    Mutant(
        "the end is told before its news",
        "W2",
        edit(compensation.finish, 'emit(*own, f"saga_{outcome}")', 'emit(f"saga_{outcome}", *own)'),
    ),
    Mutant(
        "an attempt that failed counts as done",
        "W3",
        edit(
            answers._of_the_open,
            "return fail(draft, step, entry, reason, turn)",
            "return advance(succeed(draft, step, entry), turn)",
        ),
    ),
    Mutant(
        "attempts without an answer owe nothing",
        "W4",
        edit(compensation.owes_undo, "or bool(entry.unanswered) or", "or"),
    ),
    Mutant("a wake is believed", "W6", edit(dues.pass_time, " or draft.saga.deadline > turn.now", "")),
    Mutant("wakes are not sent", "W7", edit(Relay._wake, "if self.wakes is not None and done:", "if False:")),
    Mutant(
        "an act is recorded after its change",
        "A1",
        edit(
            ActingSagas.replace,
            "return self.sagas.replace(old, new, claims, releases, before=[put])",
            "outcome = self.sagas.replace(old, new, claims, releases)\n"
            "            self.acts.put(act)\n"
            "            return outcome",
        ),
    ),
    Mutant("a key stands for whatever comes next", "A2", edit(Act.is_same_as, "return (", "return True or (")),
    Mutant(
        "If-Match is not looked at",
        "A3",
        edit(OperateSagas._judged, "(asked.version, asked.created)", "(None, asked.created)"),
    ),
    Mutant(
        "a note is called taken and not written",
        "A4",
        edit(OperateSagas._noted, "written = self.store.record(", "written = True or self.store.record("),
    ),
)

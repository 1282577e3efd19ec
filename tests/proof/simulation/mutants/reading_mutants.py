"""Bugs around what cannot be read, clocks that are off, stubs that are full, and what a stream or a page leaves out."""

from typing import Final

from saga_orchestrator.adapters import saga_codec
from saga_orchestrator.application import sendable
from saga_orchestrator.application.check_timeouts import TimeoutChecker
from saga_orchestrator.application.settling.redriving import Redriving
from saga_orchestrator.domain.executions.early import remember
from saga_orchestrator.entrypoints.event_function import EventFunction
from sagactl.table import stored_items
from tests.proof.simulation.faults.code_edits import Mutant, edit

READING_MUTANTS: Final = (
    Mutant(
        "a ledger of another type read as empty",
        "S26",
        edit(saga_codec._read_list, 'value["L"]', 'value.get("L", ())'),
    ),
    Mutant(
        "one saga that cannot be read ends the checker's run",
        "S26b",
        edit(
            TimeoutChecker._end_one,
            "except RejectedEvent as hopeless:\n            return self._set_aside_once(key, hopeless)",
            "except RejectedEvent:\n            raise",
        ),
    ),
    Mutant(
        "what is redriven is only counted",
        "S25b",
        edit(
            Redriving.deliver,
            "            self.call(delivery.function, delivery.payload)\n",
            "",
        ),
    ),
    Mutant(
        "what the checker has set aside it never tries again",
        "L1",
        edit(
            TimeoutChecker._end_one,
            "        execution_id, saga_name, _ = key\n",
            "        execution_id, saga_name, _ = key\n        if key in self.told:\n            return False\n",
        ),
    ),
    Mutant(
        "a refused signature taken for an answer",
        "S27",
        edit(
            EventFunction._guarded,
            "except RetryableError:\n            raise",
            'except RetryableError as late:\n            if "Signature" not in str(late):\n                raise',
        ),
    ),
    Mutant(
        "a stub keeps whoever cancels",
        "S12c",
        edit(remember, "elif len(same_type) >= MAX_EARLY_CANCELS and not trusted:", "elif False:"),
    ),
    Mutant(
        "a stub is full after three cancels",
        "S12d",
        edit(remember, ">= MAX_EARLY_CANCELS and not trusted", ">= 3 and not trusted"),
    ),
    Mutant(
        "a wish to republish sends commands alone",
        "L2",
        edit(
            sendable.republishable,
            "tuple(key for key in keys if key not in skipped)",
            "tuple(key for key in commands_among(keys, definition) if key not in skipped)",
        ),
    ),
    Mutant(
        "reconcile reads the first page",
        "L5",
        edit(stored_items.stored_items, 'if "LastEvaluatedKey" not in page:', "if True:"),
    ),
)

"""Bugs of an operator's switches: commands that are off, and what comes of it once they are on again."""

from typing import Final

from saga_orchestrator.application.keep_limits import LimitKeeper
from saga_orchestrator.application.relay import Relay
from saga_orchestrator.domain import decide
from saga_orchestrator.domain.executions import endings
from tests.proof.simulation.faults.code_edits import Mutant, edit

HUSHED_MUTANTS: Final = (
    Mutant(
        "commands switched on later delete what was not created",
        "S24",
        edit(endings.may_send, " and not saga.shadow", ""),
        edit(endings._undo_messages, "was_sent = not step.emits or", "was_sent = True or"),
    ),
    Mutant(
        "pod created though commands are off",
        "S24",
        edit(decide._start, "if rules.policy.publish_commands or not is_command(rules.definition, kind)", "if True"),
    ),
    Mutant(
        "new limit left to whoever raises a cap next",
        "S7b",
        edit(LimitKeeper._keep, "if wanted is not None or head.unsettled:", "if False:"),
    ),
    Mutant(
        "relay sends commands that are off",
        "S24b",
        edit(Relay._allowed, "() if self.publish_commands else", "() if True else"),
    ),
)

"""Oracles of functions whose clock is off: what AWS refuses is not done, and what is done is off by no more."""

from tests.proof.simulation.faults.function_clocks import TAKEN_MS
from tests.proof.simulation.oracles.registry import UNCONCERNED, When, oracle
from tests.proof.simulation.world.lambda_service import Invocation
from tests.proof.simulation.world.ledger import Ledger, Write


@oracle(
    "S27",
    When.RETURNED,
    "whoever AWS does not hear for his clock says that he is not through, so that another is asked",
)
def unheard_is_undone(_ledger: Ledger, invocation: Invocation, how: str) -> str | None:
    if not invocation.unheard:
        return UNCONCERNED
    answer = invocation.answer if isinstance(invocation.answer, dict) else {}
    if how or answer.get("batchItemFailures") or answer.get("unfinished"):
        return None
    return (
        f"{invocation.function} was refused {invocation.unheard} calls for its clock, and answers {invocation.answer}"
    )


@oracle("S27b", When.WRITE, "by true time a saga times out at most as much too early as a clock may be off")
def by_true_time(_ledger: Ledger, write: Write) -> str | None:
    old, new = write.old, write.new
    if new is None or old is None or old.is_terminal or not new.timeline or new.timeline[-1].cause != "D":
        return UNCONCERNED
    early = (old.number("deadline") or 0) - write.now
    return None if early <= TAKEN_MS else f"{new.key} timed out {early} ms too early"

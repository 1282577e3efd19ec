"""Oracles of who writes what: nobody changes a saga that he was not called for."""

from tests.proof.simulation.oracles.registry import UNCONCERNED, When, oracle
from tests.proof.simulation.world.acts import told_by
from tests.proof.simulation.world.lambda_service import CHECKER, OF_WAITING, RECONCILE, RELAYS, RUNNER
from tests.proof.simulation.world.ledger import Ledger, Write


@oracle("S20", When.WRITE, "an invocation changes only the executions that its event speaks of; the relay changes none")
def isolation(ledger: Ledger, write: Write) -> str | None:
    function = write.invocation.function
    if function == RECONCILE and write.new is not None:
        owed = ledger.plan.hushed and write.new.emitted("delete_pod")
        return None if owed else f"{function} found something to mend in {write.new.key}, which only functions wrote"
    if write.new is None or function == CHECKER:
        return UNCONCERNED
    if function == RUNNER:
        acts = told_by(write.new) - (told_by(write.old) if write.old is not None else set())
        return None if len(acts) == 1 else f"{function} changed {write.new.key} without an act"
    wrong = function in {*RELAYS, *OF_WAITING} or write.new.key not in write.invocation.about
    return f"{function} changed {write.new.key}" if wrong else None


@oracle("S20b", When.WRITE, "the checker does nothing but time out what is due")
def checker_only_times_out(_ledger: Ledger, write: Write) -> str | None:
    if write.invocation.function != CHECKER or write.new is None:
        return UNCONCERNED
    return None if write.new.state == "timeout" else f"the checker made {write.new.key} {write.new.state}"

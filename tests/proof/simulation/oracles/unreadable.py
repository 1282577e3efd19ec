"""Oracles of sagas that cannot be read for a while: nobody guesses at them, and nobody else waits.

That nothing is lost by it, others see: what was set aside is redriven (S25b), what was not sent is sent (L2), and every
saga ends (L1).
"""

from tests.proof.simulation.oracles.registry import UNCONCERNED, When, oracle
from tests.proof.simulation.world.lambda_service import Invocation
from tests.proof.simulation.world.ledger import Ledger, Write
from tests.proof.simulation.world.saga_image import SagaImage


@oracle("S26", When.WRITE, "nobody who was called while a saga could not be read has written it")
def nobody_guesses(ledger: Ledger, write: Write) -> str | None:
    if write.new is None or ledger.was_readable(write.new.key):
        return UNCONCERNED
    wrong = write.new.key in ledger.guessed
    return f"{write.invocation.function} has written {write.new.key}, which it cannot have read" if wrong else None


@oracle("S26b", When.SWEPT, "whatever else is due ends in the run that meets a saga which cannot be read")
def nobody_waits(ledger: Ledger, invocation: Invocation, running: list[SagaImage]) -> str | None:
    clock, shards = invocation.started + invocation.container.offset_ms, invocation.container.settings.deadline_shards
    due = [
        saga.key
        for saga in running
        if (saga.number("deadline") or 0) <= clock and (saga.number("deadline_shard") or 0) < shards
    ]
    left = [key for key in due if key not in ledger.broken and ledger.sagas[key].state == "running"]
    if not ledger.broken.keys() & set(due):
        return UNCONCERNED
    return f"{left} were due beside one that cannot be read, and did not end" if left else None

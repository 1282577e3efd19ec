"""Oracles of sagas that cannot be read for a while: nobody guesses at them, nobody else waits, and nothing is lost."""

from tests.proof.simulation.oracles.flow import unreflected
from tests.proof.simulation.oracles.registry import UNCONCERNED, When, oracle
from tests.proof.simulation.world.lambda_service import Invocation
from tests.proof.simulation.world.ledger import Ledger
from tests.proof.simulation.world.saga_image import Broken, SagaImage
from tests.proof.simulation.world.worker import Worker


@oracle("S26", When.MENDED, "nobody who was called while a saga cannot be read has written it")
def nobody_guesses(_ledger: Ledger, key: str, broken: Broken) -> str | None:
    wrong = [f"{each.function} {each.number}" for each in broken.writers if each.number > broken.since]
    return f"{key} could not be read, and was written by {wrong}" if wrong else None


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


@oracle("S26c", When.END, "what came while its saga could not be read takes effect once it can")
def nothing_is_lost(ledger: Ledger, _worker: Worker) -> str | None:
    waited = [number for number, reasons in ledger.rejected.items() if reasons == {"corrupt_saga"}]
    if not waited or ledger.after_expiry:
        return UNCONCERNED
    for number in waited:
        if wrong := unreflected(ledger, ledger.sent[number]):
            return f"{wrong}, since it came while {ledger.sent[number].execution_id} could not be read"
    return None

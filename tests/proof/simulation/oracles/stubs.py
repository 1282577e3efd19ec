"""Oracles of what is kept for a request that has not come yet: how much, and what is said of the rest."""

from collections import Counter
from typing import Final

from tests.proof.simulation.oracles.registry import UNCONCERNED, When, oracle
from tests.proof.simulation.world.ledger import Ledger, Write
from tests.proof.simulation.world.saga_image import SagaImage
from tests.proof.simulation.world.scenario import OPERATOR_SOURCE, Inbound

MOST_CANCELS: Final = 8
MOST_CANCELS_BEFORE: Final = 4
"""Of the release before."""


@oracle(
    "S12c", When.WRITE, "a stub keeps eight people's cancels, one that counts anyhow, and one event of each other type"
)
def stub_is_bounded(_ledger: Ledger, write: Write) -> str | None:
    new = write.new
    if new is None or not new.is_stub or len(new.early) < MOST_CANCELS_BEFORE:
        return UNCONCERNED
    known = Counter(cause if cause != "X" else "ok" if "ok" in early else "by" for cause, early in new.remembered())
    people = known.pop("by", 0)
    actors = _actors(new)
    if people <= MOST_CANCELS and len(actors) == people and all(count == 1 for count in known.values()):
        return None
    return f"{new.key} keeps {people} cancels of {len(actors)} people, and {dict(known)}"


@oracle(
    "S12d",
    When.REJECTED,
    "an early cancel is set aside only where others have filled the stub, and never an operator's",
)
def stub_is_full(ledger: Ledger, inbound: Inbound | None, pointer: dict[str, object]) -> str | None:
    if inbound is None or pointer["reason"] != "too_many_early_cancels" or ledger.after_expiry:
        return UNCONCERNED
    saga = ledger.sagas.get(inbound.execution_id)
    if saga is None or inbound.source == OPERATOR_SOURCE:
        return f"{inbound.event_id} was set aside, and nothing is full"
    # Of a saga that has begun meanwhile, the timeline says how many had come before its request.
    before = [cause for cause, _ in saga.remembered()] or [entry.cause for entry in saga.timeline]
    full = MOST_CANCELS_BEFORE if ledger.versions.mixed else MOST_CANCELS
    if before.count("X") < full or inbound.actor in _actors(saga):
        return f"{inbound.event_id} was set aside, and {saga.key} knows {before.count('X')} cancels of {_actors(saga)}"
    return None


def _actors(saga: SagaImage) -> set[str]:
    return {early["by"]["S"] for cause, early in saga.remembered() if cause == "X" and "ok" not in early}

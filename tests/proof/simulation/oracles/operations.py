"""Oracles of operations: what is done to a frozen set is done once, to what was seen, and told as it was."""

from collections import Counter
from typing import Final

from saga_orchestrator.domain.operating.authority import Deed
from saga_orchestrator.domain.operating.batches import BatchState, Fate
from tests.proof.simulation.oracles.registry import UNCONCERNED, When, oracle
from tests.proof.simulation.world.operations import Operations, Place

LEFT_ALONE: Final = frozenset({Fate.REFUSED, Fate.FAILED, Fate.CHANGED})


@oracle("A6", When.OPERATED, "an operation changes each saga of its set at most once, and only as it was seen")
def once_and_as_seen(operations: Operations) -> str | None:
    concerned = False
    for batch, places in operations.all():
        for place in places:
            versions = [version for _, version in operations.acts.changes.get(place.event_id, ())]
            concerned |= place.fate is not None
            act = operations.acts.of(place.target).get(place.event_id)
            if act is not None and int(act["before"]["N"]) != place.chosen.version:
                return f"operation {batch.id} saw {place.chosen} and acted on version {act['before']['N']}"
            if versions not in ([], [place.chosen.version + 1]):
                return f"operation {batch.id} saw {place.chosen} and made {versions}"
    return None if concerned else UNCONCERNED


@oracle("A7", When.OPERATED, "what an operation says of a saga is what became of it, and its progress counts just that")
def truthful(operations: Operations) -> str | None:
    concerned = False
    for batch, places in operations.all():
        told = Counter(place.fate for place in places if place.fate is not None)
        concerned |= bool(told)
        if told != Counter({str(fate): count for fate, count in batch.settled.items() if count}):
            return f"operation {batch.id} has the fates {told}, and counts {batch.settled}"
        for position, place in enumerate(places):
            wrong = _untrue(operations, batch.deed, place, fresh=(batch.id, position) not in operations.judged)
            if place.fate is not None:
                operations.judged.add((batch.id, position))
            if wrong is not None:
                return f"operation {batch.id} says {place.fate} of {place.target}, {wrong}"
    return None if concerned else UNCONCERNED


def _untrue(operations: Operations, deed: Deed, place: Place, *, fresh: bool) -> str | None:
    recorded = place.event_id in operations.acts.of(place.target)
    if recorded != (place.fate == Fate.DONE):
        return f"and its act is {'there' if recorded else 'nowhere'}"
    if (place.event_id in operations.acts.changes) != (place.fate == Fate.DONE and deed is not Deed.NOTE):
        return "and its saga tells another thing"
    now = operations.stands((place.chosen.saga_name, place.chosen.execution_id))
    if place.fate == Fate.CHANGED and fresh and now is not None and now.version == place.chosen.version:
        return "and it stands there as it was seen"
    return None


@oracle("A8", When.OPERATED, "what an aborted operation has not done it never does")
def aborted_for_good(operations: Operations) -> str | None:
    concerned = False
    for batch, places in operations.all():
        done = sum(place.fate is not None for place in places), operations.changes(places)
        if batch.state is BatchState.ABORTED:
            concerned |= batch.id in operations.aborted
            at_abort = operations.aborted.setdefault(batch.id, done)
            if done != at_abort:
                return f"operation {batch.id} was aborted at {at_abort}, and went on to {done}"
        elif batch.id in operations.aborted:
            return f"operation {batch.id} was aborted, and is {batch.state}"
    return None if concerned else UNCONCERNED

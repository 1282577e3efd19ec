"""Oracles of what operators do through the API: an act exists exactly where its change does, and says what it was."""

from http import HTTPStatus
from typing import Final

from saga_orchestrator.domain.operating.authority import Deed
from tests.proof.simulation.oracles.registry import UNCONCERNED, When, oracle
from tests.proof.simulation.world.acts import Acts, Told, told_by
from tests.proof.simulation.world.ledger import Ledger, Write

CORRUPT: Final = "corrupt_saga"
SAID_NO: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED})


@oracle(
    "A1", When.ACTED, "an act is recorded exactly where its change was made: no change without it, no act without one"
)
def act_and_change(acts: Acts, target: str) -> str | None:
    recorded = {event_id: item for event_id, item in acts.of(target).items() if item["verb"]["S"] != Deed.NOTE}
    changed = {
        event_id: versions
        for event_id, versions in acts.changes.items()
        if any(f"saga:{name}:{key}" == target for (name, key), _ in versions)
    }
    if not recorded and not changed:
        return UNCONCERNED
    for event_id in recorded.keys() ^ changed.keys():
        return f"{event_id} on {target} is {'recorded and changed nothing' if event_id in recorded else 'not recorded'}"
    for event_id, item in recorded.items():
        if [version for _, version in changed[event_id]] != [int(item["after"]["N"])]:
            return f"{event_id} on {target} says version {item['after']['N']}, and made {changed[event_id]}"
    return None


@oracle("A5", When.EITHER, "whichever of two releases writes a saga, it keeps what tells of operators' acts")
def acts_outlive_releases(ledger: Ledger, write: Write) -> str | None:
    if write.old is None or write.new is None or not ledger.versions.differing_fields:
        return UNCONCERNED
    told = told_by(write.old)
    if not told:
        return UNCONCERNED
    lost = told - told_by(write.new)
    name = write.invocation.container.version.name
    return f"{write.new.key} tells nothing of {sorted(lost)} any more, since {name} wrote it" if lost else None


@oracle("A2", When.ANSWERED, "a key that was used is never taken for another act, and is answered for the same one")
def one_key_one_act(acts: Acts, told: Told) -> str | None:
    first = acts.done.get(told.asked.event_id)
    told_as_new = told.asked.event_id in acts.told_as_new
    if told.status == HTTPStatus.OK:
        acts.done.setdefault(told.asked.event_id, told.asked.meant)
        if not told.replayed:
            acts.told_as_new.add(told.asked.event_id)
    if first is None:
        return UNCONCERNED
    if told.status == HTTPStatus.OK:
        # Whoever came twice at once may be answered the second one first.
        right = first == told.asked.meant and (told.replayed or not told_as_new)
        return None if right else f"{told.asked.key} did {first}, and is taken for {told.asked.meant}"
    if told.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return None if first != told.asked.meant else f"{told.asked.key} is refused for what it did"
    return UNCONCERNED


@oracle("A3", When.ANSWERED, "what is sent with If-Match is done to that version, and to no other")
def as_it_was_seen(acts: Acts, told: Told) -> str | None:
    asked = told.asked
    if asked.version is None or told.status != HTTPStatus.OK:
        return UNCONCERNED
    act = acts.of(asked.target).get(asked.event_id)
    before = int(act["before"]["N"]) if act is not None else None
    return None if before == asked.version[0] else f"{asked.key} was decided on {asked.version}, and done to {before}"


@oracle("A4", When.ANSWERED, "who is told that it is done finds its act, and who is told no has left none")
def told_the_truth(acts: Acts, told: Told) -> str | None:
    there = told.asked.event_id in acts.of(told.asked.target)
    if told.status == HTTPStatus.OK:
        return None if there else f"{told.asked.key} is done, and nobody has recorded it"
    # Of a saga that nobody can read for now, nobody is told more than that.
    no = told.status in SAID_NO and told.code != CORRUPT
    return f"{told.asked.key} is refused, and recorded" if there and no else None

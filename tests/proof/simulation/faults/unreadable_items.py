"""Sagas that nobody can read for a while: somebody's hand, or a release that was rolled back, and a hand that mends it.

What is broken is one attribute: gone, of another type, of an unknown word, or of a schema that this code does not know.
A write that was decided before may still come through, since its condition looks at the version alone.
So a hand that mends puts back that one attribute, and nothing else.
"""

import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tests.proof.simulation.faults.weather import Fault
from tests.proof.simulation.world.lambda_service import HAND, Container, Invocation
from tests.proof.simulation.world.saga_image import Broken, Image

if TYPE_CHECKING:
    from tests.proof.simulation.world.wired_world import WiredWorld

WORLDS: Final = 0.3
"""Of those with faults."""
MOST: Final = 3
AFTER_MS: Final = (-3_000, 100, 700, 3_000, 10_000, 50_000)
"""After the request."""
LASTS_MS: Final = (10_000, 120_000, 600_000)
UNTIL_CALM: Final = 0.6
"""Of the items: unreadable until long after all faults have ended."""
CALM_MS: Final = 400_000
CORRUPT: Final = "corrupt_saga"

_Value = dict[str, Any]
_WAYS: Final[tuple[tuple[str, Callable[[_Value | None], _Value | None]], ...]] = (
    ("state", lambda _sound: None),
    ("version", lambda _sound: None),
    ("state", lambda _sound: {"S": "paused"}),
    ("version", lambda sound: {"S": str((sound or {}).get("N"))}),
    ("timeline", lambda sound: sound and {"S": "lost"}),
    ("early", lambda sound: sound and {"S": "lost"}),
    ("req", lambda sound: sound and {"M": {name: each for name, each in sound["M"].items() if name != "tmo"}}),
    ("schema_version", lambda _sound: {"N": "2"}),
)


@dataclass(slots=True, eq=False)
class UnreadableItems:
    """`open`: how many are unreadable, or not yet."""

    world: "WiredWorld"
    dice: random.Random
    silenced: frozenset[str]
    open: int = 0
    _kept: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Of each saga: the pointers to events that were set aside because it cannot be read."""

    def begin(self) -> None:
        """Draw which, when, and for how long."""
        world, dice = self.world, self.dice
        drawn = dice.random() < WORLDS
        if world.plan.calm or not drawn or Fault.UNREADABLE in self.silenced:
            return
        for _ in range(dice.randint(1, MOST)):
            at = dice.choice(world.plan.executions).request.at + dice.choice(AFTER_MS)
            ends = world.plan.chaos_ends + CALM_MS if dice.random() < UNTIL_CALM else at + dice.choice(LASTS_MS)
            self.open += 1
            world.scheduler.at(at, lambda ends=ends: self._break(ends))  # type: ignore[misc]  # bound now

    def hears_of(self, pointer: dict[str, Any]) -> None:
        """An event, or a record of the stream, was set aside because its saga cannot be read: it waits for that."""
        ledger, key = self.world.ledger, ""
        if pointer["source"] == "stream":
            key = ledger.saga_of(pointer)
        elif (inbound := ledger.record_of(pointer)) is not None:
            key = inbound[0].execution_id
        if not key:
            return  # the checker meets it again by itself
        self._kept.setdefault(key, []).append(pointer)
        if key not in ledger.broken:
            self._redrive(key)

    def _break(self, ends: int) -> None:
        """One that runs, where any does: it is met most."""
        world = self.world
        there = {key: saga for key, saga in world.ledger.sagas.items() if key not in world.ledger.broken}
        running = [key for key, saga in there.items() if saga.state == "running"]
        key = self.dice.choice(running or [*there, ""])
        sound = self._item(key)
        if sound is None:
            self.open -= 1
            return
        spoilt = self.dice.choice(list(ways_to_break(sound)))
        world.weather.note(Fault.UNREADABLE)
        world.ledger.broken[key] = spoilt
        spoilt.since = world.service.invocations
        self._put(spoilt.on(sound))
        world.note(f"{key} cannot be read: its {spoilt.name} is {spoilt.bad}")
        world.scheduler.at(ends, lambda: self._mend(key, spoilt))

    def _mend(self, key: str, spoilt: Broken) -> None:
        world = self.world
        self.open -= 1
        if world.ledger.broken.get(key) is spoilt:
            del world.ledger.broken[key]
            world.ledger.mended[key] = world.scheduler.now
            self._put(spoilt.off(self._item(key) or {}))
        if key in world.ledger.broken:
            return  # written meanwhile, and broken anew: what it was before that is nothing to put back
        world.note(f"{key} can be read again")
        if world.ledger.sagas[key].state == "running":
            world.schedule.watch()
        self._redrive(key)

    def _redrive(self, key: str) -> None:
        for pointer in self._kept.pop(key, ()):
            self.world.desk.redrive(pointer)

    def _item(self, key: str) -> Image | None:
        items = self.world.aws.dynamodb.items("sagas")
        name = {"S": "execution_saga"}
        found = (item for item in items if item["execution_id"]["S"] == key and item["saga_name"] == name)
        return copy.deepcopy(next(found, None))

    def _put(self, item: Image) -> None:
        world, now = self.world, self.world.scheduler.now
        world.aws.dynamodb.put_item(TableName="sagas", Item=item)
        container = Container(HAND, world.service.settings, 0)
        world._settle(Invocation(0, HAND, container, now, now, (), 0, world.service, lambda _: None))


def ways_to_break(sound: Image) -> Iterator[Broken]:
    """All that make this item one that no release can read."""
    for name, spoil in _WAYS:
        broken = Broken(name, sound.get(name), spoil(sound.get(name)))
        if broken.bad != broken.sound:
            yield broken

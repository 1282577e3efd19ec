"""Scripts that are gone from the bucket before the relay has read them: a lifecycle rule, or somebody's hand."""

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tests.proof.simulation.faults.weather import Fault

if TYPE_CHECKING:
    from tests.proof.simulation.world.wired_world import WiredWorld

WORLDS: Final = 0.5
"""Of those with faults; where no script travels inline, its loss is between the worker and the bucket."""
SCRIPTS: Final = "scripts/"
AFTER_MS: Final = (1, 20, 150, 400)
"""Before the relay comes, or after it."""


@dataclass(slots=True, eq=False)
class GoneScripts:
    """Loses half of the scripts of a world; a request that comes again brings its own back."""

    world: "WiredWorld"
    dice: random.Random
    silenced: frozenset[str]
    lose: bool = False

    def __post_init__(self) -> None:
        drawn = self.dice.random() < WORLDS
        self.lose = drawn and not self.world.plan.calm and Fault.SCRIPT_GONE not in self.silenced

    def sees(self, operation: str, arguments: dict[str, Any]) -> None:
        """A call was carried out."""
        if not self.lose or operation != "PutObject" or not arguments["Key"].startswith(SCRIPTS):
            return
        if not self.world.weather.is_clear and self.dice.random() < 0.5:
            self.world.scheduler.after(self.dice.choice(AFTER_MS), lambda: self._lose(arguments["Key"]))

    def _lose(self, key: str) -> None:
        if self.world.ledger.payloads.pop(key, None) is not None:
            self.world.weather.note(Fault.SCRIPT_GONE)
            self.world.ledger.gone_scripts.add(key.split("/")[1])

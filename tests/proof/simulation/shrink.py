"""A failing world with as few faults as it takes: kinds of fault are silenced, then single strikes suppressed."""

from dataclasses import dataclass
from typing import Final

from tests.proof.simulation.faults.weather import Fault
from tests.proof.simulation.world.world import World

MOST_TRIALS: Final = 300


@dataclass(frozen=True, slots=True)
class Shrunk:
    silenced: frozenset[str]
    suppressed: frozenset[int]
    faults_left: int


def shrink(seed: int, identity: str) -> Shrunk:
    """Greedy: whatever can go while the same oracle still fires, goes."""
    trials = 0
    silenced: frozenset[str] = frozenset()
    suppressed: frozenset[int] = frozenset()
    fewest = _faults(World(seed).run())

    def still_fails(less: frozenset[str], without: frozenset[int]) -> bool:
        nonlocal trials, fewest
        trials += 1
        world = World(seed, silenced=less, suppressed=without).run()
        if _faults(world) > fewest or all(found != identity for found, _ in world.judge.violations):
            return False
        fewest = _faults(world)
        return True

    for fault in Fault:
        if still_fails(silenced | {fault}, suppressed):
            silenced |= {fault}
    for strike in range(World(seed, silenced=silenced).run().weather.struck, 0, -1):
        if trials >= MOST_TRIALS:
            break
        if still_fails(silenced, suppressed | {strike}):
            suppressed |= {strike}
    return Shrunk(silenced, suppressed, fewest)


def _faults(world: World) -> int:
    return sum(world.faults.values())

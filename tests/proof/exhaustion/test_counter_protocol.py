"""A limit holds whatever changes while work runs: in every state that small counters can come to."""

from dataclasses import replace

import pytest

from tests.proof.exhaustion.counter_protocol import explore
from tests.proof.exhaustion.counter_world import Broken, Mutant, World

WORLDS = {
    "limits up and down": World(limit=2, shards=2, limits=(1, 3), layouts=(2,), workers=3),
    "fewer and more shards": World(limit=2, shards=2, limits=(2,), layouts=(1, 2), workers=2),
    "three shards, one settler": World(limit=3, shards=2, limits=(1, 3), layouts=(1, 3), workers=3, settlers=1),
    "closed and opened again": World(limit=1, shards=2, limits=(0, 2), layouts=(2,), workers=2),
    "overrides come, expire and are replaced": World(
        limit=2, shards=2, limits=(), layouts=(2,), workers=3, overrides=(0, 1, 3), settlers=1, changes=2
    ),
    "overrides under two settlers": World(
        limit=1, shards=2, limits=(), layouts=(2,), workers=1, overrides=(0, 2), changes=1
    ),
    "after a release before caps": World(
        limit=3, shards=2, limits=(1,), layouts=(1, 2), workers=3, settlers=1, older=True
    ),
}


@pytest.mark.parametrize("name", WORLDS)
def test_no_step_of_any_order_breaks_the_limit_and_every_settler_can_finish(name: str) -> None:
    assert explore(WORLDS[name]) > 500


@pytest.mark.parametrize("mutant", Mutant)
def test_the_exploration_sees_each_planted_bug(mutant: Mutant) -> None:
    assert any(_breaks(replace(world, mutant=mutant)) for world in WORLDS.values())


def _breaks(world: World) -> bool:
    try:
        explore(world)
    except Broken:
        return True
    return False

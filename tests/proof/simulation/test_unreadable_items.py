"""The worlds' ways to break an item: each really makes it unreadable, and what is put back makes it what it was."""

import pytest

from saga_orchestrator.adapters.saga_codec import decode
from saga_orchestrator.domain.errors import CorruptSaga
from tests.proof.simulation.faults.unreadable_items import ways_to_break
from tests.proof.simulation.faults.weather import Fault
from tests.proof.simulation.world.saga_image import Image
from tests.proof.simulation.world.world import World


@pytest.fixture(scope="module")
def items() -> list[Image]:
    """Stubs, running and ended sagas, as the functions leave them in a few worlds."""
    worlds = [World(seed, silenced=frozenset({Fault.UNREADABLE})).run() for seed in range(8)]
    images = [record.new_image for world in worlds for record in world.aws.dynamodb.stream]
    return [image for image in images if image is not None and image["saga_name"] == {"S": "execution_saga"}]


def test_each_way_makes_an_item_unreadable_and_back(items: list[Image]) -> None:
    tried = set()
    for item in items:
        decode(item)
        for broken in ways_to_break(item):
            tried.add((broken.name, str(broken.bad)[:5]))
            with pytest.raises(CorruptSaga):
                decode(broken.on(item))
            assert broken.off(broken.on(item)) == item
            assert broken.off(item) == item
    assert {name for name, _ in tried} == {"state", "version", "timeline", "early", "req", "schema_version"}

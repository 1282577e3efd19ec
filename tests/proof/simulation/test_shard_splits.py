"""The world's stream keeps a saga's records in order however often its shards split: each is behind the one before."""

from types import SimpleNamespace
from typing import Any

from tests.proof.simulation.faults.weather import Fault
from tests.proof.simulation.world.world import World


def record_of(key: str) -> Any:
    keys = {"execution_id": {"S": key}, "saga_name": {"S": "execution_saga"}}
    return SimpleNamespace(event_name="MODIFY", new_image={"outbox": {"S": ""}}, keys=keys)


def is_behind(later: Any, earlier: Any) -> bool:
    return later is earlier or (later is not None and is_behind(later._parent, earlier))


def test_the_records_of_one_saga_never_come_to_stand_beside_each_other() -> None:
    world = World(next(seed for seed in range(100) if not World(seed).plan.calm))
    mapping = world.mappings[0]
    world.weather.rates[Fault.SHARD_SPLIT] = 1.0
    for key in (f"ex-{number}" for number in range(8)):
        before = mapping._roots[0]
        for _ in range(3):
            record = record_of(key)
            mapping.offer(record)
            lane = next(each for each in mapping.lanes if any(there is record for there in each.waiting))
            assert before in mapping._roots or is_behind(lane, before)
            before = lane

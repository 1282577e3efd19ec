"""What alarms watch is really counted, by the handlers themselves."""

from collections import Counter

import pytest

from saga_testing.moto_world import World
from saga_testing.samples.sample_events import event


@pytest.fixture
def counts(world: World, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    counted: Counter[str] = Counter()

    def count(_self: object, name: str, value: int = 1) -> None:
        counted[name] += value

    monkeypatch.setattr(type(world.at.telemetry), "count", count)
    return counted


def test_a_saga_that_times_out_before_it_starts_is_counted(world: World, counts: Counter[str]) -> None:
    world.deliver(event("EXECUTION_REQUESTED"))
    world.now += 300_000
    world.check()

    assert (counts["SagasTimedOut"], counts["SagasNeverStarted"]) == (1, 1)


def test_a_saga_that_times_out_while_it_runs_is_no_dead_workers(world: World, counts: Counter[str]) -> None:
    world.deliver(event("EXECUTION_REQUESTED"))
    world.deliver(event("EXECUTION_STARTED"))
    world.now += 600_000
    world.check()

    assert (counts["SagasTimedOut"], counts["SagasNeverStarted"]) == (1, 0)


def test_a_request_over_the_limit_is_counted(world: World, counts: Counter[str]) -> None:
    world.reconfigure(DEFAULT_LANGUAGE_LIMIT="1", COUNTER_SHARDS="1")
    world.deliver(event("EXECUTION_REQUESTED", "ex-1"))
    assert counts["LimitReached"] == 0

    world.deliver(event("EXECUTION_REQUESTED", "ex-2"))

    assert counts["LimitReached"] == 1

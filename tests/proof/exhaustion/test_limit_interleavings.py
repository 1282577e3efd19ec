"""The real adapter while limits change: every schedule of a checker with another limit and of what runs beside it."""

from typing import Final

import pytest

from saga_orchestrator.domain.counters import settle
from saga_testing.samples.sample_events import event, eventbridge
from tests.proof.exhaustion.conftest import Figures
from tests.proof.exhaustion.deployment import CheckedDeployment, Delivery
from tests.proof.exhaustion.footprints import commute, never
from tests.proof.exhaustion.interleaving import run_interleaved
from tests.proof.exhaustion.sleep_sets import Search, every_schedule


class ChangingDeployment(CheckedDeployment):
    """Judged by the limit in force, which its counter says."""

    def __init__(self, limit: int, shards: int) -> None:
        self.promised = 0
        super().__init__(limit)
        self.reconfigure(COUNTER_SHARDS=str(shards))

    def check_slots(self) -> None:
        counters = [item for item in self.table.items("sagas") if item["saga_name"]["S"] == "#counter"]
        numbers = [{name: int(value.get("N", 0)) for name, value in item.items()} for item in counters]
        held = sum("claim" in item for item in self.table.items("sagas"))
        taken = sum(each["n"] for each in numbers)
        promised = sum(max(each["n"], each.get("cap", 0)) for each in numbers)
        limit = next((each["limit"] for each in numbers if "limit" in each), 0)
        assert held == taken, f"{held} sagas hold a slot, the counter says {taken}"
        assert promised <= max(limit, self.promised), f"{promised} slots can be taken, of {limit}"
        self.promised = promised


def request(execution_id: str, **settings: str) -> Delivery:
    sent = eventbridge(event("EXECUTION_REQUESTED", execution_id))
    return Delivery(f"request {execution_id}", "EXECUTION_REQUESTED", sent, settings=tuple(settings.items()))


def checker(limit: int, shards: int) -> Delivery:
    settings = {"DEFAULT_LANGUAGE_LIMIT": str(limit), "COUNTER_SHARDS": str(shards)}
    return Delivery(f"checker of {limit} over {shards}", "checker", settings=tuple(settings.items()))


END: Final = Delivery("completed", "EXECUTION_COMPLETED", eventbridge(event("EXECUTION_COMPLETED", "ex-0")))

SCENES: Final = {
    "raised while a request comes": ((1, 1), 1, (checker(2, 1), request("ex-8"))),
    "lowered while a request comes": ((2, 1), 1, (checker(1, 1), request("ex-8"))),
    "more shards while a request comes": ((1, 1), 0, (checker(1, 2), request("ex-8"))),
    "fewer shards while a slot comes back": ((2, 2), 2, (checker(2, 1), END)),
    "fewer shards while a request comes": ((1, 2), 1, (checker(1, 1), request("ex-8"))),
}
"""(limit and shards), sagas that run already, and what runs together."""


def staged(limit: int, shards: int, running: int) -> ChangingDeployment:
    deployment = ChangingDeployment(limit, shards)
    deployment.open_counter()
    for number in range(running):
        deployment.carry_out(request(f"ex-{number}"))
    return deployment


@pytest.mark.parametrize("name", SCENES)
def test_no_schedule_gives_room_over_the_limit_and_the_next_check_settles(
    name: str, exhaustive: bool, figures: Figures
) -> None:
    (limit, shards), running, together = SCENES[name]
    last: list[ChangingDeployment] = []

    def run(search: Search) -> bool:
        last[:] = [staged(limit, shards, running)]
        return run_interleaved(last[0], together, search)

    schedules = 0
    for _ in every_schedule(run, never if exhaustive else commute):
        schedules += 1
        _check_settled(last[0])
    figures(f"limits, {name}: {schedules} schedules")
    assert schedules > 10


def _check_settled(deployment: ChangingDeployment) -> None:
    """Whatever came of it, one more run of the newest checker leaves the counter as the limit says."""
    deployment.carry_out(checker(2, 1))
    reading = deployment.container().counters.read("python")

    assert reading is not None
    assert (reading.head.limit, reading.head.shards, reading.head.unsettled) == (2, 1, False)
    assert settle(reading) == ()
    assert reading.promised == 2

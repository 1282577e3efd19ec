"""The real adapter while limits change: every schedule of a checker with another limit and of what runs beside it."""

from typing import Final

import pytest

from saga_orchestrator.adapters.counters.counter_items import counter_key
from saga_orchestrator.adapters.counters.counter_writes import CounterWrite, counting
from saga_orchestrator.domain.counters import raised, settle
from saga_testing.samples.sample_events import event, eventbridge
from tests.proof.exhaustion.conftest import Figures
from tests.proof.exhaustion.deployment import CheckedDeployment, Delivery
from tests.proof.exhaustion.footprints import commute, never
from tests.proof.exhaustion.interleaving import run_interleaved
from tests.proof.exhaustion.sleep_sets import Search, every_schedule
from tests.proof.simulation.faults.code_edits import Mutant, edit


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


NO_GEN: Final = Mutant(
    "a cap raised without raising gen",
    "S7",
    edit(CounterWrite.raising_gen, '{**self.adds, "gen": number(1)}', '{**self.adds, "gen": number(0)}'),
)
"""Here and not among the simulation's: its worlds would need a hundred thousand seeds for the one schedule."""
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


def two_raisers(deployment: ChangingDeployment) -> int:
    """Each has read before the other wrote, and a slot came back in between; what is promised in the end.

    Five slots over two shards, two of them still taken on a third one that is out of use. The first raiser sees shard 1
    furthest below its share, the second one shard 0: nothing but `gen` stands between them.
    """
    head = {"limit": 5, "gen": 1, "shards": 2, "span": 3}
    for place, numbers in enumerate(({"n": 2, "cap": 1, **head}, {"n": 0, "cap": 0}, {"n": 2, "cap": 0})):
        item = {name: {"N": str(value)} for name, value in numbers.items()}
        deployment.table.put_item(TableName="sagas", Item=counter_key("python", place) | item)
    counters = deployment.container().counters
    first = counters.read("python")
    deployment.table.update_item(**counting("python", 0, -1).request("sagas"))
    second = counters.read("python")
    assert first is not None
    assert second is not None
    for reading in (first, second):
        counters.apply("python", raised(reading)[0])
    last = counters.read("python")
    assert last is not None
    return last.promised


def test_of_two_raisers_that_read_before_each_other_one_reads_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ChangingDeployment, "check_slots", lambda _self: None)  # there are no sagas beside the counters
    assert two_raisers(ChangingDeployment(5, 2)) <= 5
    with NO_GEN.applied():
        assert two_raisers(ChangingDeployment(5, 2)) > 5, "the planted bug gives one slot too many, and this sees it"

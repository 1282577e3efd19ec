"""Enumerating faults: a run without them is the yardstick; a run with them must leave exactly the same behind."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field

from saga_testing.faults import ANSWERS, Fault, possible_at
from tests.proof.exhaustion.deployment import Account, CheckedDeployment, Delivery
from tests.proof.exhaustion.scenarios import PRIORS, deliveries, prior


@dataclass
class Tally:
    """What an enumeration covered, for the report."""

    cases: int = 0
    calls: int = 0
    deliveries: int = 0
    by_fault: dict[Fault, int] = field(default_factory=dict)

    def add(self, plan: dict[int, Fault], deployment: CheckedDeployment, times: int) -> None:
        self.cases += 1
        self.calls += len(deployment.wire.calls)
        self.deliveries += times
        for fault in plan.values():
            self.by_fault[fault] = self.by_fault.get(fault, 0) + 1


@dataclass(frozen=True)
class Scenario:
    """A delivery to a saga in a known state."""

    prior: str
    delivery: str

    def __str__(self) -> str:
        return f"{self.delivery} -> {self.prior}"


def scenarios() -> list[Scenario]:
    return [Scenario(prior, delivery) for prior in PRIORS for delivery in deliveries()]


def stage(scenario: Scenario) -> tuple[CheckedDeployment, Delivery]:
    """A deployment in the scenario's state, its calls not counted yet."""
    deployment = CheckedDeployment()
    for step in prior(scenario.prior):
        deployment.carry_out(step)
    deployment.wire.calls.clear()
    return deployment, deliveries()[scenario.delivery]


def run(scenario: Scenario, plan: dict[int, Fault]) -> tuple[CheckedDeployment, int]:
    """Deliver with the planned faults until acknowledged, then let the relay send everything without further faults."""
    deployment, delivery = stage(scenario)
    deployment.wire.plan = plan
    times = deployment.carry_out(delivery)
    deployment.wire.plan = {}
    deployment.carry_out(deliveries()["relay"])
    return deployment, times


@dataclass(frozen=True)
class Yardstick:
    """What the delivery does when nothing goes wrong."""

    account: Account
    calls: tuple[str, ...]
    """Operations of the delivery itself."""


def yardstick(scenario: Scenario) -> Yardstick:
    deployment, delivery = stage(scenario)
    deployment.carry_out(delivery)
    calls = tuple(deployment.wire.calls)
    deployment.carry_out(deliveries()["relay"])
    account = copy.deepcopy(deployment.account())
    assert len(deployment.bus.accepted) == len(account.published), "without faults every message is published once"
    return Yardstick(account, calls)


def single_faults(scenario: Scenario) -> Iterator[dict[int, Fault]]:
    """Each fault at each call that the delivery makes."""
    for position, operation in enumerate(yardstick(scenario).calls):
        for fault in possible_at(operation):
            yield {position: fault}


def double_faults(scenario: Scenario) -> Iterator[dict[int, Fault]]:
    """Each pair of faults; the second may hit the redelivery that the first one caused."""
    seen: set[tuple[tuple[int, Fault], ...]] = set()
    for first in single_faults(scenario):
        if not ANSWERS.isdisjoint(first.values()):
            continue
        deployment, _ = run(scenario, first)
        position = next(iter(first))
        for later in range(position + 1, len(deployment.wire.calls)):
            for fault in possible_at(deployment.wire.calls[later]):
                if fault in ANSWERS:
                    continue
                plan = first | {later: fault}
                if (key := tuple(plan.items())) not in seen:
                    seen.add(key)
                    yield plan


def check(scenario: Scenario, plan: dict[int, Fault], expected: Account, tally: Tally) -> None:
    """The faults must be invisible afterwards: items, counters, messages and their order, rejections, objects."""
    deployment, times = run(scenario, plan)
    tally.add(plan, deployment, times)
    found = deployment.account()
    story = f"{scenario} with {', '.join(f'call {at}: {fault}' for at, fault in plan.items())}"
    assert found.items == expected.items, story
    assert found.published == expected.published, story
    if Fault.ENTRY_REFUSED not in plan.values():
        # One PutEvents call may take a later entry and refuse an earlier one; the bus promises no order either.
        assert found.order == expected.order, story
    assert found.rejected == expected.rejected, story
    assert found.objects == expected.objects, story

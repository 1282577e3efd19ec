"""Every single fault at every AWS call of every handler from every state, and pairs of them: nothing is lost, doubled
or left half done. The yardstick is the same delivery without a fault; afterwards nobody can tell the two apart."""

import pytest

from saga_testing.faults import Fault
from tests.proof.exhaustion.conftest import Figures
from tests.proof.exhaustion.enumeration import (
    Scenario,
    Tally,
    check,
    double_faults,
    scenarios,
    single_faults,
    yardstick,
)
from tests.proof.exhaustion.scenarios import PRIORS

SHARE = 23
"""`make test` runs each 23rd pair, so that every fault meets every other somewhere; SAGA_EXHAUSTIVE=1 runs them all."""


@pytest.mark.parametrize("prior", PRIORS)
def test_no_single_fault_leaves_a_trace(prior: str, figures: Figures) -> None:
    tally = Tally()
    for scenario in (each for each in scenarios() if each.prior == prior):
        expected = yardstick(scenario).account
        for plan in single_faults(scenario):
            check(scenario, plan, expected, tally)
    assert set(tally.by_fault) >= set(Fault) - {Fault.COUNTER_CONFLICT, Fault.ENTRY_REFUSED, Fault.CONFLICT}
    figures(f"{prior}: {tally.cases} single faults, {tally.calls} calls, {tally.deliveries} deliveries")


@pytest.mark.parametrize("prior", PRIORS)
def test_no_pair_of_faults_leaves_a_trace(prior: str, exhaustive: bool, figures: Figures) -> None:
    tally = Tally()
    number = 0
    for scenario in (each for each in scenarios() if each.prior == prior):
        expected = yardstick(scenario).account
        for plan in double_faults(scenario):
            number += 1
            if exhaustive or number % SHARE == 0:
                check(scenario, plan, expected, tally)
    figures(f"{prior}: {tally.cases} of {number} pairs of faults, {tally.calls} calls, {tally.deliveries} deliveries")


def test_the_yardstick_notices_a_lost_message() -> None:
    """The comparison itself can fail: a run whose relay never ran differs."""
    scenario = Scenario("nothing", "request")
    with pytest.raises(AssertionError):
        check(scenario, {}, yardstick(Scenario("nothing", "started")).account, Tally())

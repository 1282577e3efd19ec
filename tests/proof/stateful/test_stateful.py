"""Drawn steps break no promise, and where the code is broken the machine says so in a handful of steps.

`make test` takes 500 runs of 50 steps, always the same ones. The nightly run (SAGA_EXHAUSTIVE=1) takes 20,000 of 100
with other dice each night, and keeps what failed in `.hypothesis` to begin with it the next time.
"""

import os
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from saga_testing.faults import Fault
from tests.proof.simulation.campaign import find
from tests.proof.simulation.oracles.registry import ORACLES, When
from tests.proof.stateful.machine import Sagas

_QUICKLY: Final = (Phase.reuse, Phase.generate, Phase.shrink)
"""Not `explain`: it traces every line that runs, and made shrinking twenty times as long."""
_SLOW: Final = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
CI: Final = settings(
    max_examples=500,
    stateful_step_count=50,
    derandomize=True,
    database=None,
    deadline=None,
    report_multiple_bugs=False,
    phases=_QUICKLY,
    suppress_health_check=_SLOW,
)
NIGHTLY: Final = settings(
    max_examples=20_000, stateful_step_count=100, deadline=None, phases=_QUICKLY, suppress_health_check=_SLOW
)
EXHAUSTIVE: Final = os.environ.get("SAGA_EXHAUSTIVE") == "1"

ENDINGS: Final = {
    "cancelled",
    "execution_completed",
    "execution_failed",
    "execution_timeout",
    "expired",
    "limit_reached",
    "run_deadline_passed",
    "script_empty",
    "start_deadline_passed",
    "timeout_too_long",
}
OF_WORLDS: Final = {
    *(When.CHECKED, When.SWEPT, When.APPLIED, When.SETTLED, When.SET_ASIDE, When.LISTED),
    *(When.WAITING, When.WAITING_END, When.ACTED, When.OPERATED, When.ANSWERED),
    *(When.LIMITED, When.OVERRIDDEN),
}
"""They judge what only a world has: when the index was last behind, what telemetry counted for a batch, orders beside
executions, and operators who redrive and drop, and act through the API, on limits as well."""
OF_ACTS: Final = {"A5", "S23c"}
"""Judged at every write, of sagas and of limits that an operator has acted on: only worlds have them."""
PLANTED: Final = (
    ("throttle swallowed", "S11", 2),
    ("lost race taken for success", "S11", 3),
    ("release outside of the transaction", "S7", 3),
    ("late start does not delete", "S11b", 4),
)
"""Bugs of tests/proof/simulation by name, the oracle that sees each, and in how many steps one can be shown at most."""


def test_no_steps_break_a_promise() -> None:
    Sagas.met.clear()

    run_state_machine_as_test(Sagas, settings=NIGHTLY if EXHAUSTIVE else CI)

    assert Sagas.met["steps"] > 20_000
    assert Sagas.met["rivals"] > 1_000
    assert not set(Fault) - Sagas.met.keys(), "each kind of fault has struck"
    assert not ENDINGS - Sagas.met.keys(), "sagas have ended for each reason"
    asked = {oracle.id for when in When if when not in OF_WORLDS for oracle in ORACLES[when]}
    never = asked - OF_ACTS - Sagas.met.keys()
    assert not never, f"{sorted(never)} were never asked"


@pytest.mark.parametrize(("name", "oracle", "steps"), PLANTED)
def test_a_planted_bug_is_found_and_shown_in_a_few_steps(name: str, oracle: str, steps: int) -> None:
    with find(name).applied(), pytest.raises(AssertionError, match=f"{oracle}: "):
        run_state_machine_as_test(Sagas, settings=CI)

    assert Sagas.taken <= steps

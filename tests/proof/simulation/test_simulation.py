"""A share of the simulation for every test run; `make simulate` and `make mutants` run the rest."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pytest

from saga_orchestrator.domain import decide
from tests.proof.simulation.campaign import Tally, find, play
from tests.proof.simulation.faults.code_edits import Mutant, edit
from tests.proof.simulation.faults.weather import Fault, Met
from tests.proof.simulation.mutants.hunt import hunt
from tests.proof.simulation.mutants.mutant_catalogue import MUTANTS
from tests.proof.simulation.oracles.registry import ORACLES, REPORTED
from tests.proof.simulation.shrink import shrink
from tests.proof.simulation.world.world import World

ROOT: Final = Path(__file__).parents[3]
SECONDS: Final = 15
"""How long the share may take; at least `FEWEST` worlds are run however slow the machine is."""
FEWEST: Final = 150
SELDOM: Final = 0.1
"""Of the worlds: an oracle that passes its guard less often sees too little to be relied on."""
EXPECTED: Final = {
    *(f"S{number}" for number in range(1, 23)),
    *(f"L{number}" for number in range(1, 5)),
}
QUICKLY_KILLED: Final = (
    "no version condition",
    "claim outside of the transaction",
    "throttle swallowed",
    "relay acknowledges what it could not publish",
    "early event dropped",
)


REPLAYED: Final[Mapping[str, Callable[[World], object]]] = {
    "two releases": lambda world: world.ledger.versions.mixed,
    "a topic as a target": lambda world: "topic" in world.plan.targets,
    "deployments": lambda world: world.plan.later_settings,
    "orders": lambda world: world.shop.plans,
}


def _is_such(world: World, name: str) -> bool:
    return not world.plan.calm and bool(REPLAYED[name](world))


@pytest.fixture(scope="module")
def share() -> Tally:
    """The worlds that every test run plays, each once; up to the first that breaks an oracle."""
    started, tally = time.monotonic(), Tally()
    while not tally.failures and (tally.worlds < FEWEST or time.monotonic() - started < SECONDS):
        tally.add(play(range(tally.worlds, tally.worlds + 50)))
    return tally


def test_a_share_of_worlds_breaks_no_oracle(share: Tally) -> None:
    assert not share.failures, f"replay: python -m tests.proof.simulation --seed {share.failures[0][0]} --trace"
    assert share.worlds >= FEWEST
    assert sum(share.faults.values()) > 30 * share.worlds


def test_worlds_ask_every_oracle_and_meet_every_kind_of_fault(share: Tally) -> None:
    registered = {each.id for oracles in ORACLES.values() for each in oracles} | {*REPORTED}
    assert not registered - {identity for identity, count in share.checked.items() if count}
    rarely = {identity for identity in registered if share.concerned[identity] < share.worlds * SELDOM}
    assert not rarely, "these oracles hardly ever pass their guard: give them worlds"
    assert not set(Fault) - {Fault(name) for name, count in share.faults.items() if count}
    assert not set(Met) - {Met(name) for name, count in share.met.items() if count}


def test_every_invariant_that_a_world_can_show_has_an_oracle() -> None:
    registered = [each.id for oracles in ORACLES.values() for each in oracles] + [*REPORTED]
    assert len(registered) == len(set(registered))
    assert not EXPECTED - set(registered)


def test_every_oracle_has_a_bug_that_it_is_there_for() -> None:
    """That it does see it is what `make mutants` shows: a bug that its own oracle misses counts as missed."""
    registered = {each.id for oracles in ORACLES.values() for each in oracles} | {*REPORTED}
    assert {mutant.expected for mutant in MUTANTS} == registered


@pytest.mark.parametrize("name", REPLAYED)
def test_a_replay_is_equal_to_the_byte_whatever_the_hash_seed(name: str) -> None:
    seed = next(seed for seed in range(1_000) if _is_such(World(seed), name))
    here = World(seed, trace=True).run()
    assert len(here.log) > 20
    elsewhere = subprocess.run(
        [sys.executable, "-m", "tests.proof.simulation", "--seed", str(seed), "--trace"],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "4711", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    )
    assert elsewhere.stdout.splitlines()[:-1] == "\n".join(here.log).splitlines()


@pytest.mark.parametrize("name", QUICKLY_KILLED)
def test_a_bug_in_the_production_code_is_seen_by_its_oracle(name: str) -> None:
    assert hunt((name, 0, 100)).expected_seed is not None


def test_a_bug_that_nothing_sees_is_reported_as_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    harmless = Mutant("harmless", "S7", edit(decide._time_out, "claim=None", "claim = None"))
    monkeypatch.setattr("tests.proof.simulation.mutants.hunt.find", lambda _name: harmless)
    verdict = hunt(("harmless", 0, 20))
    assert (verdict.seed, verdict.oracles, verdict.expected_seed) == (None, (), None)


def test_a_long_run_says_how_it_goes_and_ends_cleanly_at_an_interrupt() -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "tests.proof.simulation", "--seeds", "1000000", "--every", "0"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert running.stderr is not None
    first = running.stderr.readline()
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to the workers too
    out, err = running.communicate(timeout=60)

    assert "worlds (" in first
    assert "min to go" in first
    assert running.returncode == 130
    assert "Traceback" not in err
    assert out.splitlines()[-1].startswith("interrupted after ")


def test_bugs_are_put_back() -> None:
    for mutant in MUTANTS:
        before = mutant.edit.function.__code__
        with mutant.applied():
            assert mutant.edit.function.__code__ is not before
        assert mutant.edit.function.__code__ is before


def test_shrinking_keeps_the_violation_and_loses_faults() -> None:
    with find("throttle swallowed").applied():
        failure = play(range(100), until_failure=True).failures[0]
        seed, identity = failure[:2]
        all_of_it = sum(World(seed).run().faults.values())
        shrunk = shrink(seed, identity)
        smaller = World(seed, silenced=shrunk.silenced, suppressed=shrunk.suppressed).run()
    assert identity in {found for found, _ in smaller.judge.violations}
    assert shrunk.faults_left == sum(smaller.faults.values()) <= all_of_it
    assert shrunk.silenced

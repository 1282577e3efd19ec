"""`python -m tests.proof.simulation.mutants --seeds 2000`: does the simulation see every bug that is put in?"""

import argparse
import multiprocessing
import sys
from dataclasses import dataclass

from tests.proof.simulation.campaign import find
from tests.proof.simulation.mutants.mutant_catalogue import MUTANTS
from tests.proof.simulation.world.world import World


@dataclass(frozen=True, slots=True)
class Verdict:
    """The first `seed` that shows the bug, with the oracles that see it there, and the first for `expected`.

    None where there is none: the bug survived, or its own oracle did not see it.
    """

    name: str
    expected: str
    seed: int | None
    oracles: tuple[str, ...]
    expected_seed: int | None


def hunt(work: tuple[str, int, int]) -> Verdict:
    """Worlds with the bug, until the oracle that it is there for has seen it."""
    name, first, seeds = work
    mutant = find(name)
    first_seed: int | None = None
    oracles: tuple[str, ...] = ()
    with mutant.applied():
        for seed in range(first, first + seeds):
            seen = tuple(dict.fromkeys(found for found, _ in World(seed).run().judge.violations))
            if seen and first_seed is None:
                first_seed, oracles = seed, seen
            if mutant.expected in seen:
                return Verdict(name, mutant.expected, first_seed, oracles, seed)
    return Verdict(name, mutant.expected, first_seed, oracles, None)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.proof.simulation.mutants", description=__doc__)
    parser.add_argument("--seeds", type=int, default=2000, help="worlds for each bug, at most")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first seed")
    parser.add_argument("--only", default="", help="bugs whose name has this text")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    options = parser.parse_args()
    missed = 0
    work = [(mutant.name, options.first, options.seeds) for mutant in MUTANTS if options.only in mutant.name]
    sys.stdout.write(f"{'bug':<50} {'seed':>6}  {'seen by':<16} {'oracle':<6} {'seed':>6}\n")
    with multiprocessing.get_context("spawn").Pool(options.jobs) as pool:
        for verdict in pool.imap(hunt, work, chunksize=1):
            missed += verdict.expected_seed is None
            seen = " ".join(verdict.oracles) or "SURVIVED"
            own = "NOT SEEN" if verdict.expected_seed is None else verdict.expected_seed
            sys.stdout.write(f"{verdict.name:<50} {verdict.seed!s:>6}  {seen:<16} {verdict.expected:<6} {own:>6}\n")
            sys.stdout.flush()
    sys.stdout.write(f"\n{len(work) - missed} of {len(work)} bugs seen by the oracle that they are there for\n")
    return 1 if missed else 0

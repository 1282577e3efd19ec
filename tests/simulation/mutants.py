"""`python -m tests.simulation.mutants --seeds 2000`: does the simulation see every bug that is put in?"""

import argparse
import multiprocessing
import sys
from dataclasses import dataclass

from tests.simulation.campaign import find, play
from tests.simulation.mutant_catalogue import MUTANTS
from tests.simulation.world import World


@dataclass(frozen=True, slots=True)
class Verdict:
    """`worlds` it took to see the bug, and which oracles saw it in that world; none when it survived."""

    name: str
    expected: str
    worlds: int
    seed: int | None
    oracles: tuple[str, ...]


def hunt(work: tuple[str, int, int]) -> Verdict:
    """Worlds with the bug, until an oracle sees it."""
    name, first, seeds = work
    mutant = find(name)
    with mutant.applied():
        tally = play(range(first, first + seeds), until_failure=True)
        if not tally.failures:
            return Verdict(name, mutant.expected, tally.worlds, None, ())
        seed = tally.failures[0][0]
        violations = World(seed).run().judge.violations
    return Verdict(name, mutant.expected, tally.worlds, seed, tuple(dict.fromkeys(found for found, _ in violations)))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.mutants", description=__doc__)
    parser.add_argument("--seeds", type=int, default=2000, help="worlds for each bug, at most")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first seed")
    parser.add_argument("--only", default="", help="bugs whose name has this text")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    options = parser.parse_args()
    survivors = 0
    work = [(mutant.name, options.first, options.seeds) for mutant in MUTANTS if options.only in mutant.name]
    sys.stdout.write(f"{'bug':<46} {'expected':<9} {'worlds':>6} {'seed':>6}  seen by\n")
    with multiprocessing.get_context("spawn").Pool(options.jobs) as pool:
        for verdict in pool.imap(hunt, work, chunksize=1):
            survivors += not verdict.oracles
            seen = " ".join(verdict.oracles) or "SURVIVED"
            sys.stdout.write(
                f"{verdict.name:<46} {verdict.expected:<9} {verdict.worlds:>6} {verdict.seed!s:>6}  {seen}\n"
            )
            sys.stdout.flush()
    sys.stdout.write(f"\n{len(work) - survivors} of {len(work)} bugs seen\n")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())

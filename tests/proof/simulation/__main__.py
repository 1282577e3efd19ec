"""`python -m tests.proof.simulation --seeds 10000`: random worlds over the production handlers."""

import argparse
import os
import signal
import sys
from typing import Final

from tests.proof.simulation.campaign import Tally, mutant_named, run
from tests.proof.simulation.oracles.registry import ORACLES, REPORTED
from tests.proof.simulation.shrink import shrink
from tests.proof.simulation.world.world import World

INTERRUPTED: Final = 130
"""What a shell says of a program that Ctrl-C has ended."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.proof.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many worlds")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first seed")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="processes; one for each core if not said"
    )
    parser.add_argument("--every", type=float, default=15.0, help="seconds between lines of progress")
    parser.add_argument("--seed", type=int, help="run this one world")
    parser.add_argument("--trace", action="store_true", help="with --seed: print what happened, equal on each replay")
    parser.add_argument("--shrink", action="store_true", help="with --seed: find the faults that it takes")
    parser.add_argument("--mutant", help="with this bug in the production code")
    options = parser.parse_args()
    if options.seed is not None:
        with mutant_named(options.mutant):
            return _one(options.seed, trace=options.trace, smaller=options.shrink)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # even where it was inherited as ignored
    tally = run(options.first, options.seeds, options.jobs, options.mutant, _Progress(options.seeds, options.every))
    _print(tally, options.mutant)
    if tally.interrupted:
        return INTERRUPTED
    return 1 if tally.failures else 0


class _Progress:
    """A line on stderr now and then, and one at once for each violation."""

    def __init__(self, seeds: int, every: float) -> None:
        self._seeds, self._every = seeds, every
        self._next = every
        self._failures = 0

    def __call__(self, so_far: Tally) -> None:
        for seed, identity, wrong in so_far.failures[self._failures :]:
            sys.stderr.write(f"VIOLATION in world {seed}: {identity} {wrong}\n")
        self._failures = len(so_far.failures)
        if so_far.seconds < self._next:
            return
        self._next = so_far.seconds + self._every
        left = (self._seeds - so_far.worlds) * so_far.seconds / so_far.worlds
        sys.stderr.write(f"{_summary(so_far)}; {left / 60:.1f} min to go\n")
        sys.stderr.flush()


def _summary(tally: Tally) -> str:
    faults = sum(tally.faults.values())
    return (
        f"{tally.worlds:,} worlds ({tally.calm:,} calm), {tally.calls:,} AWS calls, {faults:,} injected faults, "
        f"{faults / max(tally.worlds, 1):.1f} a world, {len(tally.failures)} violations, "
        f"{tally.worlds / max(tally.seconds, 0.001):.0f} worlds/s"
    )


def _one(seed: int, *, trace: bool, smaller: bool) -> int:
    world = World(seed, trace=trace).run()
    violations = world.judge.violations
    if smaller and violations:
        found = shrink(seed, violations[0][0])
        sys.stdout.write(f"{found.faults_left} faults are left of {sum(world.faults.values())}\n")
        sys.stdout.write(f"not needed: {', '.join(sorted(found.silenced))}\n")
        world = World(seed, trace=trace, silenced=found.silenced, suppressed=found.suppressed).run()
        violations = world.judge.violations
    sys.stdout.write("".join(f"{line}\n" for line in world.log))
    for identity, wrong in violations:
        sys.stdout.write(f"VIOLATION {identity} {wrong}\n")
    faults = ", ".join(f"{count} x {name}" for name, count in sorted(world.faults.items()))
    sys.stdout.write(f"seed {seed}: {world.calls} calls, faults: {faults or 'none'}\n")
    return 1 if violations else 0


def _print(tally: Tally, mutant: str | None) -> None:
    write = sys.stdout.write
    write("faults\n")
    for name, count in tally.faults.most_common():
        write(f"  {count:>9}  {name}\n")
    write("\nmet without being injected, and not in the sum\n")
    for name, count in tally.met.most_common():
        write(f"  {count:>9}  {name}\n")
    write("\noracles: how often each was asked, and how often it passed its guard\n")
    for when, oracles in ORACLES.items():
        for each in oracles:
            _print_oracle(tally, each.id, f"{each.description} ({when})")
    for identity, description in REPORTED.items():
        _print_oracle(tally, identity, f"{description} (where it happens)")
    for seed, identity, wrong in tally.failures:
        write(f"\nVIOLATION {identity} {wrong}\n")
        again = f" --mutant {mutant!r}" if mutant else ""
        write(f"  replay: python -m tests.proof.simulation --seed {seed} --trace{again}   (smaller: --shrink)\n")
    write(f"\n{'interrupted after' if tally.interrupted else 'total:'} {_summary(tally)}\n")


def _print_oracle(tally: Tally, identity: str, description: str) -> None:
    asked, concerned = tally.checked[identity], tally.concerned[identity]
    sys.stdout.write(f"  {asked:>9} {concerned:>9}  {identity:<5} {description}\n")


if __name__ == "__main__":
    sys.exit(main())

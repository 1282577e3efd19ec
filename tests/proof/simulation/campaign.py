"""Many worlds over two processes, and what they add up to."""

import multiprocessing
import signal
import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field
from typing import Final

from tests.proof.simulation.faults.code_edits import Mutant
from tests.proof.simulation.mutants.mutant_catalogue import MUTANTS
from tests.proof.simulation.world.world import World

CHUNK: Final = 50
MOST_FAILURES: Final = 20


@dataclass(slots=True)
class Tally:
    worlds: int = 0
    calm: int = 0
    calls: int = 0
    invocations: int = 0
    seconds: float = 0.0
    interrupted: bool = False
    faults: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    checked: Counter[str] = field(default_factory=Counter)
    concerned: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[int, str, str]] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.worlds += other.worlds
        self.calm += other.calm
        self.calls += other.calls
        self.invocations += other.invocations
        self.faults += other.faults
        self.met += other.met
        self.checked += other.checked
        self.concerned += other.concerned
        self.failures += other.failures


def mutant_named(name: str | None) -> AbstractContextManager[None]:
    if name is None:
        return nullcontext()
    return find(name).applied()


def find(name: str) -> Mutant:
    for mutant in MUTANTS:
        if mutant.name == name:
            return mutant
    msg = f"no mutant {name!r}; there are: {', '.join(mutant.name for mutant in MUTANTS)}"
    raise SystemExit(msg)


def play(seeds: range, *, until_failure: bool = False) -> Tally:
    """Run worlds in this process, one after the other."""
    tally = Tally()
    for seed in seeds:
        world = World(seed).run()
        tally.worlds += 1
        tally.calm += world.plan.calm
        tally.calls += world.calls
        tally.invocations += world.service.invocations
        tally.faults += world.faults
        tally.met += world.weather.met
        tally.checked += world.judge.checked
        tally.concerned += world.judge.concerned
        tally.failures += [(seed, identity, wrong) for identity, wrong in world.judge.violations[:1]]
        if until_failure and tally.failures:
            break
    return tally


def run(
    first: int,
    count: int,
    jobs: int,
    mutant: str | None = None,
    progress: Callable[[Tally], None] = lambda _so_far: None,
) -> Tally:
    """Every seed of the range, or as many as it takes to see enough failures. An interrupt ends it early."""
    started = time.monotonic()
    total = Tally()
    try:
        with closing(_chunks(first, count, jobs, mutant)) as chunks:
            for tally in chunks:
                total.add(tally)
                total.seconds = time.monotonic() - started
                progress(total)
                if len(total.failures) >= MOST_FAILURES:
                    break
    except KeyboardInterrupt:
        total.interrupted = True
    return total


def _chunks(first: int, count: int, jobs: int, mutant: str | None) -> Generator[Tally]:
    work = [(range(start, min(start + CHUNK, first + count)), mutant) for start in range(first, first + count, CHUNK)]
    if jobs < 2:
        yield from map(_play_chunk, work)
        return
    # Workers inherit that the interrupt is ignored, so that only this process hears it, and ends them.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        pool = multiprocessing.get_context("spawn").Pool(jobs)
    finally:
        signal.signal(signal.SIGINT, before)
    with pool:
        yield from pool.imap(_play_chunk, work)


def _play_chunk(work: tuple[range, str | None]) -> Tally:
    seeds, mutant = work
    with mutant_named(mutant):
        return play(seeds)

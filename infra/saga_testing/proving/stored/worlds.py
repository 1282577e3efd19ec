"""Seeded worlds: long runs with many troubles, played on the pure core and on the real functions side by side."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from saga_testing.proving.coverage import Coverage
from saga_testing.proving.moves import Moves, Priced
from saga_testing.proving.oracles import verdict
from saga_testing.proving.playing import Players, nothing_yet
from saga_testing.proving.searching import Finding
from saga_testing.proving.situation import Kind, Move, Played, Situation
from saga_testing.proving.stored.mirror import Mirror
from saga_testing.proving.subject import Subject

TROUBLED_STEPS: Final = 40
CALM_STEPS: Final = 200
SLOW: Final = 60
"""How often a parked step is asked slowly before a world is left alone."""


@dataclass
class World:
    """One run. The rate of troubles is drawn, often none; afterwards all goes well, and it must come to rest."""

    subject: Subject
    seed: int
    coverage: Coverage = field(default_factory=Coverage)
    moves: list[Move] = field(default_factory=list)

    def run(self) -> Finding | None:
        dice = random.Random(self.seed)
        rate = dice.choice((0.0, 0.1, 0.3, 0.6))
        mirror = Mirror(self.subject, answers_lost=dice.random() < 0.5)
        here = nothing_yet()
        for step in range(TROUBLED_STEPS + CALM_STEPS):
            options = self._options(here)
            if not options or (step >= TROUBLED_STEPS and is_at_rest(here)):
                return None if is_at_rest(here) else self._found("it comes to no rest")
            played = self._play(here, self._draw(dice, options, rate if step < TROUBLED_STEPS else 0.0))
            if (wrong := verdict(self.subject, played) or mirror.follow(played)) is not None:
                return self._found(wrong)
            here = played.after
        return None if is_at_rest(here) else self._found("it comes to no rest")

    def _options(self, here: Situation) -> list[Priced]:
        return [*Moves(self.subject)(here)]

    def _draw(self, dice: random.Random, options: list[Priced], rate: float) -> Move:
        troubles = [move for cost, move in options if cost]
        calm = [move for cost, move in options if not cost]
        if troubles and (not calm or dice.random() < rate):
            return self._trouble(dice, troubles) if rate else self._slowly(troubles)
        return dice.choice(calm)

    def _trouble(self, dice: random.Random, troubles: list[Move]) -> Move:
        """Of each kind as often: there are many ways to answer once more, and few verbs of an operator."""
        kind = dice.choice(sorted({move.kind for move in troubles}))
        return dice.choice([move for move in troubles if move.kind is kind])

    def _slowly(self, troubles: list[Move]) -> Move:
        """All is well now: what is parked is asked again, and is answered."""
        return next((move for move in troubles if move.kind is Kind.TIME), troubles[0])

    def _play(self, here: Situation, move: Move) -> Played:
        self.moves.append(move)
        played = Players(self.subject).play(here, move)
        self.coverage.see(self.subject, played)
        return played

    def _found(self, wrong: str) -> Finding:
        return Finding(f"{wrong} (seed {self.seed})", tuple(self.moves), self.subject)


def is_at_rest(here: Situation) -> bool:
    """Nothing is on its way, and it has ended, or somebody knows that it waits for him."""
    if here.flying or here.saga is None or here.saga.is_stub:
        return False
    return here.saga.state.is_terminal or bool(here.saga.ledger.parked)


@dataclass
class Worlds:
    """So many seeds, until `until` (seconds of the processor)."""

    subjects: tuple[Subject, ...]
    seeds: int
    until: float | None = None
    coverage: Coverage = field(default_factory=Coverage)
    on_progress: Callable[[int], None] = lambda _seed: None
    run_so_far: int = 0
    first: int = 0

    def run(self) -> Finding | None:
        for seed in range(self.first, self.first + self.seeds):
            if self.until is not None and time.process_time() > self.until:
                return None
            world = World(self.subjects[seed % len(self.subjects)], seed, self.coverage)
            if (finding := world.run()) is not None:
                return finding
            self.run_so_far += 1
            self.on_progress(seed)
        return None

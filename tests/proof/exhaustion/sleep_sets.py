"""Which schedules are played: one of those that differ only in the order of steps that commute.

Sleep sets (Godefroid, Partial-Order Methods for the Verification of Concurrent Systems, 1996, chapter 5): once all that
begins with a step of one strand has been played, the step sleeps; what begins with another strand's step is played
without it for as long as only steps follow that commute with it, for that would be what was played already. Every state
is still reached, and of every class of schedules exactly one is played to its end.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from tests.proof.exhaustion.footprints import Footprint, commute

Independent = Callable[[Footprint, Footprint], bool]


@dataclass
class _Choice:
    """One point of a schedule: who could go on, who sleeps, and who was let go on with what."""

    alive: tuple[int, ...]
    asleep: dict[int, Footprint]
    chosen: int | None = None
    footprint: Footprint | None = None

    def choose(self) -> None:
        self.chosen = next((strand for strand in self.alive if strand not in self.asleep), None)
        self.footprint = None


@dataclass
class Search:
    """Depth first over the choices; no state is kept, so every schedule is run anew from its beginning."""

    independent: Independent = commute
    path: list[_Choice] = field(default_factory=list)
    depth: int = 0

    def choose(self, alive: Sequence[int]) -> int | None:
        """Which strand goes on. None: whatever follows has been played already."""
        if self.depth == len(self.path):
            self.path.append(_Choice(tuple(alive), self._still_asleep()))
            self.path[-1].choose()
        choice = self.path[self.depth]
        assert choice.alive == tuple(alive), "the same schedule went another way than before"
        self.depth += 1
        return choice.chosen

    def observe(self, footprint: Footprint) -> None:
        """What the step that was chosen last has read and written."""
        choice = self.path[self.depth - 1]
        assert choice.footprint in {None, footprint}, "the same step did something else than before"
        choice.footprint = footprint

    def _still_asleep(self) -> dict[int, Footprint]:
        if not self.path:
            return {}
        last = self.path[-1]
        assert last.footprint is not None
        return {strand: step for strand, step in last.asleep.items() if self.independent(step, last.footprint)}

    def advance(self) -> bool:
        """Turn to the next schedule. False when there is none."""
        self.depth = 0
        while self.path:
            last = self.path[-1]
            if last.chosen is not None and last.footprint is not None:
                last.asleep[last.chosen] = last.footprint
                last.choose()
                if last.chosen is not None:
                    return True
            self.path.pop()
        return False

    @property
    def schedule(self) -> tuple[int, ...]:
        """Strand by strand, as they went on."""
        return tuple(choice.chosen for choice in self.path if choice.chosen is not None)

    def trace(self) -> tuple[tuple[int, Footprint], ...]:
        """The schedule with what each of its steps read and wrote."""
        return tuple(
            (choice.chosen, choice.footprint)
            for choice in self.path
            if choice.chosen is not None and choice.footprint is not None
        )


def every_schedule(run: Callable[[Search], bool], independent: Independent = commute) -> Iterator[Search]:
    """Call `run` for each schedule; yields the search after each that came to its end, not those that were given up."""
    search = Search(independent)
    while True:
        if run(search):
            yield search
        if not search.advance():
            return

"""Two and three deliveries on one version of a saga, in every way in which one can come between another's calls.

The real functions run; what is left must be what some order of the same deliveries leaves in the pure core.
"""

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from saga_testing.proving.moves import Moves
from saga_testing.proving.playing import Players, nothing_yet
from saga_testing.proving.searching import Finding
from saga_testing.proving.situation import Kind, Move, Situation
from saga_testing.proving.stored.mirror import Mirror
from saga_testing.proving.subject import Subject

TOGETHER: Final = (Kind.REPLY, Kind.CANCEL, Kind.REPORT, Kind.TIME, Kind.ECHO)
LONGEST: Final = 80
MOST_CALLS: Final = 3
"""A read, a write, and the write that is tried again: beyond them nothing is decided."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """A situation on some run, and what is delivered there at the same time."""

    moves: tuple[Move, ...]
    here: Situation
    together: tuple[Move, ...]


@dataclass
class Schedules:
    """All of them for `subjects`, until `until` (seconds of the processor)."""

    subjects: tuple[Subject, ...]
    until: float | None = None
    on_progress: Callable[[int], None] = lambda _run: None
    run_so_far: int = 0
    is_complete: bool = False

    def run(self) -> Finding | None:
        for subject in self.subjects:
            for crossing in crossings(subject):
                for cuts in itertools.product(range(MOST_CALLS), repeat=len(crossing.together) - 1):
                    if self.until is not None and time.process_time() > self.until:
                        return None
                    if (wrong := _cross(subject, crossing, cuts)) is not None:
                        return Finding(wrong, (*crossing.moves, *crossing.together), subject)
                    self.run_so_far += 1
                    self.on_progress(self.run_so_far)
        self.is_complete = True
        return None


def crossings(subject: Subject) -> Iterator[Crossing]:
    """Every pair on the runs without trouble and with an early way back, and every three that differ in kind."""
    for moves, here in _situations(subject):
        if here.saga is None or here.saga.state.is_terminal:
            continue
        options = _options(subject, here)
        for count in (2, 3):
            for together in itertools.permutations(options, count):
                due = here.saga.deadline if Kind.WAKE in {move.kind for move in together} else None
                yield Crossing(moves, replace(here, now=max(here.now, due or 0)), together)


def _situations(subject: Subject) -> Iterator[tuple[tuple[Move, ...], Situation]]:
    """Along the run on which all goes well; and along the way back from the middle of it."""
    calm = _run(subject, (), nothing_yet())
    yield from calm
    if (middle := next((each for each in reversed(calm) if _can_turn_back(subject, each[1])), None)) is not None:
        yield from _run(subject, *_turned_back(subject, *middle))


def _can_turn_back(subject: Subject, here: Situation) -> bool:
    pivots = {step.key for step in subject.steps if step.pivot}
    running = here.saga is not None and not here.saga.state.is_terminal and not here.flying
    return running and not any(here.entry(key) for key in pivots)


def _turned_back(subject: Subject, moves: tuple[Move, ...], here: Situation) -> tuple[tuple[Move, ...], Situation]:
    players = Players(subject)
    for _, move in Moves(subject)(here):
        played = players.play(here, move)
        if move.kind in {Kind.CANCEL, Kind.TIME} and played.outcome_was_fixed:
            return (*moves, move), played.after
    return moves, here


def _run(subject: Subject, moves: tuple[Move, ...], here: Situation) -> list[tuple[tuple[Move, ...], Situation]]:
    told, players = [(moves, here)], Players(subject)
    while (move := next((move for cost, move in Moves(subject)(here) if not cost), None)) is not None and len(
        told
    ) < 80:
        if move.kind is Kind.TIME:
            break
        here = players.play(here, move).after
        moves = (*moves, move)
        told.append((moves, here))
    return told


def _options(subject: Subject, here: Situation) -> tuple[Move, ...]:
    """One of each kind that would be heard now; the checker comes when something is due."""
    found: dict[Kind, Move] = {}
    for _, move in Moves(subject)(here):
        if (
            move.kind in TOGETHER
            and not move.lost
            and move.usable
            and Players(subject).play(here, move).rejected is None
        ):
            found.setdefault(move.kind, replace(move, kind=Kind.WAKE) if move.kind is Kind.TIME else move)
    return tuple(found.values())


def _cross(subject: Subject, crossing: Crossing, cuts: tuple[int, ...]) -> str | None:
    mirror, here, players = Mirror(subject), nothing_yet(), Players(subject)
    for move in crossing.moves:
        played = players.play(here, move)
        if (wrong := mirror.follow(played)) is not None:
            return wrong
        here = played.after
    mirror.stage.deployment.now = crossing.here.now
    _deliver(mirror, crossing.together, cuts)
    mirror.stage.published()
    stored = mirror.stage.saga
    orders = [_in_order(subject, crossing.here, order) for order in itertools.permutations(crossing.together)]
    if all(mirror.differs(stored, each.saga) is not None for each in orders):
        return (
            f"deliveries at the same time leave what no order of them leaves: {mirror.differs(stored, orders[0].saga)}"
        )
    return None


def _deliver(mirror: Mirror, together: tuple[Move, ...], cuts: tuple[int, ...]) -> None:
    """The first delivery; before its call number `cuts[0]` the others, each within the one before it."""
    first, *others = together
    if others:
        mirror.stage.before_call(cuts[0], lambda: _deliver(mirror, tuple(others), cuts[1:]))
    mirror.deliver(first)
    mirror.stage.come_due()


def _in_order(subject: Subject, here: Situation, order: tuple[Move, ...]) -> Situation:
    players = Players(subject)
    for move in order:
        here = players.play(here, move).after
    return here

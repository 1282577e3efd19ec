"""Two and three deliveries on one version of a saga, in every way in which one can come between another's calls.

The real functions run; what is left must be what some order of the same deliveries leaves in the pure core. Pairs are
also played with every write applied and then answered with an error, so that it is delivered again.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from saga_testing.proving.playing import Players
from saga_testing.proving.searching import Crossed, Finding
from saga_testing.proving.situation import Situation
from saga_testing.proving.stored.mirror import Mirror
from saga_testing.proving.stored.trials import Trial, Trials
from saga_testing.proving.stored.way import Moved, Stop, heard_at, stops, when_heard
from saga_testing.proving.subject import Subject
from saga_testing.scenario.standing import standing_of

MOST_CALLS: Final = 3
"""A read, a write, and the write that is tried again: beyond them nothing is decided."""
PAIR: Final = 2


@dataclass(frozen=True, slots=True)
class Crossing:
    """What is delivered at the same time, and what may be left of it."""

    stop: Stop
    here: Situation
    together: Moved
    allowed: tuple[Situation, ...]


class Schedules(Trials):
    """Every way in which two or three deliveries can come between each other's calls."""

    def trials_of(self, subject: Subject) -> Iterator[Trial]:
        for crossing in crossings(subject):
            for order, cuts, lost in _ways(crossing.together):
                yield partial(_trial, subject, crossing, order, cuts, lost=lost)


def _trial(subject: Subject, crossing: Crossing, order: Moved, cuts: tuple[int, ...], *, lost: bool) -> Finding | None:
    wrong = _cross(subject, crossing, order, cuts, lost=lost)
    if wrong is None:
        return None
    together = tuple(Players(subject).play(crossing.here, move) for move in order)
    seconds = round((crossing.here.now - crossing.stop.here.now) / 1000, 3)
    allowed = tuple(dict.fromkeys(standing_of(each.saga) for each in crossing.allowed))
    crossed = Crossed(together, seconds, cuts, lost, allowed)
    return Finding(wrong, (*crossing.stop.moves, *order), subject, crossed=crossed)


def crossings(subject: Subject) -> Iterator[Crossing]:
    """Every two and every three that differ in kind and would be heard."""
    for stop in stops(subject):
        if stop.here.saga is None or stop.here.saga.state.is_terminal:
            continue
        options = heard_at(subject, stop.here)
        for together in (*itertools.combinations(options, PAIR), *itertools.combinations(options, PAIR + 1)):
            here = when_heard(stop.here, together)
            allowed = tuple(_in_order(subject, here, order) for order in itertools.permutations(together))
            yield Crossing(stop, here, together, allowed)


def _ways(together: Moved) -> Iterator[tuple[Moved, tuple[int, ...], bool]]:
    for order in itertools.permutations(together):
        for cuts in itertools.product(range(MOST_CALLS), repeat=len(together) - 1):
            yield from ((order, cuts, lost) for lost in ((False, True) if len(together) == PAIR else (False,)))


def _cross(subject: Subject, crossing: Crossing, order: Moved, cuts: tuple[int, ...], *, lost: bool) -> str | None:
    mirror = crossing.stop.mirror(subject)
    mirror.stage.deployment.now = crossing.here.now
    mirror.stage.answers_lost = lost
    _deliver(mirror, order, cuts)
    mirror.stage.published()
    stored = mirror.stage.saga
    differing = [mirror.differs(stored, each.saga) for each in crossing.allowed]
    if all(each is not None for each in differing):
        how = _in_words(order, cuts, lost=lost)
        return f"the last {len(order)} at the same time ({how}) leave what no order of them leaves: {differing[0]}"
    return None


def _in_words(order: Moved, cuts: tuple[int, ...], *, lost: bool) -> str:
    """So that whoever reads a finding knows how to make it happen."""
    pairs = zip(order, order[1:], cuts, strict=False)
    gaps = [f"{inner.kind} before call {cut + 1} of {outer.kind}" for outer, inner, cut in pairs]
    return ", ".join([*gaps, *(["each first write answered with an error"] if lost else [])])


def _deliver(mirror: Mirror, together: Moved, cuts: tuple[int, ...]) -> None:
    """The first delivery; before its call number `cuts[0]` the others, each within the one before it."""
    first, *others = together
    if others:
        mirror.stage.before_call(cuts[0], lambda: _deliver(mirror, tuple(others), cuts[1:]))
    mirror.deliver(first)
    mirror.stage.come_due()


def _in_order(subject: Subject, here: Situation, order: Moved) -> Situation:
    players = Players(subject)
    for move in order:
        here = players.play(here, move).after
    return here

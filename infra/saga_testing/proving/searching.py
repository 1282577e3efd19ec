"""Every run with at most so many troubles, the least troubled first: so what is found first is short."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from saga_testing.faults import Fault
from saga_testing.proving.coverage import Coverage
from saga_testing.proving.moves import Moves
from saga_testing.proving.oracles import ORACLES, Oracle, verdict
from saga_testing.proving.playing import Players, nothing_yet
from saga_testing.proving.situation import Move, Played, Situation
from saga_testing.proving.subject import Subject


@dataclass(frozen=True, slots=True)
class Mishap:
    """What went wrong at which AWS call, counted from 1, of the last delivery and of the relay after it."""

    call: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class Crossed:
    """The last deliveries came at the same time, each before call `cuts` (from 0) of the one before it.

    `seconds` had passed until then, in which nobody looked; `allowed` is where some order of them would have led.
    """

    together: tuple[Played, ...]
    seconds: float
    cuts: tuple[int, ...]
    answers_lost: bool
    allowed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be, and the run that leads to it."""

    wrong: str
    moves: tuple[Move, ...]
    subject: Subject
    mishap: Mishap | None = None
    crossed: Crossed | None = None


@dataclass(slots=True)
class _Node:
    here: Situation
    move: Move | None = None
    parent: "_Node | None" = None

    def moves(self) -> tuple[Move, ...]:
        told, node = [], self
        while node.move is not None and node.parent is not None:
            told.append(node.move)
            node = node.parent
        return tuple(reversed(told))


@dataclass
class Search:
    """`troubles` bounds the runs; `most` situations and `until` (seconds of the processor) end it before that."""

    subject: Subject
    troubles: int = 2
    bars: bool = True
    most: int = 1_000_000
    until: float | None = None
    oracles: tuple[Oracle, ...] = ORACLES
    coverage: Coverage = field(default_factory=Coverage)
    on_progress: Callable[[int, int], None] = lambda _seen, _troubles: None
    seen: int = 0
    transitions: int = 0
    finished_troubles: int = -1
    """Every run with so many was seen to its end."""

    @property
    def is_complete(self) -> bool:
        return self.finished_troubles >= self.troubles

    def run(self) -> Finding | None:
        """The first finding, or None: nothing is wrong in what was seen."""
        players, moves = Players(self.subject), Moves(self.subject, self.bars)
        levels: list[deque[_Node]] = [deque() for _ in range(self.troubles + 1)]
        levels[0].append(_Node(nothing_yet()))
        known: set[object] = set()
        for troubles, level in enumerate(levels):
            while level:
                if self._is_over():
                    return None
                node = level.popleft()
                if (essence := node.here.essence()) in known:
                    continue
                known.add(essence)
                self.seen += 1
                for cost, played in self._next(players, moves, node, self.troubles - troubles):
                    if (wrong := self._look_at(played)) is not None:
                        return Finding(wrong, (*node.moves(), played.move), self.subject)
                    levels[troubles + cost].append(_Node(played.after, played.move, node))
            self.finished_troubles = troubles
            self.on_progress(self.seen, troubles)
        return None

    def _next(self, players: Players, moves: Moves, node: _Node, left: int) -> Iterator[tuple[int, Played]]:
        for cost, move in moves(node.here):
            if cost > left:
                continue
            played = players.play(node.here, move)
            yield cost, played
            if played.decision is not None and played.decision.claims is not None and cost < left:
                yield cost + 1, players.play(node.here, replace(move, no_room=True))

    def _look_at(self, played: Played) -> str | None:
        self.transitions += 1
        self.coverage.see(self.subject, played)
        return verdict(self.subject, played, self.oracles)

    def _is_over(self) -> bool:
        if self.seen >= self.most:
            return True
        return self.until is not None and self.seen % 64 == 0 and time.process_time() > self.until

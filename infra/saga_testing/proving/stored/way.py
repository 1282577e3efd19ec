"""Where deliveries are tried on the real functions: on the run on which all goes well, and on an early way back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from saga_testing.proving.moves import Moves
from saga_testing.proving.playing import Players, nothing_yet
from saga_testing.proving.situation import Kind, Move, Situation
from saga_testing.proving.stored.mirror import Mirror
from saga_testing.proving.subject import Subject
from saga_testing.scenario.stage import StageImage

HEARD: Final = (Kind.REPLY, Kind.CANCEL, Kind.REPORT, Kind.TIME, Kind.ECHO)
LONGEST: Final = 80

Moved = tuple[Move, ...]
Step = tuple[Moved, Situation]


@dataclass(frozen=True, slots=True)
class Stop:
    """A situation on some run, as the core has it and as it is stored."""

    moves: Moved
    here: Situation
    image: StageImage

    def mirror(self, subject: Subject) -> Mirror:
        """The real functions, from here on, by themselves."""
        return Mirror(subject, image=self.image)


class Disagreement(Exception):
    """The real functions do otherwise than the core although nothing went wrong; `moves` lead there."""

    def __init__(self, wrong: str, moves: Moved) -> None:
        super().__init__(wrong)
        self.moves = moves


def stops(subject: Subject) -> Iterator[Stop]:
    """Each situation once.

    Raises:
        Disagreement: the functions leave something else than the core decides.
    """
    calm = _run(subject, (), nothing_yet())
    ways = [calm]
    if (middle := next((each for each in reversed(calm) if _can_turn_back(subject, each[1])), None)) is not None:
        ways.append(_run(subject, *_turned_back(subject, *middle)))
    for way in ways:
        yield from _along(subject, way)


def _along(subject: Subject, way: list[Step]) -> Iterator[Stop]:
    """The way is gone once, and left at each of its stops."""
    mirror, here, players = Mirror(subject), nothing_yet(), Players(subject)
    done = 0
    for moves, there in way:
        for move in moves[done:]:
            played = players.play(here, move)
            if (wrong := mirror.follow(played)) is not None:
                raise Disagreement(wrong, moves)
            here = played.after
        done = len(moves)
        yield Stop(moves, there, mirror.stage.image())


def _can_turn_back(subject: Subject, here: Situation) -> bool:
    pivots = {step.key for step in subject.steps if step.pivot}
    running = here.saga is not None and not here.saga.state.is_terminal and not here.flying
    return running and not any(here.entry(key) for key in pivots)


def _turned_back(subject: Subject, moves: Moved, here: Situation) -> Step:
    players = Players(subject)
    for _, move in Moves(subject)(here):
        played = players.play(here, move)
        if move.kind in {Kind.CANCEL, Kind.TIME} and played.outcome_was_fixed:
            return (*moves, move), played.after
    return moves, here


def _run(subject: Subject, moves: Moved, here: Situation) -> list[Step]:
    told, players = [(moves, here)], Players(subject)
    while len(told) < LONGEST:
        move = next((move for cost, move in Moves(subject)(here) if not cost), None)
        if move is None or move.kind is Kind.TIME:
            break
        here = players.play(here, move).after
        moves = (*moves, move)
        told.append((moves, here))
    return told


def heard_at(subject: Subject, here: Situation, also: Callable[[Move], bool] = lambda _move: False) -> tuple[Move, ...]:
    """One move of each kind that would be heard now; the checker comes when something is due."""
    found: dict[Kind, Move] = {}
    for _, move in Moves(subject)(here):
        wanted = move.kind in HEARD or also(move)
        if wanted and not move.lost and move.usable and Players(subject).play(here, move).rejected is None:
            found.setdefault(move.kind, replace(move, kind=Kind.WAKE) if move.kind is Kind.TIME else move)
    return tuple(found.values())


def when_heard(here: Situation, moves: Moved) -> Situation:
    """Where the checker is among those who come, it is time for it."""
    due = here.saga.deadline if here.saga is not None and Kind.WAKE in {move.kind for move in moves} else None
    return replace(here, now=max(here.now, due or 0))

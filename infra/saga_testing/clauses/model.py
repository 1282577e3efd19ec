"""Clauses, and what was found of each. A play shows its clause broken by raising; what it returns was seen to hold."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

Stage = TypeVar("Stage")


class Verdict(StrEnum):
    HOLDS = "holds"
    BROKEN = "broken"
    NOT_PLAYED = "not played"


class ClauseBroken(Exception):
    """What was seen that the clause forbids, or not seen that it demands."""


class NotPlayed(Exception):
    """What the kit would have to be given."""


@dataclass(frozen=True, slots=True)
class Clause(Generic[Stage]):
    """`alone`: it takes all of the other side's room, or its process, so it is played after the others."""

    number: str
    text: str
    play: Callable[[Stage], str]
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    number: str
    text: str
    verdict: Verdict
    seen: str
    seconds: float = 0.0


def play_all(
    clauses: Sequence[Clause[Stage]], stage: Stage, *, tell: Callable[[Finding], None] = lambda _finding: None
) -> list[Finding]:
    """Play every clause, those that disturb no other at the same time; findings stand in the clauses' order."""

    def play(clause: Clause[Stage]) -> Finding:
        finding = _play(clause, stage)
        tell(finding)
        return finding

    together = [clause for clause in clauses if not clause.alone]
    with ThreadPoolExecutor(max(1, len(together))) as threads:
        found = {finding.number: finding for finding in threads.map(play, together)}
    found |= {clause.number: play(clause) for clause in clauses if clause.alone}
    return [found[clause.number] for clause in clauses]


def _play(clause: Clause[Stage], stage: Stage) -> Finding:
    begin = time.monotonic()
    try:
        verdict, seen = Verdict.HOLDS, clause.play(stage)
    except ClauseBroken as broken:
        verdict, seen = Verdict.BROKEN, str(broken)
    except NotPlayed as missing:
        verdict, seen = Verdict.NOT_PLAYED, str(missing)
    return Finding(clause.number, clause.text, verdict, seen, time.monotonic() - begin)

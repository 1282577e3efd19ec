"""What a contract is played with over the network: clauses, the ways there and back, and the report."""

from saga_testing.clauses.model import Clause, ClauseBroken, Finding, NotPlayed, Verdict, play_all
from saga_testing.clauses.refusals import CannotPlay, StackFound

__all__ = ["CannotPlay", "Clause", "ClauseBroken", "Finding", "NotPlayed", "StackFound", "Verdict", "play_all"]
